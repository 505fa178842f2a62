"""Claims about jobs of the installed add-on: how an object grows among undo, edits, deletions and loaded files.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import tempfile
import time
from pathlib import Path

import bpy

# isort: split
import addon_utils  # exists once bpy is imported
from addon_in_use import PACKAGE, cancel, empty_file, faces, install, link, pump, pump_until, raised, start, wait_until

install()
start()


def test_a_job_grows_in_place_at_the_cursor_and_ends_textured():
    empty_file()
    bpy.context.scene.cursor.location = (1, 2, 3)
    seen = _grow("a red chair", seed=5, height=0.8)
    target = bpy.data.objects["a red chair"]
    assert len(seen) >= 12, seen
    assert len(bpy.data.objects) == len(bpy.data.meshes) == 1
    assert tuple(target.location) == (1, 2, 3)
    assert target["any_to_3d_seed"] == 5
    assert target["any_to_3d_backend_version"] == "9.9.9"
    bpy.context.view_layer.update()
    assert abs(target.dimensions.z - 0.8) < 1e-5
    image = next(node.image for node in target.data.materials[0].node_tree.nodes if node.type == "TEX_IMAGE")
    assert image.packed_file is not None


def test_the_panels_settings_are_used_and_the_dice_changes_the_seed():
    empty_file()
    chosen = bpy.context.scene.any_to_3d
    chosen.prompt, chosen.preset, chosen.seed = "a blue mug", "draft", 77
    bpy.ops.any_to_3d.generate()
    origin = link().session.jobs[-1].origin
    assert (origin.prompt, origin.preset, origin.seed) == ("a blue mug", "draft", 77)
    bpy.ops.any_to_3d.wait(timeout=20)
    seeds = set()
    for _ in range(8):
        bpy.ops.any_to_3d.random_seed()
        seeds.add(chosen.seed)
    assert len(seeds) > 1


def test_a_notice_of_the_backend_is_kept_for_the_panel():
    bpy.ops.any_to_3d.generate(prompt="guess what")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.jobs[-1].notice == "Read as 'a chair'."


def test_cancel_ends_the_job_and_keeps_its_mesh():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=2)
    assert link().session.jobs[-1].state == "cancelled"
    assert len(bpy.data.objects["slow chair"].data.polygons) > 0
    assert not bpy.ops.any_to_3d.cancel.poll()


def test_d9_the_mesh_of_a_cancelled_job_is_removed_on_request_and_a_finished_one_is_not():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)
    finished = link().session.jobs[-1].origin.request_id
    assert "no unfinished mesh" in raised(lambda: bpy.ops.any_to_3d.remove_unfinished(request_id=finished))
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    cancelled = link().session.jobs[-1].origin.request_id
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=2)
    bpy.ops.any_to_3d.remove_unfinished(request_id=cancelled)
    assert [each.name for each in bpy.data.objects] == ["a red chair"]
    assert len(bpy.data.meshes) == 1


def test_d15_a_cancelled_mesh_and_the_next_result_are_two_undo_steps():
    empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=5)
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.ed.undo()
    pump(0.1)
    assert [each.name for each in bpy.data.objects] == ["slow chair"]
    bpy.ops.ed.undo()
    pump(0.1)
    assert len(bpy.data.objects) == 0


def test_undo_and_redo_in_mid_stream_lose_neither_job_nor_shape():
    empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    assert "Cube" not in bpy.data.objects
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert faces("slow chair") == 12
    bpy.ops.ed.redo()
    assert "Cube" in bpy.data.objects
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert [each.name for each in bpy.data.objects if each.get("any_to_3d_job")] == ["slow chair"]
    cancel()


def test_one_undo_takes_back_the_whole_result_and_redo_brings_it_again():
    empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.ed.undo()
    pump(0.1)
    assert len(bpy.data.objects) == 0
    bpy.ops.ed.redo()
    pump(0.1)
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None


def test_d15_after_a_step_in_mid_job_one_undo_takes_the_result_back_and_leaves_nothing_half_grown():
    empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    copy = bpy.data.objects["slow chair"].copy()
    bpy.context.collection.objects.link(copy)
    bpy.ops.ed.undo_push(message="the artist makes a copy")
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    for _ in range(2):
        bpy.ops.ed.undo()
        pump(0.1)
        assert [each.name for each in bpy.data.objects] == ["slow chair.001"]
        bpy.ops.ed.redo()
        pump(0.1)
        assert sorted(each.name for each in bpy.data.objects) == ["slow chair", "slow chair.001"]
        assert bpy.data.objects["slow chair"]["any_to_3d_is_final"]
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    pump(0.1)
    assert len(bpy.data.objects) == 0


def test_undo_does_not_bring_back_an_object_that_the_artist_deleted():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.data.objects.remove(bpy.data.objects["slow chair"])
    bpy.ops.ed.undo_push(message="the artist deletes it")
    pump_until(lambda: bool(link().display.missing))
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    pump(0.2)
    assert len(bpy.data.objects) == 0
    assert link().display.missing
    cancel()


def test_a_deleted_object_keeps_its_job_and_can_be_made_again():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.data.objects.remove(bpy.data.objects["slow chair"])
    pump_until(lambda: bool(link().display.missing))
    job = link().session.active_jobs[-1]
    assert (job.state, len(bpy.data.objects)) == ("running", 0)
    bpy.context.scene.cursor.location = (4, 0, 0)
    bpy.ops.any_to_3d.recreate(request_id=job.origin.request_id)
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert tuple(bpy.data.objects["slow chair"].location) == (4, 0, 0)
    assert not link().display.missing
    cancel()


def test_frames_wait_while_the_artist_edits_and_the_result_comes_afterwards():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    pump_until(lambda: faces("a red chair") == 12)
    bpy.context.view_layer.objects.active = bpy.data.objects["a red chair"]
    bpy.ops.object.mode_set(mode="EDIT")
    applied = link().display.shown_count
    pump(0.3)
    assert link().display.shown_count == applied
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["a red chair"]["any_to_3d_is_final"]


def test_a_file_loaded_in_mid_job_finds_its_object_again():
    empty_file()
    path = str(Path(tempfile.mkdtemp()) / "größe 1.blend")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    empty_file()
    pump_until(lambda: bool(link().display.missing))
    bpy.ops.wm.open_mainfile(filepath=path)
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert not link().display.missing
    cancel()


def test_a_fresh_add_on_attaches_to_the_job_of_a_file_and_finishes_it():
    empty_file()
    path = str(Path(tempfile.mkdtemp()) / "scene.blend")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    cancel()
    # Another backend run that knows the job only by its id, and an add-on that knows nothing.
    bpy.ops.any_to_3d.stop_backend()
    wait_until(lambda: not link().process.is_alive)
    addon_utils.disable(PACKAGE)
    addon_utils.enable(PACKAGE)
    bpy.ops.any_to_3d.start_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert not link().session.jobs
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["slow chair"]["any_to_3d_is_final"]


def test_nothing_like_busy_is_saved_in_the_file():
    saved = {prop.identifier for prop in bpy.context.scene.any_to_3d.bl_rna.properties}
    parts = {f"{part}{kind}" for part in ("text", "image", "sound") for kind in ("_block", "_weight")}
    prompt = {"prompt", "image", "sound", *parts, "negative"}
    groups = {"result", "batch", "iteration", "retexture"}
    assert saved == {"rna_type", "name", *prompt, "seed", "recipe", "preset", "height", *groups}


def _grow(prompt, **options):
    """Generate and wait; the distinct shapes seen on the way, as widths of the object's mesh."""
    seen = set()
    bpy.ops.any_to_3d.generate(prompt=prompt, **options)
    deadline = time.monotonic() + 20
    while link().session.active_jobs and time.monotonic() < deadline:
        link().step()
        if prompt in bpy.data.objects:
            seen.add(link().display.shown_count)
    bpy.ops.any_to_3d.wait(timeout=20)
    return seen
