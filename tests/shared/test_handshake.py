"""What stands in a connection's way, told apart on real sockets of this computer."""

import socket
import threading
import time

import pytest
import zmq
from any_to_3d.backend.keys import create_keys, read_server_keys, require_keys
from any_to_3d.shared.client import Client, CurveKeys

SECONDS = 3.0


def obstacle_of(address, curve=None, expected=""):
    client = Client(address, "test", curve)
    try:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and client.obstacle != expected:
            client.poll()
            client.wait(0.01)
        return client.obstacle
    finally:
        client.close()


@pytest.fixture
def keys(tmp_path):
    server, client = create_keys(tmp_path / "keys")
    return read_server_keys(server), CurveKeys.read(client)


@pytest.fixture
def locked(keys):
    """A server's address that lets the listed client in."""
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    authenticator = require_keys(context, router, keys[0])
    port = router.bind_to_random_port("tcp://127.0.0.1")
    yield f"tcp://127.0.0.1:{port}"
    router.close(0)
    authenticator.stop()
    context.term()


@pytest.fixture
def open_server():
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    yield f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}"
    router.close(0)
    context.term()


@pytest.fixture
def listener():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        yield bound


def address_of(bound):
    return f"tcp://127.0.0.1:{bound.getsockname()[1]}"


def settled(address, curve=None):
    """The obstacle after the connection came about: poll until it has been empty for a while."""
    client = Client(address, "test", curve)
    try:
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            client.poll()
            client.wait(0.01)
        return client.obstacle
    finally:
        client.close()


def test_d5_the_right_key_meets_no_obstacle(locked, keys):
    assert settled(locked, keys[1]) == ""


def test_d5_a_backend_without_keys_meets_no_obstacle(open_server):
    assert settled(open_server) == ""


def test_d5_a_key_that_the_backend_does_not_list_is_told(locked, keys):
    public, secret = (key.decode() for key in zmq.curve_keypair())
    stranger = CurveKeys(keys[1].server_public, public, secret)
    assert obstacle_of(locked, stranger, "key_unlisted") == "key_unlisted"


def test_d5_the_key_of_another_backend_is_told(locked, keys):
    other = CurveKeys(zmq.curve_keypair()[0].decode(), keys[1].client_public, keys[1].client_secret)
    assert obstacle_of(locked, other, "key_refused") == "key_refused"


def test_d5_a_missing_key_is_told(locked):
    assert obstacle_of(locked, None, "key_wanted") == "key_wanted"


def test_d5_a_key_for_a_backend_without_keys_is_told(open_server, keys):
    assert obstacle_of(open_server, keys[1], "key_refused") == "key_refused"


def test_d3_a_port_that_nobody_listens_on_is_told(listener):
    address = address_of(listener)
    listener.close()
    assert obstacle_of(address, None, "nobody_listens") == "nobody_listens"


def test_d3_a_program_that_says_nothing_is_told(listener):
    assert obstacle_of(address_of(listener), None, "no_handshake") == "no_handshake"


def test_d3_a_program_that_hangs_up_is_told(listener):
    def hang_up():
        for _ in range(3):
            listener.accept()[0].close()

    threading.Thread(target=hang_up, daemon=True).start()
    assert obstacle_of(address_of(listener), None, "key_wanted") == "key_wanted"


def test_d3_a_name_without_an_address_is_told():
    assert obstacle_of("tcp://no-such-computer.invalid:7343", None, "unknown_host") == "unknown_host"
