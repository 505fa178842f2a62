"""Claims about the zip as an artist gets it: installed by Blender, connected, in trouble, and disabled without a trace.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import bpy

# isort: split
import addon_utils  # exists once bpy is imported
from addon_in_use import (
    PACKAGE,
    PROGRAM,
    cancel,
    cut_out_icons,
    empty_file,
    faces,
    free_port,
    install,
    link,
    preferences,
    pump_module,
    pump_until,
    raised,
    start,
    wait_until,
)

HANDLERS = ("load_post", "undo_post", "redo_post")


def test_d1_d2_blender_installs_and_enables_the_zip_and_nothing_heavy_with_it():
    assert not hasattr(bpy.types.Scene, "any_to_3d")
    assert "zmq" not in sys.modules
    install()
    assert PACKAGE in bpy.context.preferences.addons
    assert hasattr(bpy.types.Scene, "any_to_3d")
    assert "torch" not in sys.modules
    libraries = Path(bpy.utils.user_resource("EXTENSIONS"), ".local", "lib").glob("python*/site-packages/*")
    assert {"zmq", "msgpack"} <= {path.name for path in libraries}


def test_generate_is_greyed_out_and_says_why_without_a_backend():
    assert not bpy.ops.any_to_3d.generate.poll()
    assert "Start one" in raised(lambda: bpy.ops.any_to_3d.generate(prompt="a red chair"))


def test_d4_a_backend_that_is_not_there_is_told_within_five_seconds():
    bpy.ops.any_to_3d.connect(address=f"127.0.0.1:{free_port()}")
    begun = time.monotonic()
    assert "No backend answers" in raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    assert time.monotonic() - begun < 5
    assert link().session.trouble.fix == "start_backend"


def test_an_unreadable_address_is_refused_with_an_example():
    assert "127.0.0.1:7" in raised(lambda: bpy.ops.any_to_3d.connect(address="my computer"))


def test_d5_another_computer_needs_permission_to_go_online():
    assert "not allowed to go online" in raised(lambda: bpy.ops.any_to_3d.connect(address="192.0.2.1:7000"))
    assert link().session.trouble.fix == "allow_online"
    assert link().session.connection != "connecting"


def test_a_missing_program_is_an_error_with_the_preferences_as_its_button():
    preferences().command = tempfile.mkdtemp()
    assert "Pick that program" in raised(bpy.ops.any_to_3d.start_backend)
    assert link().session.trouble.fix == "open_preferences"


def test_the_panel_starts_a_backend_and_connects():
    start()
    assert link().session.connection == "connected"
    assert bpy.ops.any_to_3d.generate.poll()
    assert threading.active_count() == 1, "the add-on must not start Python threads"


def test_d4_a_port_that_a_backend_has_is_an_error_with_connecting_as_its_button():
    taken = preferences().address
    previous = link().process
    link().process = None
    bpy.ops.any_to_3d.disconnect()
    assert "in use" in raised(bpy.ops.any_to_3d.start_backend)
    assert link().session.trouble.fix == "connect"
    link().process = previous
    bpy.ops.any_to_3d.stop_backend()
    wait_until(lambda: not previous.is_alive)
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    assert preferences().address != taken
    bpy.ops.any_to_3d.wait(timeout=20)


def test_an_empty_prompt_is_refused_with_an_example():
    bpy.context.scene.any_to_3d.prompt = " "
    assert "a red chair" in raised(bpy.ops.any_to_3d.generate)


def test_an_unknown_word_is_refused_with_the_backends_words_and_generate_stays_free():
    raised(lambda: (bpy.ops.any_to_3d.generate(prompt="blorb chair"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert link().session.trouble.message == "The word 'blorb' is not known here."
    assert link().session.trouble.hint == "Try: chair, mug, house."
    assert bpy.ops.any_to_3d.generate.poll()


def test_a_prompt_that_cannot_be_sent_is_refused_and_leaves_no_job():
    jobs = len(link().session.jobs)
    assert "at most 100000" in raised(lambda: bpy.ops.any_to_3d.generate(prompt="chair " * 20_000))
    assert len(link().session.jobs) == jobs


def test_a_picture_and_words_are_sent_and_its_cut_out_comes_back_for_the_panel():
    chosen = bpy.context.scene.any_to_3d
    chosen.prompt, chosen.image, chosen.image_weight = "slow red", picture("barrel.png"), 0.25
    bpy.ops.any_to_3d.generate(text_weight=0.75, negative="blue")
    pump_until(lambda: link().session.jobs[-1].cut_outs)
    job = link().session.jobs[-1]
    assert job.origin.prompt == "slow red, barrel.png"
    assert (job.cut_outs[0].part, job.cut_outs[0].method) == (1, "fake scissors")
    assert cut_out_icons().count() == 1
    (preview,) = cut_out_icons()._previews.values()
    assert tuple(preview.image_size) == (2, 1)
    assert not [each for each in Path(tempfile.gettempdir()).glob("any-to-3d-*.png")]
    cancel()
    chosen.image = ""


def test_a_picture_alone_is_a_prompt_and_gives_the_object_its_name():
    bpy.context.scene.any_to_3d.prompt = ""
    bpy.ops.any_to_3d.generate(image=picture("barrel.png"))
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["barrel.png"]["any_to_3d_is_final"]


def test_a_file_that_cannot_be_used_is_refused_before_anything_is_sent_and_the_fields_stay():
    jobs, chosen = len(link().session.jobs), bpy.context.scene.any_to_3d
    chosen.prompt, chosen.image = "a red chair", "//missing.png"
    assert "cannot be read" in raised(bpy.ops.any_to_3d.generate)
    assert "cannot be read" in link().session.trouble.message
    chosen.image = ""
    assert "understands text and image" in raised(lambda: bpy.ops.any_to_3d.generate(sound=picture("bell.wav")))
    assert len(link().session.jobs) == jobs
    assert (chosen.prompt, chosen.image_weight) == ("a red chair", 0.25)


def test_d17_out_of_memory_offers_the_fastest_preset():
    raised(lambda: (bpy.ops.any_to_3d.generate(prompt="fail now"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert link().session.trouble.fix == "use_fastest_preset"
    bpy.context.scene.any_to_3d.prompt = "a red chair"
    bpy.ops.any_to_3d.use_fastest_preset()
    assert link().session.jobs[-1].origin.preset == "draft"
    bpy.ops.any_to_3d.wait(timeout=20)


def test_d4_a_backend_killed_in_mid_job_is_told_within_five_seconds_and_another_one_takes_over():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    os.kill(link().process.pid, signal.SIGKILL)
    begun = time.monotonic()
    assert "killed by signal 9" in raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    assert time.monotonic() - begun < 5
    assert "Start one" in raised(bpy.ops.any_to_3d.generate)
    bpy.ops.any_to_3d.start_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["slow chair"]["any_to_3d_is_final"]
    assert bpy.ops.any_to_3d.generate.poll()


def test_a_backend_of_somebody_else_that_freezes_is_told_within_five_seconds_and_found_again():
    port = free_port()
    stranger = subprocess.Popen([PROGRAM, "serve", "--address", f"tcp://127.0.0.1:{port}"])
    try:
        bpy.ops.any_to_3d.connect(address=f"127.0.0.1:{port}")
        bpy.ops.any_to_3d.wait(timeout=20)
        os.kill(stranger.pid, signal.SIGSTOP)
        begun = time.monotonic()
        pump_until(lambda: link().session.connection == "lost", seconds=6)
        assert time.monotonic() - begun < 5
        os.kill(stranger.pid, signal.SIGCONT)
        pump_until(lambda: link().session.connection == "connected", seconds=6)
        assert bpy.ops.any_to_3d.generate.poll()
    finally:
        stranger.kill()
        bpy.ops.any_to_3d.disconnect()


def test_the_end_of_a_backend_that_nobody_talks_to_leaves_the_connection_alone():
    start()
    ours = link().process
    port = free_port()
    stranger = subprocess.Popen([PROGRAM, "serve", "--address", f"tcp://127.0.0.1:{port}"])
    try:
        bpy.ops.any_to_3d.connect(address=f"127.0.0.1:{port}")
        bpy.ops.any_to_3d.wait(timeout=20)
        os.kill(ours.pid, signal.SIGKILL)
        pump_until(lambda: link().session.trouble is not None)
        assert "killed by signal 9" in link().session.trouble.message
        assert link().session.connection == "connected"
    finally:
        stranger.kill()
        bpy.ops.any_to_3d.disconnect()


def test_a_key_file_that_cannot_be_used_is_named():
    preferences().key_file = str(Path(tempfile.mkdtemp()) / "client.key")
    assert "cannot be read" in raised(lambda: bpy.ops.any_to_3d.connect(address="127.0.0.1:9"))
    Path(preferences().key_file).write_text("no keys")
    assert "any-to-3d keys" in raised(lambda: bpy.ops.any_to_3d.connect(address="127.0.0.1:9"))
    assert link().session.trouble.fix == "open_preferences"
    preferences().key_file = ""


def test_d4_a_backend_that_dies_by_itself_leaves_its_last_words():
    start()
    said = raised(lambda: (bpy.ops.any_to_3d.generate(prompt="die"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert "exit code 3" in said
    assert "the device caught fire" in said


def test_d17_a_backend_of_another_protocol_version_is_refused_with_both_versions():
    preferences().arguments = "--version 9.0"
    said = raised(start)
    preferences().arguments = ""
    assert "speaks protocol 9.0" in said
    assert link().session.connection == "refused"
    bpy.ops.any_to_3d.stop_backend()


def test_an_error_in_a_tick_is_shown_and_the_next_tick_goes_on():
    start()
    pump = pump_module()
    step, link().step = link().step, lambda: 1 / 0
    pump.step()
    assert "ZeroDivisionError" in link().session.trouble.message
    link().step = step
    bpy.ops.any_to_3d.dismiss()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)


def test_the_timer_keeps_to_a_tenth_of_the_main_thread():
    pause_after = pump_module().pause_after
    assert pause_after(0.05, is_active=True) == 0.05 * 9
    assert pause_after(0.001, is_active=True) == 0.03
    assert pause_after(0.001, is_active=False) == 0.25
    assert pause_after(3.0, is_active=True) == 1.0


def test_a_timer_that_blender_dropped_is_started_again():
    pump = pump_module()
    pump.wake()
    bpy.app.timers.unregister(pump._tick)
    assert pump._watch() == 5.0
    assert bpy.app.timers.is_registered(pump._tick)


def test_a_tick_without_news_costs_little():
    costs = []
    for _ in range(200):
        begun = time.process_time()
        link().step()
        costs.append(time.process_time() - begun)
    assert sorted(costs)[100] < 0.005, sorted(costs)[100]


def test_d25_disabling_leaves_nothing_behind():
    process = link().process
    addon_utils.disable(PACKAGE)
    assert not process.is_alive
    assert not hasattr(bpy.types.Scene, "any_to_3d")
    assert not hasattr(bpy.types, "ANY_TO_3D_PT_generate")
    for name in HANDLERS:
        mine = [each for each in getattr(bpy.app.handlers, name) if each.__module__.startswith(PACKAGE)]
        assert not mine, (name, mine)
    pump = sys.modules[f"{PACKAGE}.blender_addon.pump"]
    assert not any(bpy.app.timers.is_registered(timer) for timer in (pump._tick, pump._watch))
    assert _own_sockets() == 0
    assert sys.modules[f"{PACKAGE}.blender_addon.cut_out_icons"].count() == 0
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)


def picture(name):
    """The path of a file with this name: two by one red pixels as PNG, whatever its ending."""
    image = bpy.data.images.new("picture", 2, 1)
    image.pixels = [1.0, 0.0, 0.0, 1.0] * 2
    image.filepath_raw, image.file_format = str(Path(tempfile.mkdtemp()) / name), "PNG"
    image.save()
    path = image.filepath_raw
    bpy.data.images.remove(image)
    return path


def _own_sockets():
    return sum("socket" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_link(fd))


def _is_link(fd):
    return os.path.islink(f"/proc/self/fd/{fd}")
