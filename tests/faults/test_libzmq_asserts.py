"""Ways in which libzmq 4.3.5 ends a process with the usual options; the server's and the client's must be others.

Each runs in a process of its own, for an assertion of libzmq is an abort.
"""

import subprocess
import sys

import pytest

PREAMBLE = """
import socket, time, zmq
from any_to_3d.backend.addresses import Address
from any_to_3d.backend.listening import bind
from any_to_3d.shared.client import Client

READY = b"\\x05READY\\x0bSocket-Type\\0\\0\\0\\x06DEALER\\x08Identity\\0\\0\\0\\x02me"
GREETING = b"\\xff" + bytes(7) + b"\\x01\\x7f\\x03\\0NULL" + bytes(48)
MESSAGE = b"\\0\\x02hi"

def peer(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(GREETING + b"\\x04" + bytes([len(READY)]) + READY)
    time.sleep(0.2)
    return connection

context = zmq.Context()
router = context.socket(zmq.ROUTER)
"""

USUAL = """
router.router_handover = 1
router.heartbeat_ivl = 1000
router.heartbeat_timeout = 5000
port = router.bind_to_random_port("tcp://127.0.0.1")
"""

OURS = """
port = bind(router, Address("127.0.0.1", 0)).port
"""

TOO_MUCH_AND_GONE = """
one = peer(port)
for _ in range(50):
    one.sendall(MESSAGE * 100)
time.sleep(0.3)
one.close()
"""

NAME_TAKEN_AND_GONE = """
one = peer(port)
one.sendall(MESSAGE)
assert router.poll(2000) and router.recv_multipart() == [b"me", b"hi"]
other = peer(port)
router.poll(300)
one.sendall(MESSAGE)
time.sleep(0.2)
one.close()
"""

END = """
time.sleep(2.5)
print("alive")
"""

CLIENT_THAT_DOES_NOT_POLL = """
router.sndhwm = 0
port = router.bind_to_random_port("tcp://127.0.0.1")
client = Client(f"tcp://127.0.0.1:{port}", "sleeper")
while not router.poll(50):
    client.poll()
name = router.recv_multipart()[0]
for _ in range(5000):
    router.send_multipart([name, b"hi"])
time.sleep(0.5)
router.close(0)
"""


def outcome(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", PREAMBLE + script + END], capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("deed", [TOO_MUCH_AND_GONE, NAME_TAKEN_AND_GONE])
def test_a_client_that_hangs_up_at_the_wrong_moment_does_not_end_the_server(deed: str) -> None:
    assert outcome(OURS + deed) == "alive"


def test_a_client_that_did_not_poll_for_long_outlives_its_server() -> None:
    assert outcome(CLIENT_THAT_DOES_NOT_POLL) == "alive"


@pytest.mark.slow
@pytest.mark.parametrize("deed", [TOO_MUCH_AND_GONE, NAME_TAKEN_AND_GONE])
def test_with_the_usual_options_it_would(deed: str) -> None:
    """When this fails, libzmq is mended, and backend/listening.py may send heartbeats again."""
    assert "Assertion failed: !_io_error" in outcome(USUAL + deed)
