"""Claims about pausing, resuming and finishing a job of the installed add-on early.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import tempfile
from pathlib import Path

import bpy
from addon_in_use import cancel, empty_file, faces, install, link, module, pump, pump_until, start
from drawn import drawn_panel

install()
start()


def test_n4_a_paused_job_stands_still_and_goes_on_where_it_was():
    _paused_job()
    applied = link().display.shown_count
    pump(0.2)
    assert link().display.shown_count <= applied + 1, "one snapshot may have been on its way"
    assert not link().session.is_lively
    bpy.ops.any_to_3d.resume()
    pump_until(lambda: link().display.shown_count >= applied + 3)
    assert not link().session.jobs[-1].is_paused
    cancel()


def test_n4_while_a_job_rests_the_add_on_looks_only_now_and_then():
    tick = module("pump")._tick
    _paused_job()
    pump(0.2)
    assert tick() >= 0.25
    bpy.ops.any_to_3d.resume()
    pump_until(lambda: not link().session.jobs[-1].is_paused)
    assert tick() < 0.25
    cancel()


def test_n4_the_panel_shows_one_button_for_each_state():
    _paused_job()
    panel = drawn_panel(module("panels.progress").ProgressPanel)
    assert "any_to_3d.pause" not in panel.buttons
    assert {"any_to_3d.resume", "any_to_3d.finish_now", "any_to_3d.cancel"} <= set(panel.buttons)
    assert "Paused" in panel.text
    bpy.ops.any_to_3d.resume()
    pump_until(lambda: not link().session.jobs[-1].is_paused)
    assert "any_to_3d.pause" in drawn_panel(module("panels.progress").ProgressPanel).buttons
    cancel()


def test_n4_a_paused_job_is_paused_after_a_reconnection_and_after_loading_its_file():
    _paused_job()
    path = str(Path(tempfile.mkdtemp()) / "paused.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.any_to_3d.disconnect()
    bpy.ops.any_to_3d.connect()
    pump_until(lambda: link().session.connection == "connected" and link().session.jobs[-1].rests)
    empty_file()
    bpy.ops.wm.open_mainfile(filepath=path)
    pump(0.1)
    assert link().session.jobs[-1].rests
    bpy.ops.any_to_3d.resume()
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    cancel()


def test_n4_waiting_for_jobs_does_not_wait_for_one_that_rests():
    _paused_job()
    assert bpy.ops.any_to_3d.wait(timeout=5) == {"FINISHED"}
    cancel()


def test_n4_a_paused_job_can_be_cancelled():
    _paused_job()
    cancel()
    assert link().session.jobs[-1].state == "cancelled"


def test_n6_finish_now_makes_a_finished_object_of_a_job_that_would_go_on():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    target = bpy.data.objects["slow chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None
    assert not bpy.ops.any_to_3d.finish_now.poll()


def test_n4_undo_and_redo_while_it_is_paused_leave_it_paused_and_its_shape_in_view():
    _paused_job()
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    pump(0.1)
    assert link().session.jobs[-1].rests
    assert faces("slow chair") == 12
    bpy.ops.ed.redo()
    pump(0.1)
    assert faces("slow chair") == 12
    cancel()


def _paused_job():
    empty_file()
    bpy.ops.ed.undo_push(message="empty")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.any_to_3d.pause()
    pump_until(lambda: link().session.jobs[-1].rests)
