"""Claims about looking after the backend from the installed add-on: found, tested, relieved, restarted, reported.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import types
from pathlib import Path

import bpy

# isort: split
import addon_utils  # exists once bpy is imported
from addon_in_use import (
    PACKAGE,
    PROGRAM,
    empty_file,
    free_port,
    install,
    link,
    module,
    preferences,
    pump_until,
    raised,
    start,
    wait_until,
)
from drawn import Drawn, drawn_panel

HOME = Path(os.environ["HOME"])


def backend_panel(name="BackendPanel"):
    return drawn_panel(getattr(module("backend", "blender_addon.panels"), name))


def generation_panel():
    return drawn_panel(module("generation", "blender_addon.panels").GenerationPanel)


def drawn_preferences():
    layout = Drawn()
    own = preferences()
    chosen = types.SimpleNamespace(layout=layout, command=own.command)
    module("preferences_drawing").draw(chosen, bpy.context)
    return layout


def checked():
    pump_until(lambda: link().checks.is_idle)


def test_d3_the_preferences_show_how_to_install_a_backend_where_there_is_none():
    install()
    empty_file()
    preferences().command = tempfile.mkdtemp()
    shown = drawn_preferences()
    assert "Pick that program" in shown.text
    assert any("venv" in copied.text for copied in shown.buttons["any_to_3d.copy_text"])
    assert "How to install a backend on Linux" in shown.text
    preferences().command = ""


def test_d3_the_preferences_show_the_found_program_and_its_version():
    place = Path(tempfile.mkdtemp()) / "szene ü"
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "any-to-3d").symlink_to(PROGRAM)
    bpy.ops.wm.save_as_mainfile(filepath=str(place / "scene.blend"))
    bpy.ops.any_to_3d.find_programs()
    preferences().command = str(place / ".venv")
    drawn_preferences()
    checked()
    shown = drawn_preferences()
    assert "version 9.9.9" in shown.text
    assert str(place / ".venv" / "bin" / "any-to-3d") in [str(path) for path in link().checks.programs]


def test_d3_a_found_program_is_used_at_the_press_of_a_button():
    bpy.ops.any_to_3d.use_program(path=PROGRAM)
    assert preferences().command == PROGRAM
    empty_file()


def test_d3_the_panel_shows_device_and_free_memory_and_frees_it():
    start()
    pump_until(lambda: link().session.backend.memory)
    shown = backend_panel()
    assert "fake on cpu, version 9.9.9" in shown.text
    assert "2.0 of 8.0 GB of memory free" in shown.text
    assert "any_to_3d.free_memory" in shown.buttons
    bpy.ops.any_to_3d.free_memory()
    pump_until(lambda: link().session.backend.memory[0].free == 6 * 1024)
    assert "6.0 of 8.0 GB of memory free" in backend_panel().text


def test_d3_a_backend_that_cannot_free_memory_gets_no_button():
    bpy.ops.any_to_3d.stop_backend()
    preferences().arguments = "--old"
    start()
    assert "any_to_3d.free_memory" not in backend_panel().buttons
    assert not bpy.ops.any_to_3d.free_memory.poll()
    preferences().arguments = ""


def test_d3_test_connection_says_who_answers_and_leaves_the_connection_alone():
    bpy.ops.any_to_3d.test_connection()
    checked()
    assert "answered in" in backend_panel().text
    assert "answered in" in drawn_preferences().text
    assert link().session.connection == "connected"
    assert threading.active_count() == 1


def test_d3_test_connection_says_that_nobody_listens():
    kept = preferences().address
    preferences().address = f"127.0.0.1:{free_port()}"
    bpy.ops.any_to_3d.test_connection()
    checked()
    assert "nothing listens there" in backend_panel().text
    preferences().address = kept
    assert "nothing listens there" not in backend_panel().text, "that was another address"


def test_d5_loopback_works_with_online_access_off_and_another_computer_is_refused_with_a_button():
    assert not bpy.app.online_access
    assert link().session.connection == "connected"
    kept = preferences().address
    preferences().address = "192.0.2.1:7343"
    assert "not allowed to go online" in raised(bpy.ops.any_to_3d.test_connection)
    assert link().session.trouble.code == "online_denied"
    assert "screen.userpref_show" in generation_panel().buttons
    preferences().address = kept
    bpy.ops.any_to_3d.dismiss()


def test_d3_the_panel_shows_the_end_of_the_log():
    log = module("preferences").log_path()
    log.write_text("one\n" + "two " * 40 + "\nthree\n")
    shown = backend_panel("BackendLogPanel")
    assert shown.texts[-1] == "three"
    assert all(len(line) < 60 for line in shown.texts)
    assert shown.buttons["wm.path_open"][0].filepath == str(log)
    assert shown.buttons["any_to_3d.copy_text"][0].text.startswith("one\ntwo")


def test_d4_a_killed_backend_is_told_in_words_with_a_restart_button_and_is_not_started_again_by_itself():
    victim = link().process
    os.kill(victim.pid, signal.SIGKILL)
    begun = time.monotonic()
    pump_until(lambda: link().session.trouble is not None, seconds=5)
    assert time.monotonic() - begun < 5
    assert "killed by signal 9" in link().session.trouble.message
    assert (link().session.trouble.code, link().session.trouble.fix) == ("stopped", "restart_backend")
    assert "any_to_3d.restart_backend" in generation_panel().buttons
    assert link().process is None
    for _ in range(100):
        link().step()
    assert link().process is None, "a broken backend must not be started over and over"


def test_d4_restart_brings_it_back():
    bpy.ops.any_to_3d.restart_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.connection == "connected"
    first = link().process.pid
    bpy.ops.any_to_3d.restart_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().process.pid != first
    assert link().session.connection == "connected"


def test_d4_a_port_that_another_program_has_gives_the_next_one():
    bpy.ops.any_to_3d.stop_backend()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        preferences().address = f"127.0.0.1:{port}"
        bpy.ops.any_to_3d.start_backend()
        bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.connection == "connected"
    assert port < int(preferences().address.rpartition(":")[2]) <= port + 20


def test_d17_each_error_shows_its_button_and_the_manuals_question_mark():
    errors, box = module("errors"), module("trouble", "blender_addon.panels")
    for code in errors.ADVICE:
        layout = Drawn()
        box.draw_trouble(layout, bpy.context, errors.trouble(code))
        assert layout.buttons["any_to_3d.explain"][0].code == code
        fix = errors.ADVICE[code].fix
        if fix != "dismiss":
            name = box.BUTTONS[fix].operator
            assert name in layout.buttons
            group, operator = name.split(".")
            assert hasattr(getattr(bpy.ops, group), operator)
            assert getattr(getattr(bpy.ops, group), operator).get_rna_type()


def test_d17_every_page_of_the_manual_is_in_the_zip():
    errors, page = module("errors"), module("manual_page")
    assert all(len(page.section(code)) > 60 for code in errors.ADVICE)


def test_d17_an_unreadable_file_is_left_out_at_the_press_of_the_button():
    chosen = bpy.context.scene.any_to_3d
    chosen.prompt, chosen.image = "a chair", "/nowhere/gone.png"
    assert "cannot be read" in raised(bpy.ops.any_to_3d.generate)
    assert link().session.trouble.fix == "clear_unusable"
    bpy.ops.any_to_3d.clear_unusable()
    assert (chosen.prompt, chosen.image) == ("a chair", "")
    assert link().session.trouble is None


def test_d17_a_kind_of_prompt_that_the_backend_lacks_is_left_out_at_the_press_of_the_button():
    chosen = bpy.context.scene.any_to_3d
    chosen.sound = str(Path(tempfile.mkdtemp()) / "a.wav")
    Path(chosen.sound).write_bytes(b"sound")
    assert "but no audio" in raised(bpy.ops.any_to_3d.generate)
    bpy.ops.any_to_3d.clear_unusable()
    assert (chosen.prompt, chosen.sound) == ("a chair", "")


def test_d26_a_report_names_versions_and_hides_prompts_unless_asked():
    bpy.ops.any_to_3d.generate(prompt="slow secret")
    pump_until(lambda: link().session.jobs[-1].state == "running")
    report = module("connection.diagnosis").collected_diagnostics
    text = report(False)
    for fact in (bpy.app.version_string, "pyzmq", "libzmq", "9.9.9", "System: ", "Last lines of the backend's log"):
        assert fact in text, fact
    assert "slow secret" not in text
    assert "slow secret" in report(True)
    assert bpy.ops.any_to_3d.copy_diagnostics("EXEC_DEFAULT") == {"FINISHED"}
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=10)


def test_d28_licences_stand_in_the_panel_until_they_were_read():
    preferences().arguments = "--licences"
    bpy.ops.any_to_3d.restart_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    shown = generation_panel()
    assert "NO COMMERCIAL USE" in shown.text
    assert "any_to_3d.generate" in shown.greyed
    bpy.ops.any_to_3d.read_licences()
    shown = generation_panel()
    assert "NO COMMERCIAL USE" not in shown.text
    assert "any_to_3d.generate" not in shown.greyed
    assert "NO COMMERCIAL USE" in backend_panel("LicencesPanel").text
    preferences().arguments = ""


def test_d25_a_backend_that_may_go_on_survives_the_add_on_and_nothing_else_does():
    preferences().ends_with_blender = False
    bpy.ops.any_to_3d.restart_backend()
    bpy.ops.any_to_3d.wait(timeout=20)
    survivor = link().process
    bpy.ops.any_to_3d.test_connection()
    addon_utils.disable(PACKAGE)
    try:
        time.sleep(0.3)
        assert survivor.is_alive
        assert not hasattr(bpy.types.Scene, "any_to_3d")
        left = [name for name in dir(bpy.types) if name.startswith("ANY_TO_3D")]
        assert not left, left
        assert threading.active_count() == 1
        sockets = [fd for fd in os.listdir("/proc/self/fd") if _is_socket(fd)]
        assert not sockets
    finally:
        survivor.stop(3.0)


def test_d25_a_backend_that_ends_with_blender_ends_with_the_add_on():
    addon_utils.enable(PACKAGE)
    preferences().ends_with_blender, preferences().command = True, PROGRAM
    start()
    process = link().process
    addon_utils.disable(PACKAGE)
    wait_until(lambda: not process.is_alive)
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "stat="], capture_output=True, text=True)
    running = [state for state in children.stdout.split() if not state.startswith("Z")]
    assert len(running) <= 1, "only ps itself"


def _is_socket(fd):
    path = f"/proc/self/fd/{fd}"
    return os.path.islink(path) and "socket" in os.readlink(path)
