"""A program's version, a connection test and a port for a new backend: on real processes and real sockets."""

import os
import socket
import subprocess
import sys
import time

import pytest
import zmq
from any_to_3d.backend.keys import create_keys, read_server_keys, require_keys
from any_to_3d.blender_addon.connection.backend_log import last_lines
from any_to_3d.blender_addon.connection.backend_process import PortTaken
from any_to_3d.blender_addon.connection.checks import Checks
from any_to_3d.blender_addon.connection.start_address import available_address
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.messages import Hello, Problem, Rejected, Welcome
from any_to_3d.shared.wire import decode, encode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


def program(folder, body):
    path = folder / "any-to-3d"
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checks():
    checks = Checks()
    yield checks
    checks.close()


def worked(checks, meanwhile=lambda: None, seconds=30.0):
    """Step until nothing is going on."""
    deadline = time.monotonic() + seconds
    while not checks.is_idle:
        assert time.monotonic() < deadline
        meanwhile()
        checks.step()
        time.sleep(0.005)


def test_d3_a_program_says_its_version_without_making_anybody_wait(checks, tmp_path):
    told = tmp_path / "told"
    waits = f"import time, pathlib\nwhile not pathlib.Path({str(told)!r}).exists(): time.sleep(0.01)"
    path = program(tmp_path, f"{waits}\nprint('any-to-3d 4.5.6')")
    begun = time.monotonic()
    assert checks.look_at(path)
    # The program says nothing before these steps are over: one that waited for it would not end.
    for _ in range(50):
        checks.step()
    assert time.monotonic() - begun < 2
    assert checks.version is None
    told.touch()
    worked(checks)
    assert (checks.version.version, checks.version.problem) == ("4.5.6", "")
    assert not checks.look_at(path), "asked once"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("import sys; sys.exit('no torch here')", "exit code 1): no torch here"),
        ("print('hello')", "exit code 0): hello"),
    ],
)
def test_d3_a_program_that_says_no_version_leaves_its_last_words(checks, tmp_path, body, problem):
    checks.look_at(program(tmp_path, body))
    worked(checks)
    assert problem in checks.version.problem


def test_d3_a_program_that_cannot_be_run_says_why(checks, tmp_path):
    checks.look_at(tmp_path)
    worked(checks)
    assert "cannot be run" in checks.version.problem


def test_d25_a_probe_that_hangs_is_ended_with_the_add_on(tmp_path):
    checks = Checks()
    checks.look_at(program(tmp_path, "import time; time.sleep(60)"))
    process = checks._probe._process
    checks.close()
    assert process.poll() is not None


def test_the_real_program_says_its_version():
    said = subprocess.run(
        [sys.executable, "-m", "any_to_3d.backend", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("any-to-3d ")


class Answering:
    """A backend's socket that says ``answer`` to every Hello."""

    def __init__(self, answer, keys=None):
        self.answer = answer
        self._context = zmq.Context()
        self.router = self._context.socket(zmq.ROUTER)
        self._authenticator = require_keys(self._context, self.router, keys) if keys else None
        self.address = f"tcp://127.0.0.1:{self.router.bind_to_random_port('tcp://127.0.0.1')}"

    def turn(self):
        while self.router.poll(0):
            client, *frames = self.router.recv_multipart()
            if isinstance(decode(frames), Hello):
                self.router.send_multipart([client, *encode(self.answer)])

    def close(self):
        self.router.close(0)
        if self._authenticator:
            self._authenticator.stop()
        self._context.term()


def welcome(version=PROTOCOL_VERSION):
    return Welcome(version, "id", "0.1.0", "fake", "cpu", "none", ())


def outcome_of(checks, answering, keys=None):
    checks.test(answering.address, keys)
    worked(checks, answering.turn)
    answering.close()
    return checks.result


def test_d3_a_connection_test_says_who_answered_and_how_fast(checks):
    result = outcome_of(checks, Answering(welcome()))
    assert result.is_good
    assert result.text.startswith("fake on cpu, version 0.1.0, protocol 1.")
    assert "answered in " in result.text
    assert result.text.endswith(" ms.")


def test_d3_a_connection_test_of_another_version_names_both(checks):
    result = outcome_of(checks, Answering(welcome("9.0")))
    assert not result.is_good
    assert "9.0" in result.text
    assert PROTOCOL_VERSION in result.text


def test_d3_a_connection_test_repeats_what_a_backend_refuses_with(checks):
    result = outcome_of(checks, Answering(Rejected("", Problem("protocol", "This backend speaks protocol 8.0."))))
    assert (result.is_good, result.text) == (False, "This backend speaks protocol 8.0.")


def test_d3_a_connection_test_tells_that_nobody_listens_within_a_second(checks):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    begun = time.monotonic()
    checks.test(f"tcp://127.0.0.1:{port}", None)
    worked(checks)
    assert "nothing listens there" in checks.result.text
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("which", ["right", "wrong", "none"])
def test_d5_a_connection_test_tells_a_wrong_key_from_the_right_one(checks, which, tmp_path):
    server, client = create_keys(tmp_path / "keys")
    right = CurveKeys.read(client)
    public, secret = (key.decode() for key in zmq.curve_keypair())
    keys = {"right": right, "wrong": CurveKeys(right.server_public, public, secret), "none": None}[which]
    result = outcome_of(checks, Answering(welcome(), read_server_keys(server)), keys)
    assert result.is_good == (which == "right")
    expected = {"right": "answered in", "wrong": "does not know this key", "none": "wants a key"}[which]
    assert expected in result.text


def test_d3_a_silent_program_is_told_when_patience_ends(checks, monkeypatch):
    monkeypatch.setattr("any_to_3d.blender_addon.connection.connection_test.PATIENCE", 0.7)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        checks.test(f"tcp://127.0.0.1:{bound.getsockname()[1]}", None)
        worked(checks)
    assert "a program listens there" in checks.result.text


def test_d4_a_free_port_is_taken_as_it_is():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{bound.getsockname()[1]}"
    assert available_address(address) == address


def test_d4_a_port_of_another_program_gives_the_next_free_one():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        port = bound.getsockname()[1]
        begun = time.monotonic()
        found = available_address(f"tcp://127.0.0.1:{port}")
        assert time.monotonic() - begun < 0.6
    assert port < int(found.rpartition(":")[2]) <= port + 20


@pytest.mark.parametrize("has_keys", [False, True])
def test_d4_a_port_of_a_backend_is_not_passed_over(has_keys, tmp_path):
    keys = read_server_keys(create_keys(tmp_path / "keys")[0]) if has_keys else None
    running = Answering(welcome(), keys)
    with pytest.raises(PortTaken, match="another backend"):
        available_address(running.address)
    running.close()


def test_d3_the_log_ends_with_its_last_lines(tmp_path):
    log = tmp_path / "backend.log"
    assert last_lines(log, 3) == []
    log.write_bytes(b"".join(b"line %d \xff\n\n" % number for number in range(5000)))
    assert [line[:9] for line in last_lines(log, 2)] == ["line 4998", "line 4999"]
