"""Starting, watching and ending a real child process that stands in for the backend."""

import os
import socket
import stat
import sys
import time

import pytest
from any_to_3d.blender_addon.connection.backend_process import (
    BackendProcess,
    LaunchOptions,
    PortTaken,
    StartError,
    find_program,
    free_port,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


def program(folder, body):
    path = folder / "bin" / "any-to-3d"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def start(folder, body, **changes):
    program(folder, body)
    options = {"arguments": (), "address": f"tcp://127.0.0.1:{free_port()}", "ends_with_blender": True}
    return BackendProcess(LaunchOptions(str(folder), **{**options, **changes}), folder / "backend.log")


def wait_for_end(process):
    deadline = time.monotonic() + 5
    while process.is_alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not process.is_alive


def test_the_program_is_found_in_an_environments_folder_with_spaces(tmp_path):
    environment = tmp_path / "my übung env"
    path = program(environment, "")
    assert find_program(str(path)) == path
    assert find_program(str(environment)) == path


def test_no_program_is_an_error_that_says_where_it_looked(tmp_path, monkeypatch):
    with pytest.raises(StartError, match=str(tmp_path)):
        find_program(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="was found on this computer"):
        find_program("")


def test_a_taken_port_is_refused_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PortTaken, match="in use"):
            start(tmp_path, "", address=address)


def test_the_command_line_says_address_parent_and_the_artists_arguments(tmp_path):
    process = start(tmp_path, "import sys; print(sys.argv[1:])", arguments=("--profile", "builtin"))
    wait_for_end(process)
    said = process.log_tail()
    assert "'serve', '--address', 'tcp://127.0.0.1:" in said
    assert f"'--profile', 'builtin', '--parent-pid', '{os.getpid()}'" in said


def test_a_backend_that_may_outlive_blender_gets_no_parent(tmp_path):
    process = start(tmp_path, "import sys; print(sys.argv[1:])", ends_with_blender=False)
    wait_for_end(process)
    assert "--parent-pid" not in process.log_tail()


def test_the_demos_words_stand_in_place_of_a_program(tmp_path):
    script = tmp_path / "demo.py"
    script.write_text("import sys; print(sys.argv[1:])")
    options = LaunchOptions("", (), "tcp://127.0.0.1:1", True, demo=(sys.executable, str(script), "--x"))
    assert options.serving_words() == [sys.executable, str(script), "--x"]
    process = start(tmp_path, "", demo=options.demo)
    wait_for_end(process)
    assert process.is_demo
    assert process.log_tail().startswith("['--x', '--address', 'tcp://127.0.0.1:")


def test_an_exit_is_described_by_its_code_and_its_last_words(tmp_path):
    process = start(tmp_path, "import sys; print('loading'); sys.exit('no weights in /models')")
    wait_for_end(process)
    assert process.ended_by_itself
    assert process.describe_exit() == "The backend stopped with exit code 1. Its last words: no weights in /models"


def test_a_stopped_backend_did_not_end_by_itself(tmp_path):
    process = start(tmp_path, "import time; time.sleep(60)")
    assert process.is_alive
    process.stop(wait=5.0)
    assert not process.is_alive
    assert not process.ended_by_itself


def test_a_backend_that_ignores_the_request_to_end_is_ended_the_hard_way(tmp_path):
    body = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    process = start(tmp_path, body)
    deadline = time.monotonic() + 5
    while not process.log_tail() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.stop(wait=0.3)
    assert process.describe_exit().startswith("The backend was killed by signal 9.")
