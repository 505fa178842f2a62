"""Claims about the zip as an artist gets it: installed and enabled by Blender, then used through ``bpy.ops`` only.

The environment names the zip, a program that plays the backend and a port: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import importlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import addon_utils
import bpy

PACKAGE = "bl_ext.user_default.any_to_3d"
PROGRAM = os.environ["ANY_TO_3D_PROGRAM"]
HANDLERS = ("load_post", "undo_post", "redo_post")


def test_blender_installs_and_enables_the_zip():
    assert not hasattr(bpy.types.Scene, "any_to_3d")
    assert "zmq" not in sys.modules
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["ANY_TO_3D_ZIP"], repo="user_default", enable_on_install=True
    )
    assert PACKAGE in bpy.context.preferences.addons
    assert hasattr(bpy.types.Scene, "any_to_3d")
    assert "torch" not in sys.modules
    libraries = Path(bpy.utils.user_resource("EXTENSIONS"), ".local", "lib").glob("python*/site-packages/*")
    assert {"zmq", "msgpack"} <= {path.name for path in libraries}


def test_generate_is_greyed_out_and_says_why_without_a_backend():
    assert not bpy.ops.any_to_3d.generate.poll()
    assert "Start one" in _raised(lambda: bpy.ops.any_to_3d.generate(prompt="a red chair"))


def test_a_backend_that_is_not_there_is_told_within_five_seconds():
    bpy.ops.any_to_3d.connect(address=f"127.0.0.1:{_free_port()}")
    begun = time.monotonic()
    assert "No backend answers" in _raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    assert time.monotonic() - begun < 5
    assert _link().session.trouble.fix == "start_backend"


def test_an_unreadable_address_is_refused_with_an_example():
    assert "127.0.0.1:7" in _raised(lambda: bpy.ops.any_to_3d.connect(address="my computer"))


def test_another_computer_needs_permission_to_go_online():
    assert "not allowed to go online" in _raised(lambda: bpy.ops.any_to_3d.connect(address="192.0.2.1:7000"))
    assert _link().session.trouble.fix == "allow_online"
    assert _link().session.connection != "connecting"


def test_a_missing_program_is_an_error_with_the_preferences_as_its_button():
    _preferences().command = tempfile.mkdtemp()
    assert "Pick that program" in _raised(bpy.ops.any_to_3d.start_backend)
    assert _link().session.trouble.fix == "open_preferences"


def test_the_panel_starts_a_backend_and_connects():
    _start()
    assert _link().session.connection == "connected"
    assert bpy.ops.any_to_3d.generate.poll()
    assert threading.active_count() == 1, "the add-on must not start Python threads"


def test_a_taken_port_is_an_error_with_a_free_port_as_its_button():
    taken = _preferences().address
    previous = _link().process
    _link().process = None
    bpy.ops.any_to_3d.disconnect()
    assert "in use" in _raised(bpy.ops.any_to_3d.start_backend)
    assert _link().session.trouble.fix == "use_free_port"
    _link().process = previous
    bpy.ops.any_to_3d.stop_backend()
    _wait_until(lambda: not previous.is_alive)
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    assert _preferences().address != taken
    bpy.ops.any_to_3d.wait(timeout=20)


def test_a_job_grows_in_place_at_the_cursor_and_ends_textured():
    _empty_file()
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
    _empty_file()
    chosen = bpy.context.scene.any_to_3d
    chosen.prompt, chosen.preset, chosen.seed = "a blue mug", "draft", 77
    bpy.ops.any_to_3d.generate()
    origin = _link().session.jobs[-1].origin
    assert (origin.prompt, origin.preset, origin.seed) == ("a blue mug", "draft", 77)
    bpy.ops.any_to_3d.wait(timeout=20)
    seeds = set()
    for _ in range(8):
        bpy.ops.any_to_3d.random_seed()
        seeds.add(chosen.seed)
    assert len(seeds) > 1


def test_an_empty_prompt_is_refused_with_an_example():
    bpy.context.scene.any_to_3d.prompt = " "
    assert "a red chair" in _raised(bpy.ops.any_to_3d.generate)


def test_an_unknown_word_is_refused_with_the_backends_words_and_generate_stays_free():
    _raised(lambda: (bpy.ops.any_to_3d.generate(prompt="blorb chair"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert _link().session.trouble.message == "The word 'blorb' is not known here."
    assert _link().session.trouble.hint == "Try: chair, mug, house."
    assert bpy.ops.any_to_3d.generate.poll()


def test_a_notice_of_the_backend_is_kept_for_the_panel():
    bpy.ops.any_to_3d.generate(prompt="guess what")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert _link().session.jobs[-1].notice == "Read as 'a chair'."


def test_out_of_memory_offers_the_fastest_preset():
    _raised(lambda: (bpy.ops.any_to_3d.generate(prompt="fail now"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert _link().session.trouble.fix == "use_fastest_preset"
    bpy.context.scene.any_to_3d.prompt = "a red chair"
    bpy.ops.any_to_3d.use_fastest_preset()
    assert _link().session.jobs[-1].origin.preset == "draft"
    bpy.ops.any_to_3d.wait(timeout=20)


def test_cancel_ends_the_job_and_keeps_its_mesh():
    _empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=2)
    assert _link().session.jobs[-1].state == "cancelled"
    assert len(bpy.data.objects["slow chair"].data.polygons) > 0
    assert not bpy.ops.any_to_3d.cancel.poll()


def test_undo_and_redo_in_mid_stream_lose_neither_job_nor_shape():
    _empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: _faces("slow chair") == 12)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    assert "Cube" not in bpy.data.objects
    applied = _link().applied_count
    _pump_until(lambda: _link().applied_count >= applied + 2)
    assert _faces("slow chair") == 12
    bpy.ops.ed.redo()
    assert "Cube" in bpy.data.objects
    applied = _link().applied_count
    _pump_until(lambda: _link().applied_count >= applied + 2)
    assert [each.name for each in bpy.data.objects if each.get("any_to_3d_job")] == ["slow chair"]
    _cancel()


def test_one_undo_takes_back_the_whole_result_and_redo_brings_it_again():
    _empty_file()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.ed.undo()
    _pump(0.1)
    assert len(bpy.data.objects) == 0
    bpy.ops.ed.redo()
    _pump(0.1)
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None


def test_undo_does_not_bring_back_an_object_that_the_artist_deleted():
    _empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.data.objects.remove(bpy.data.objects["slow chair"])
    bpy.ops.ed.undo_push(message="the artist deletes it")
    _pump_until(lambda: bool(_link().missing))
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist adds a cube")
    bpy.ops.ed.undo()
    _pump(0.2)
    assert len(bpy.data.objects) == 0
    assert _link().missing
    _cancel()


def test_a_deleted_object_keeps_its_job_and_can_be_made_again():
    _empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.data.objects.remove(bpy.data.objects["slow chair"])
    _pump_until(lambda: bool(_link().missing))
    job = _link().session.active_jobs[-1]
    assert (job.state, len(bpy.data.objects)) == ("running", 0)
    bpy.context.scene.cursor.location = (4, 0, 0)
    bpy.ops.any_to_3d.recreate(request_id=job.origin.request_id)
    applied = _link().applied_count
    _pump_until(lambda: _link().applied_count >= applied + 2)
    assert tuple(bpy.data.objects["slow chair"].location) == (4, 0, 0)
    assert not _link().missing
    _cancel()


def test_frames_wait_while_the_artist_edits_and_the_result_comes_afterwards():
    _empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    _pump_until(lambda: _faces("a red chair") == 12)
    bpy.context.view_layer.objects.active = bpy.data.objects["a red chair"]
    bpy.ops.object.mode_set(mode="EDIT")
    applied = _link().applied_count
    _pump(0.3)
    assert _link().applied_count == applied
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["a red chair"]["any_to_3d_is_final"]


def test_a_file_loaded_in_mid_job_finds_its_object_again():
    _empty_file()
    path = str(Path(tempfile.mkdtemp()) / "größe 1.blend")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: _faces("slow chair") == 12)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    _empty_file()
    _pump_until(lambda: bool(_link().missing))
    bpy.ops.wm.open_mainfile(filepath=path)
    applied = _link().applied_count
    _pump_until(lambda: _link().applied_count >= applied + 2)
    assert not _link().missing
    _cancel()


def test_a_fresh_add_on_attaches_to_the_job_of_a_file_and_finishes_it():
    _empty_file()
    path = str(Path(tempfile.mkdtemp()) / "scene.blend")
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: _faces("slow chair") == 12)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    _cancel()
    # Another backend run that knows the job only by its id, and an add-on that knows nothing.
    bpy.ops.any_to_3d.stop_backend()
    _wait_until(lambda: not _link().process.is_alive)
    addon_utils.disable(PACKAGE)
    addon_utils.enable(PACKAGE)
    bpy.ops.any_to_3d.start_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert not _link().session.jobs
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["slow chair"]["any_to_3d_is_final"]


def test_nothing_like_busy_is_saved_in_the_file():
    saved = {prop.identifier for prop in bpy.context.scene.any_to_3d.bl_rna.properties}
    assert saved == {"rna_type", "name", "prompt", "seed", "recipe", "preset", "height"}


def test_a_backend_killed_in_mid_job_is_told_within_five_seconds_and_another_one_takes_over():
    _empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    _pump_until(lambda: _faces("slow chair") == 12)
    os.kill(_link().process.pid, signal.SIGKILL)
    begun = time.monotonic()
    assert "killed by signal 9" in _raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    assert time.monotonic() - begun < 5
    assert "Start one" in _raised(bpy.ops.any_to_3d.generate)
    bpy.ops.any_to_3d.start_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects["slow chair"]["any_to_3d_is_final"]
    assert bpy.ops.any_to_3d.generate.poll()


def test_a_backend_of_somebody_else_that_freezes_is_told_within_five_seconds_and_found_again():
    port = _free_port()
    stranger = subprocess.Popen([PROGRAM, "serve", "--address", f"tcp://127.0.0.1:{port}"])
    try:
        bpy.ops.any_to_3d.connect(address=f"127.0.0.1:{port}")
        bpy.ops.any_to_3d.wait(timeout=20)
        os.kill(stranger.pid, signal.SIGSTOP)
        begun = time.monotonic()
        _pump_until(lambda: _link().session.connection == "lost", seconds=6)
        assert time.monotonic() - begun < 5
        os.kill(stranger.pid, signal.SIGCONT)
        _pump_until(lambda: _link().session.connection == "connected", seconds=6)
        assert bpy.ops.any_to_3d.generate.poll()
    finally:
        stranger.kill()
        bpy.ops.any_to_3d.disconnect()


def test_a_backend_that_dies_by_itself_leaves_its_last_words():
    _start()
    said = _raised(lambda: (bpy.ops.any_to_3d.generate(prompt="die"), bpy.ops.any_to_3d.wait(timeout=20)))
    assert "exit code 3" in said
    assert "the device caught fire" in said


def test_a_backend_of_another_protocol_version_is_refused_with_both_versions():
    _preferences().arguments = "--version 9.0"
    said = _raised(_start)
    _preferences().arguments = ""
    assert "speaks protocol 9.0" in said
    assert _link().session.connection == "refused"
    bpy.ops.any_to_3d.stop_backend()


def test_an_error_in_a_tick_is_shown_and_the_next_tick_goes_on():
    _start()
    pump = _pump_module()
    step, _link().step = _link().step, lambda: 1 / 0
    pump.step()
    assert "ZeroDivisionError" in _link().session.trouble.message
    _link().step = step
    bpy.ops.any_to_3d.dismiss()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    bpy.ops.any_to_3d.wait(timeout=20)


def test_the_timer_keeps_to_a_tenth_of_the_main_thread():
    pause_after = _pump_module().pause_after
    assert pause_after(0.05, is_active=True) == 0.05 * 9
    assert pause_after(0.001, is_active=True) == 0.03
    assert pause_after(0.001, is_active=False) == 0.25
    assert pause_after(3.0, is_active=True) == 1.0


def test_a_timer_that_blender_dropped_is_started_again():
    pump = _pump_module()
    pump.wake()
    bpy.app.timers.unregister(pump._tick)
    assert pump._watch() == 5.0
    assert bpy.app.timers.is_registered(pump._tick)


def test_a_tick_without_news_costs_little():
    costs = []
    for _ in range(200):
        begun = time.perf_counter()
        _link().step()
        costs.append(time.perf_counter() - begun)
    assert sorted(costs)[100] < 0.005, sorted(costs)[100]


def test_disabling_leaves_nothing_behind():
    process = _link().process
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
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)


def _own_sockets():
    return sum("socket" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_link(fd))


def _is_link(fd):
    return os.path.islink(f"/proc/self/fd/{fd}")


def _pump_module():
    return importlib.import_module(f"{PACKAGE}.blender_addon.pump")


def _link():
    return _pump_module().link()


def _preferences():
    return bpy.context.preferences.addons[PACKAGE].preferences


def _free_port():
    return importlib.import_module(f"{PACKAGE}.blender_addon.backend_process").free_port()


def _start():
    if bpy.ops.any_to_3d.stop_backend.poll():
        bpy.ops.any_to_3d.stop_backend()
    _preferences().command = PROGRAM
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=20)


def _empty_file():
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)


def _faces(name):
    target = bpy.data.objects.get(name)
    return len(target.data.polygons) if target else 0


def _grow(prompt, **options):
    """Generate and wait; the distinct shapes seen on the way, as widths of the object's mesh."""
    seen = set()
    bpy.ops.any_to_3d.generate(prompt=prompt, **options)
    deadline = time.monotonic() + 20
    while _link().session.active_jobs and time.monotonic() < deadline:
        _link().step()
        if prompt in bpy.data.objects:
            seen.add(_link().applied_count)
    bpy.ops.any_to_3d.wait(timeout=20)
    return seen


def _cancel():
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=10)


def _pump(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _link().step()
        time.sleep(0.005)


def _pump_until(is_so, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so within {seconds} s; session: {_link().session}"
        _link().step()
        time.sleep(0.005)


def _wait_until(is_so, seconds=5):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _raised(action):
    """The message of the error that Blender's operators raise in scripts."""
    try:
        action()
    except RuntimeError as error:
        return str(error)
    raise AssertionError("nothing was raised")
