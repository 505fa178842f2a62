"""Claims about where jobs of the installed add-on put their objects, and about batches.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import math
import tempfile
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import cancel, empty_file, install, link, module, pump_until, raised, start
from mathutils import Vector

install()
start()


def test_d12_a_base_origin_is_in_the_middle_of_the_underside_at_the_cursor():
    empty_file()
    bpy.context.scene.cursor.location = (1, 2, 3)
    target = _generated("a red chair", height=0.8, origin="BASE")
    low, high = _bounds(target)
    np.testing.assert_allclose([low, high], [[0.6, 1.6, 3.0], [1.4, 2.4, 3.8]], atol=1e-6)
    assert tuple(target.location) == (1, 2, 3)


def test_d12_a_centre_origin_is_in_the_middle_of_the_box_at_the_cursor():
    empty_file()
    bpy.context.scene.any_to_3d.result.origin = "CENTRE"
    target = _generated("a red chair", height=0.8)
    low, high = _bounds(target)
    np.testing.assert_allclose([low, high], [[-0.4] * 3, [0.4] * 3], atol=1e-6)
    assert tuple(target.location) == (0, 0, 0)


def test_d12_the_object_stands_upright_unturned_and_with_scale_one():
    empty_file()
    target = _generated("a red chair", height=0.8)
    assert tuple(target.scale) == (1, 1, 1)
    assert target.matrix_world.to_3x3().is_orthogonal
    np.testing.assert_array_equal(np.array(target.matrix_world.to_3x3()), np.eye(3))


def test_d12_the_height_is_in_metres_whatever_the_unit_scale():
    empty_file()
    bpy.context.scene.unit_settings.scale_length = 0.01
    chosen = bpy.context.scene.any_to_3d
    chosen.height = 0.5
    # As the panel shows it, in units of a centimetre.
    assert math.isclose(chosen.result.height, 50, rel_tol=1e-6)
    low, high = _bounds(_generated("a red chair"))
    assert math.isclose(high.z - low.z, 50, rel_tol=1e-5)
    chosen.result.height = 25
    assert math.isclose(chosen.height, 0.25, rel_tol=1e-6)
    low, high = _bounds(_generated("a blue chair", height=2.0))
    assert math.isclose(high.z - low.z, 200, rel_tol=1e-5)


def test_d12_on_the_surface_means_on_the_first_one_below_the_cursor():
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 0, 1))
    bpy.context.scene.cursor.location = (0.5, 0.5, 7)
    low, _ = _bounds(_generated("a red chair", place="SURFACE", origin="CENTRE", height=0.8))
    assert math.isclose(low.z, 2.0, abs_tol=1e-5)
    # Snapping leaves the cursor on a surface; that one counts, not the next below.
    bpy.context.scene.cursor.location = (-0.5, -0.5, 2)
    low, _ = _bounds(_generated("a red mug", place="SURFACE", height=0.5))
    assert math.isclose(low.z, 2.0, abs_tol=1e-5)


def test_d12_with_nothing_below_the_cursor_the_floor_is_the_surface():
    empty_file()
    bpy.context.scene.cursor.location = (3, 0, 7)
    low, _ = _bounds(_generated("a red chair", place="SURFACE", height=0.8))
    assert math.isclose(low.z, 0.0, abs_tol=1e-6)


def test_d12_a_replaced_object_passes_on_its_place_height_collection_and_name():
    old = _blockout()
    target = _generated("a red chair", place="REPLACE", height=9.0)
    np.testing.assert_allclose(target.matrix_world.to_scale(), (1, 1, 1), atol=1e-6)
    np.testing.assert_allclose(target.rotation_euler, (0, 0, 1), atol=1e-6)
    bpy.context.view_layer.update()
    # A cube of 2 with its origin in its middle, scaled to a height of 3 that stands at z = 0.5.
    np.testing.assert_allclose(target.matrix_world.translation, (4, 5, 0.5), atol=1e-5)
    assert math.isclose(target.dimensions.z, 3.0, rel_tol=1e-5)
    assert [each.name for each in target.users_collection] == ["Furniture"]
    assert target.name == "Blockout"
    assert old.name == "Blockout (replaced)"
    assert not old.visible_get()
    assert old.hide_render
    assert "any_to_3d_replaced_by" not in old


def test_d12_a_replacement_may_keep_its_own_name():
    old = _blockout()
    bpy.context.scene.any_to_3d.result.takes_name = False
    target = _generated("a red chair", place="REPLACE")
    assert (target.name, old.name) == ("a red chair", "Blockout")


def test_d12_an_empty_is_replaced_at_the_height_that_was_asked_for():
    empty_file()
    bpy.ops.object.empty_add(location=(1, 1, 1))
    target = _generated("a red chair", place="REPLACE", height=0.7)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(target.matrix_world.translation, (1, 1, 1), atol=1e-6)
    assert math.isclose(target.dimensions.z, 0.7, rel_tol=1e-5)


def test_d12_undo_brings_the_replaced_object_back():
    _blockout()
    bpy.ops.ed.undo_push(message="before")
    _generated("a red chair", place="REPLACE")
    bpy.ops.ed.undo()
    old = bpy.data.objects["Blockout"]
    assert old.type == "MESH"
    assert len(old.data.polygons) == 6
    assert old.visible_get()
    assert not old.hide_render
    assert "Blockout (replaced)" not in bpy.data.objects


def test_d12_undo_in_mid_job_does_not_make_it_forget_what_it_replaces():
    _blockout()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="slow chair", place="REPLACE")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert not bpy.data.objects["Blockout"].visible_get()
    assert [each.name for each in bpy.data.objects["slow chair"].users_collection] == ["Furniture"]
    cancel()
    assert bpy.data.objects["Blockout"].visible_get()


def test_d12_a_cancelled_job_shows_again_what_it_was_to_replace():
    old = _blockout()
    bpy.ops.any_to_3d.generate(prompt="slow chair", place="REPLACE")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    assert not old.visible_get(), "it would hide what grows inside it"
    cancel()
    assert old.visible_get()
    assert not old.hide_render
    assert old.name == "Blockout"


def test_d12_nothing_to_replace_is_refused_before_anything_is_sent():
    empty_file()
    jobs = len(link().session.jobs)
    message = raised(lambda: bpy.ops.any_to_3d.generate(prompt="a chair", place="REPLACE"))
    assert "Select the object to replace" in message
    assert len(link().session.jobs) == jobs


def test_n12_the_object_says_what_its_prompt_was_made_of():
    empty_file()
    picture = Path(tempfile.mkdtemp()) / "stuhl ü.png"
    picture.write_bytes(b"a picture")
    target = _generated(
        "a chair", image=str(picture), image_weight=0.5, negative="blue", seed=11, title="a chair, stuhl ü.png"
    )
    origin = module("objects.provenance").read(target)
    assert [(part.modality, part.value, part.weight) for part in origin.parts] == [
        ("text", "a chair", 1.0),
        ("image", "stuhl ü.png", 0.5),
    ]
    assert (origin.negative, origin.seed, origin.preset) == ("blue", 11, "standard")
    assert (target["any_to_3d_profile"], target["any_to_3d_device"]) == ("fake", "cpu")


def test_d22_each_line_of_a_text_becomes_objects_in_a_grid_in_a_new_collection():
    empty_file()
    bpy.context.scene.cursor.location = (10, 0, 0)
    text = bpy.data.texts.new("props")
    text.write("a red chair\n\n# not this one\na blue mug\n")
    chosen = bpy.context.scene.any_to_3d
    chosen.batch.text, chosen.batch.seeds, chosen.batch.spacing, chosen.height = text, 2, 2.0, 0.5
    bpy.ops.any_to_3d.generate_batch(seed=5)
    bpy.ops.any_to_3d.wait(timeout=60)
    (collection,) = [each for each in bpy.data.collections if each.name.startswith("Any to 3D batch")]
    made = {(each["any_to_3d_prompt"], each["any_to_3d_seed"]): tuple(each.location) for each in collection.objects}
    assert made == {
        ("a red chair", 5): (10, 0, 0),
        ("a red chair", 6): (11, 0, 0),
        ("a blue mug", 5): (10, 1, 0),
        ("a blue mug", 6): (11, 1, 0),
    }
    assert all(each["any_to_3d_is_final"] for each in collection.objects)
    assert len(bpy.data.objects) == 4


def test_d22_a_batch_can_come_from_a_file():
    empty_file()
    path = Path(tempfile.mkdtemp()) / "größe liste.txt"
    path.write_text("a red chair\r\na blue mug\r\n", encoding="utf-8-sig")
    bpy.ops.any_to_3d.generate_batch(file=str(path), height=0.5)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert sorted(each.name for each in bpy.data.objects) == ["a blue mug", "a red chair"]


def test_d22_a_bad_line_is_named_by_its_number_before_anything_is_sent():
    empty_file()
    bpy.data.texts.new("props").write("a red chair\n\n...\na mug\n")
    jobs = len(link().session.jobs)
    message = raised(lambda: bpy.ops.any_to_3d.generate_batch(text="props"))
    assert "Line 3 ('...') has no word" in message, message
    assert len(link().session.jobs) == jobs
    assert not bpy.data.collections


def test_d22_a_batch_without_a_list_says_what_to_choose():
    empty_file()
    assert "Choose a text or a file" in raised(bpy.ops.any_to_3d.generate_batch)
    assert "no text 'lost'" in raised(lambda: bpy.ops.any_to_3d.generate_batch(text="lost"))


def test_d13_a_whole_job_leaves_the_settings_of_the_scene_alone():
    bpy.ops.wm.read_homefile(use_factory_startup=False)
    before = _settings()
    _generated("a red chair", place="SURFACE", max_faces=6)
    assert _settings() == before


def test_d21_the_face_budget_of_a_job_is_the_panels_unless_one_is_given():
    empty_file()
    bpy.context.scene.any_to_3d.result.max_faces = 5000
    assert _generated("a red chair")["any_to_3d_max_faces"] == 5000
    assert _generated("a blue chair", max_faces=0)["any_to_3d_max_faces"] == 0


def _generated(prompt, title="", **options):
    """The finished object of a job."""
    before = set(bpy.data.objects)
    bpy.ops.any_to_3d.generate(prompt=prompt, **options)
    bpy.ops.any_to_3d.wait(timeout=30)
    (target,) = set(bpy.data.objects) - before
    assert target["any_to_3d_prompt"] == (title or prompt)
    assert target["any_to_3d_is_final"]
    return target


def _blockout():
    """A turned and scaled cube in a collection of its own, selected: what an artist puts where a chair will stand."""
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2, location=(4, 5, 2), rotation=(0, 0, 1), scale=(0.5, 0.5, 1.5))
    old = bpy.context.object
    old.name = "Blockout"
    furniture = bpy.data.collections.new("Furniture")
    bpy.context.scene.collection.children.link(furniture)
    furniture.objects.link(old)
    for collection in old.users_collection:
        if collection != furniture:
            collection.objects.unlink(old)
    bpy.context.view_layer.update()
    return old


def _bounds(target):
    bpy.context.view_layer.update()
    corners = [target.matrix_world @ Vector(corner) for corner in target.bound_box]
    return (
        Vector([min(corner[axis] for corner in corners) for axis in range(3)]),
        Vector([max(corner[axis] for corner in corners) for axis in range(3)]),
    )


def _settings():
    """Every plain property of the scene but our own, two pointers deep."""
    current = bpy.context.scene
    groups = {"scene": current, "world": current.world}
    for each in current.bl_rna.properties:
        if each.type == "POINTER" and each.identifier not in ("any_to_3d", "rna_type", "original"):
            group = getattr(current, each.identifier)
            if isinstance(group, bpy.types.bpy_struct) and not isinstance(group, bpy.types.ID):
                groups[each.identifier] = group
    return {
        f"{name}.{each.identifier}": str(getattr(group, each.identifier))
        for name, group in groups.items()
        if group is not None
        for each in group.bl_rna.properties
        if each.type not in ("POINTER", "COLLECTION")
    }
