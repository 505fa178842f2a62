"""Claims about the zip's demo mode, on a computer without any backend. The environment names the zip: ANY_TO_3D_ZIP."""

import os
import signal
import sys
import time

import bpy

# isort: split
import addon_utils  # exists once bpy is imported
from addon_in_use import PACKAGE, cancel, empty_file, faces, install, link, preferences, pump_until, raised, wait_until


def test_n16_the_demo_starts_by_one_press_without_a_backend_and_without_network_permission():
    install()
    empty_file()
    assert not bpy.app.online_access
    address = preferences().address
    bpy.ops.any_to_3d.start_demo()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.connection == "connected"
    assert link().session.backend.profile == "demo"
    assert preferences().address == address
    assert not bpy.ops.any_to_3d.start_demo.poll()


def test_it_says_plainly_that_nothing_is_generated():
    assert "every prompt gives the same recorded object" in link().session.backend.warning
    assert "same recorded object" in _wording().demo_line(link().session)


def test_n16_a_prompt_grows_through_three_phases_into_the_finished_object():
    bpy.ops.any_to_3d.generate(prompt="a red chair", preset="draft", height=0.5)
    phases, shapes = [], set()
    deadline = time.monotonic() + 30
    while link().session.active_jobs:
        assert time.monotonic() < deadline
        link().step()
        phases.append(link().session.jobs[-1].phase)
        shapes.add(faces("a red chair"))
        time.sleep(0.005)
    bpy.ops.any_to_3d.wait(timeout=10)
    seen = [phase for phase in dict.fromkeys(phases) if phase]
    assert seen == ["coarse", "geometry", "texture"]
    assert link().display.shown_count > 12
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None
    assert len(target.data.polygons) > max(shapes - {len(target.data.polygons)})
    image = next(node.image for node in target.data.materials[0].node_tree.nodes if node.type == "TEX_IMAGE")
    assert tuple(image.size) == (512, 512)
    bpy.context.view_layer.update()
    assert abs(target.dimensions.z - 0.5) < 1e-4


def test_every_job_says_that_it_is_a_recording():
    assert "shows its recording of" in link().session.jobs[-1].notice


def test_two_jobs_queue_and_cancel_is_answered_within_two_seconds():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="first", preset="high")
    bpy.ops.any_to_3d.generate(prompt="second", preset="draft")
    pump_until(lambda: link().session.jobs[-1].state == "queued" and link().session.jobs[-1].position == 1)
    pump_until(lambda: faces("first") > 0)
    begun = time.monotonic()
    bpy.ops.any_to_3d.cancel(request_id=link().session.jobs[-2].origin.request_id)
    pump_until(lambda: link().session.jobs[-2].state == "cancelled")
    assert time.monotonic() - begun < 2
    pump_until(lambda: faces("second") > 0)
    cancel()


def test_a_demo_that_dies_says_so_offers_itself_again_and_leaves_no_job_stuck():
    bpy.ops.any_to_3d.generate(prompt="a mug")
    pump_until(lambda: faces("a mug") > 0)
    os.kill(link().process.pid, signal.SIGKILL)
    pump_until(lambda: link().session.connection == "offline")
    trouble = link().session.trouble
    assert trouble.message == "The demo was killed by signal 9."
    assert (trouble.code, trouble.fix) == ("demo_stopped", "start_demo")
    assert link().session.jobs[-1].state == "cancelled"
    assert not link().session.active_jobs
    bpy.ops.any_to_3d.start_demo()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.trouble is None


def test_stop_ends_the_demo_and_its_jobs():
    bpy.ops.any_to_3d.generate(prompt="a mug")
    pump_until(lambda: link().session.jobs[-1].state == "running")
    process = link().process
    bpy.ops.any_to_3d.stop_backend()
    wait_until(lambda: not process.is_alive)
    assert link().session.connection == "offline"
    assert link().session.jobs[-1].state == "cancelled"
    assert bpy.ops.any_to_3d.start_demo.poll()


def test_disconnecting_and_trying_again_finds_the_same_demo_and_its_job():
    bpy.ops.any_to_3d.start_demo()
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.any_to_3d.generate(prompt="a hat", preset="high")
    pump_until(lambda: faces("a hat") > 0)
    pid = link().process.pid
    bpy.ops.any_to_3d.disconnect()
    bpy.ops.any_to_3d.start_demo()
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert link().process.pid == pid
    cancel()


def test_the_demo_is_not_tried_over_the_unfinished_jobs_of_a_backend():
    bpy.ops.any_to_3d.generate(prompt="a bell", preset="high")
    pump_until(lambda: link().session.jobs[-1].state == "running")
    own, link().process = link().process, None
    bpy.ops.any_to_3d.disconnect()
    try:
        assert "not finished" in raised(lambda: bpy.ops.any_to_3d.start_demo())
    finally:
        link().process = own
    bpy.ops.any_to_3d.start_demo()
    pump_until(lambda: link().session.connection == "connected")
    cancel()


def test_nothing_heavy_was_loaded_into_blender():
    assert not {"torch", "PIL", "scipy"} & set(sys.modules)


def test_the_demo_ends_when_the_add_on_is_disabled():
    process = link().process
    assert process.is_alive
    addon_utils.disable(PACKAGE)
    assert not process.is_alive


def _wording():
    import importlib

    return importlib.import_module(f"{PACKAGE}.blender_addon.wording")
