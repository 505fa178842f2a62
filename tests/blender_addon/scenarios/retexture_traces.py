"""Claims about what new colours leave behind: in the file, on duplicates, and in later calls.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import bpy
from addon_in_use import cancel, install, link, module, pump_until, raised, start
from varied_meshes import image_of, make, pixels, select_only

install()
start()


def test_removing_other_versions_frees_the_images_that_were_painted_for_them():
    target = make("painted")
    own = image_of(target).name
    for prompt in ("gold", "silver"):
        _retexture(prompt)
    shown = image_of(target).name
    bpy.ops.any_to_3d.remove_other_versions()
    assert image_of(target).name == shown
    assert _images_of(target) == {shown}
    left = {each.name for each in bpy.data.images if each.users}
    assert own != shown
    assert left == {shown}, left  # nor does the mesh hold its former material, unseen, in its own slot
    assert [each.name for each in target.data.materials] == [target.material_slots[0].material.name]


def test_removing_other_versions_leaves_a_sibling_the_material_of_their_mesh():
    target = make("painted")
    own = image_of(target).name
    sibling = target.copy()
    bpy.context.scene.collection.objects.link(sibling)
    _retexture("gold")
    bpy.ops.any_to_3d.remove_other_versions()
    assert image_of(sibling).name == own
    assert image_of(target).name != own


def test_a_finished_texture_has_the_full_resolution_that_it_had_not_on_the_way():
    target = make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="gold", size=2048)
    pump_until(lambda: image_of(target) is not None)
    assert tuple(image_of(target).size) == (1024, 1024)
    bpy.ops.any_to_3d.wait(timeout=60)
    image = image_of(target)
    assert tuple(image.size) == (2048, 2048)
    assert (pixels(image) == (10, 20, 200)).all()  # what the backend paints
    reopened = bpy.data.images.new("packed", 1, 1)
    reopened.pack(data=image.packed_file.data, data_len=image.packed_file.size)
    reopened.source = "FILE"
    assert tuple(reopened.size) == (2048, 2048)


def test_a_new_texture_takes_away_no_node_that_something_else_uses():
    target = make("painted")
    material = target.material_slots[0].material
    nodes = material.node_tree.nodes
    own = next(each for each in nodes if each.type == "TEX_IMAGE")
    shader = next(each for each in nodes if each.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(own.outputs["Alpha"], shader.inputs["Roughness"])
    kept = own.image.name
    _retexture("gold")
    assert _images_of(target) == {kept, image_of(target).name}


def test_previous_on_an_object_and_on_its_duplicate_gives_each_a_mesh_of_its_own():
    target = make("suzanne")
    versions = module("objects.versions")
    versions.keep_present(target)
    versions.put_mesh(target, target.data.copy())
    versions.add_version(target, "second")
    select_only(target)
    bpy.ops.object.duplicate()
    double = bpy.context.active_object
    assert double != target
    for each in (target, double):
        select_only(each)
        bpy.ops.any_to_3d.version_previous()
        assert versions.shown_version(each).number == 1
    assert target.data != double.data
    assert len(target.data.polygons) == len(double.data.polygons)


def test_cancelling_in_edit_mode_takes_the_new_uv_map_away():
    target = make("overlapping uvs")
    before = [layer.name for layer in target.data.uv_layers]
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64)
    pump_until(lambda: image_of(target) is not None)
    assert "Any to 3D" in target.data.uv_layers
    bpy.ops.object.mode_set(mode="EDIT")
    cancel()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert [layer.name for layer in target.data.uv_layers] == before


def test_wait_does_not_tell_again_what_was_refused_before_it():
    make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="gold", size=64)
    assert "already" in raised(lambda: bpy.ops.any_to_3d.retexture(prompt="silver"))
    assert bpy.ops.any_to_3d.wait(timeout=20) == {"FINISHED"}
    assert link().session.jobs[-1].state == "finished"


def test_what_no_backend_paints_is_refused_before_it_is_sent():
    make("suzanne")
    for wrong in ({"strength": 7.0}, {"strength": 0.0}, {"size": 5}, {"size": 5000}):
        link().dismiss()
        jobs, told = len(link().session.jobs), len(bpy.context.scene.any_to_3d_history)
        message = raised(lambda wrong=wrong: bpy.ops.any_to_3d.retexture(prompt="gold", **wrong))
        assert "Choose from" in message, (wrong, message)
        assert (len(link().session.jobs), len(bpy.context.scene.any_to_3d_history)) == (jobs, told), wrong


def _retexture(prompt):
    bpy.ops.any_to_3d.retexture(prompt=prompt, size=64)
    bpy.ops.any_to_3d.wait(timeout=20)


def _images_of(target):
    nodes = target.material_slots[0].material.node_tree.nodes
    return {each.image.name for each in nodes if each.type == "TEX_IMAGE" and each.image}
