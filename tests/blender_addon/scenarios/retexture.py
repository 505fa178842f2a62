"""Claims about new colours for objects that are there (D14), in the installed add-on.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import contextlib
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import cancel, empty_file, install, link, module, pump, pump_until, raised, start
from drawn import drawn_panel
from varied_meshes import KINDS, active, fingerprint, image_of, make, mask_group, pixels, select_only

install()
start()

NEW = (10, 20, 200)
"""What the backend paints in the end, whatever the mask."""


def test_d14_ten_kinds_of_meshes_keep_their_geometry_and_their_uvs():
    for kind in KINDS:
        target = make(kind)
        before = fingerprint(target)
        assert bpy.ops.any_to_3d.retexture(prompt="gold", size=128) == {"FINISHED"}, kind
        bpy.ops.any_to_3d.wait(timeout=30)
        after = fingerprint(target)
        assert {name: after[name] for name in before} == before, (kind, set(before) ^ set(after))
        assert (pixels(image_of(target)) == NEW).all(), kind
        assert [each.label for each in _versions(target)] == ["Original", "gold"], kind


def test_d14_the_texture_streams_into_an_image_of_the_objects_own():
    target = make("suzanne")
    seen, own = set(), image_of(target)
    bpy.ops.any_to_3d.retexture(prompt="gold", size=256)
    assert link().session.jobs[-1].origin.retextured == target.name
    deadline = time.monotonic() + 20
    while link().session.active_jobs or not _versions(target):
        assert time.monotonic() < deadline
        link().step()
        image = image_of(target)
        if image is not None:
            seen.add(tuple(int(each) for each in pixels(image)[0, 0]))
        if image is not None and image != own:
            assert image.packed_file is not None, "a file saved now has something to show"
            assert not image.is_dirty, "Blender would ask at Ctrl-S what to do with it"
    assert len(seen) >= 12, seen
    assert tuple(image_of(target).size) == (256, 256)
    assert image_of(target).packed_file is not None


def test_d14_cancelling_restores_material_uv_maps_and_properties_exactly():
    for kind in ("suzanne", "no uvs", "several materials", "overlapping uvs", "no material"):
        target = make(kind)
        before, blocks = _looks(target), _materials_and_images()
        bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64)
        pump_until(lambda target=target: image_of(target) is not None and len(_versions(target)) == 1)
        assert _looks(target) != before
        cancel()
        assert _looks(target) == before, (kind, _looks(target), before)
        assert not _versions(target)
        assert not target.is_property_set("any_to_3d"), kind
        assert _materials_and_images() == blocks, kind


def test_d14_a_failed_job_restores_them_too():
    target = make("suzanne")
    before = _looks(target)
    bpy.ops.any_to_3d.retexture(prompt="fail gold", size=64)
    with contextlib.suppress(RuntimeError):
        bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.jobs[-1].state == "failed"
    assert _looks(target) == before


def test_d14_one_undo_takes_the_texture_back_and_redo_brings_it_again():
    target = make("suzanne")
    bpy.ops.ed.undo_push(message="before")
    before = _looks(target)
    _retexture("gold")
    after = _looks(active())
    assert after != before
    bpy.ops.ed.undo()
    link().undone()
    assert _looks(bpy.data.objects[target_name()]) == before
    assert not _versions(active())
    bpy.ops.ed.redo()
    link().undone()
    assert _looks(active()) == after
    assert (pixels(image_of(active())) == NEW).all()


def test_d14_undo_and_redo_in_mid_job_lose_nothing():
    target = make("overlapping uvs")
    bpy.ops.ed.undo_push(message="made")
    target.location.x = 1
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64)
    pump_until(lambda: image_of(active()) is not None)
    bpy.ops.ed.undo()
    link().undone()
    assert active().location.x == 0
    pump(0.2)
    assert image_of(active()) is not None, "the texture has to come back"
    bpy.ops.ed.redo()
    link().undone()
    pump(0.2)
    assert active().location.x == 1
    assert image_of(active()) is not None
    assert "Any to 3D" in active().data.uv_layers
    cancel()
    assert "Any to 3D" not in active().data.uv_layers
    assert not _versions(active())


def test_d14_undo_to_a_step_in_mid_job_after_its_end_leaves_no_half_done_texture():
    make("suzanne")
    before = _looks(active())
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64)
    pump_until(lambda: image_of(active()) is not None)
    active().location.x = 3
    bpy.ops.ed.undo_push(message="moved in mid-job")
    cancel()
    bpy.ops.ed.undo_push(message="something else")
    bpy.ops.ed.undo()
    link().undone()
    assert active().location.x == 3
    assert _looks(active()) == before


def test_d14_a_renamed_object_gets_its_texture():
    target = make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="gold", size=64)
    target.name = "mine"
    bpy.ops.any_to_3d.wait(timeout=20)
    assert (pixels(image_of(bpy.data.objects["mine"])) == NEW).all()


def test_d14_a_deleted_object_is_told_and_not_made_again():
    target = make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="gold", size=64)
    bpy.data.objects.remove(target)
    pump_until(lambda: link().session.jobs[-1].job_id in link().display.missing)
    cancel()
    assert not bpy.data.objects


def test_d14_in_edit_mode_the_texture_goes_on_and_ends_in_object_mode():
    target = make("suzanne")
    before = fingerprint(target)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.any_to_3d.retexture(prompt="gold", size=64)
    assert bpy.context.mode == "EDIT_MESH"
    pump_until(lambda: image_of(target) is not None)
    pump_until(lambda: not link().session.active_jobs)
    pump(0.2)
    assert not _versions(target)[1:], "finished in Edit Mode, where it would be no undo step"
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert (pixels(image_of(target)) == NEW).all()
    after = fingerprint(target)
    assert {name: after[name] for name in before} == before


def test_d14_a_file_saved_in_mid_job_gets_its_texture_when_it_is_opened():
    target = make("several materials")
    mask_group(target)
    own = _own_texture(target)
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64, mask="GROUP", uvs="NEW")
    pump_until(lambda: image_of(target) is not None)
    path = str(Path(tempfile.mkdtemp()) / "retexture ü.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    empty_file()
    bpy.ops.wm.open_mainfile(filepath=path)
    link().file_loaded()
    name = active().name
    pump_until(lambda: link().display.shown_count > 0 and image_of(active()) is not None)
    cancel()
    assert not _versions(bpy.data.objects[name])
    assert own == _own_texture(active())
    bpy.ops.any_to_3d.retexture(prompt="gold", size=64)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    link().file_loaded()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert (pixels(image_of(active())) == NEW).all()


def test_n10_twenty_random_masks_change_no_texel_outside():
    random = np.random.default_rng(5)
    for number in range(20):
        target = make("painted")
        own = pixels(image_of(target))
        size = own.shape[0]
        blob = bpy.data.images.new("mask", size, size)
        mask = _random_mask(random, size)
        blob.pixels.foreach_set(np.repeat(mask[::-1, :, None], 4, axis=2).astype(np.float32).ravel())
        inverted = bool(number % 2)
        bpy.ops.any_to_3d.retexture(
            prompt="gold", mask="IMAGE", mask_name=blob.name, invert="YES" if inverted else "NO", uvs="KEEP", size=0
        )
        bpy.ops.any_to_3d.wait(timeout=20)
        new = pixels(image_of(target))
        outside = mask.astype(bool) if inverted else ~mask.astype(bool)
        assert (new[outside] == own[outside]).all(), number
        assert (new != own).any(), number


def test_n10_a_vertex_group_selected_faces_and_a_face_set_limit_the_change():
    for kind in ("GROUP", "SELECTION", "FACE_SET"):
        target = make("painted")
        own = pixels(image_of(target))
        mask_group(target)
        bpy.ops.any_to_3d.retexture(prompt="gold", mask=kind, face_set=7 if kind == "FACE_SET" else 0)
        bpy.ops.any_to_3d.wait(timeout=20)
        changed = (pixels(image_of(target)) != own).any(axis=2)
        left = changed[:, : changed.shape[1] // 2 - 20].mean()
        right = changed[:, changed.shape[1] // 2 + 20 :].mean()
        assert left < 0.01, (kind, left)
        assert right > 0.9, (kind, right)


def test_d14_a_sibling_with_the_same_mesh_keeps_its_material():
    target = make("several materials")
    sibling = target.copy()
    bpy.context.scene.collection.objects.link(sibling)
    before = _looks(sibling)
    _retexture("gold")
    assert (pixels(image_of(target)) == NEW).all()
    assert _looks(sibling) == before


def test_d14_versions_are_switched_in_place_saved_and_removed():
    target = make("painted")
    before = _looks(target)
    _retexture("gold")
    gold = _looks(target)
    _retexture("silver")
    silver = _looks(target)
    assert [each.label for each in _versions(target)] == ["Original", "gold", "silver"]
    bpy.ops.any_to_3d.version_next()
    assert _looks(target) == before
    bpy.ops.any_to_3d.version_previous()
    assert _looks(target) == silver
    path = str(Path(tempfile.mkdtemp()) / "versions.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.any_to_3d.version_set(number=2)
    assert _looks(active()) == gold
    assert active()["any_to_3d_prompt"] == "gold"
    assert active()["any_to_3d_retextured"] == "Plane"
    bpy.ops.any_to_3d.remove_other_versions()
    assert [each.label for each in _versions(active())] == ["gold"]
    slots, layers, own, told = _looks(active())
    assert (slots, layers, told) == (gold[0], gold[1], gold[3])
    assert own == [name for _, name in slots]  # the mesh lets go of what nobody sees any more
    assert not bpy.ops.any_to_3d.version_next.poll()


def test_d14_what_cannot_be_sent_is_refused_with_the_way_out():
    cases = {
        "text": "Object > Convert > Mesh",
        "collection instance": "Make Instances Real",
        "no faces": "has no faces",
        "udim": "Choose new UVs",
        "nodes that drop uvs": "drop its UV map",
        "flat point": "has no size",
    }
    for kind, way_out in cases.items():
        make(kind)
        message = raised(lambda: bpy.ops.any_to_3d.retexture(prompt="gold"))
        assert way_out in message, (kind, message)
        assert not link().session.active_jobs
    assert "no vertex group" in raised(_with_missing_group)


def test_d14_a_linked_object_is_refused_and_a_local_one_with_a_linked_mesh_is_painted():
    make("suzanne")
    path = str(Path(tempfile.mkdtemp()) / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    empty_file()
    with bpy.data.libraries.load(path, link=True) as (_, data):
        data.objects, data.meshes = ["Suzanne"], ["Suzanne"]
    linked = data.objects[0]
    local = bpy.data.objects.new("mine", linked.data)
    for each in (linked, local):
        bpy.context.scene.collection.objects.link(each)
    select_only(linked)
    assert "Make Local" in raised(lambda: bpy.ops.any_to_3d.retexture(prompt="gold"))
    link().dismiss()
    select_only(local)
    assert "cannot get new UVs" in raised(lambda: bpy.ops.any_to_3d.retexture(prompt="gold", uvs="NEW"))
    link().dismiss()
    before = _looks(linked)
    _retexture("gold")
    assert (pixels(image_of(local)) == NEW).all()
    assert _looks(linked) == before


def test_d14_a_second_retexture_waits_for_the_first():
    make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=64)
    assert "already" in raised(lambda: bpy.ops.any_to_3d.retexture(prompt="silver"))
    link().dismiss()
    cancel()


def test_d6_a_texture_of_1024_is_written_often_enough_for_two_updates_a_second():
    """The pump rests nine times as long as a tick took: 55 ms each make two a second."""
    target = make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="slow gold", size=1024)
    pump_until(lambda: image_of(target) is not None)
    pump_until(lambda: link().session.jobs[-1].snapshots > 3)
    stage, job = link()._stage, link().session.jobs[-1]
    snapshot = link().display._arrivals.texture(job.job_id)
    costs = []
    for _ in range(9):
        begun = time.process_time()
        stage.show(job.origin, snapshot, "")
        costs.append(time.process_time() - begun)
    cancel()
    assert sorted(costs)[4] < 0.055, costs


def test_d11_the_history_tells_what_got_new_colours_also_after_a_load():
    make("painted")
    _retexture("gold")
    _retexture("silver")
    path = str(Path(tempfile.mkdtemp()) / "history.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    told = [(each.title, each.retextured, each.outcome) for each in bpy.context.scene.any_to_3d_history]
    assert told == [("silver", "Plane, version 2", "finished"), ("gold", "Plane", "finished")]
    assert all(each.thumbnail for each in bpy.context.scene.any_to_3d_history)
    assert "New colours for Plane" in drawn_panel(module("panels.history").HistoryPanel).text
    assert bpy.ops.any_to_3d.generate_again() == {"FINISHED"}
    bpy.ops.any_to_3d.wait(timeout=20)
    assert [(each.label, each.base) for each in _versions(active())][-1] == ("silver", 2)


def test_d14_the_panel_says_what_stands_in_the_way_and_offers_what_the_mask_needs():
    make("text")
    shown = drawn_panel(module("panels.retexture").RetexturePanel)
    assert "any_to_3d.retexture" in shown.greyed
    assert "is not a mesh" in " ".join(shown.texts)
    make("painted")
    chosen = bpy.context.scene.any_to_3d.retexture
    chosen.mask, chosen.strength = "GROUP", 0.1
    shown = drawn_panel(module("panels.retexture").RetexturePanel)
    assert "any_to_3d.retexture" in shown.buttons
    assert "any_to_3d.retexture" not in shown.greyed
    assert {"strength", "size", "uvs", "mask", "group", "border"} <= set(shown.fields)


def _with_missing_group():
    make("suzanne")
    bpy.ops.any_to_3d.retexture(prompt="gold", mask="GROUP", mask_name="nobody")


def target_name():
    return active().name


def _retexture(prompt, **options):
    bpy.ops.any_to_3d.retexture(prompt=prompt, size=64, **options)
    bpy.ops.any_to_3d.wait(timeout=20)


def _versions(target):
    return module("objects.versions").versions_of(target)


def _looks(target):
    """What is restored and switched: slots, links, UV maps and the properties that the object shows."""
    slots = [(slot.link, slot.material.name if slot.material else "") for slot in target.material_slots]
    layers = [(layer.name, layer.active, layer.active_render) for layer in target.data.uv_layers]
    own = [material.name if material else "" for material in target.data.materials]
    return slots, layers, own, sorted((name, str(target[name])) for name in target.keys() if name != "any_to_3d")  # noqa: SIM118


def _materials_and_images():
    return [each.name for kind in (bpy.data.materials, bpy.data.images) for each in kind]


def _own_texture(target):
    return [(slot.link, slot.material.name) for slot in target.material_slots]


def _random_mask(random, size):
    mask = np.zeros((size, size), np.float32)
    for _ in range(4):
        x, y, width, height = random.integers(0, size - 10, 2).tolist() + random.integers(5, size // 3, 2).tolist()
        mask[y : y + height, x : x + width] = 1
    return mask
