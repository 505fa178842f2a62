"""Peers that are no proper client: bytes on a bare TCP connection, and many that say nothing."""

import resource
import socket
import time

from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.messages import Welcome
from live_backend import Talker

GREETING_BYTES = 64
"""Of ZMTP: signature, version of ZMTP, name of the mechanism. libzmq sends it to whoever connects."""


def said_to(port: int, words: bytes, seconds: float = 1.5) -> bytes:
    """What the port says to these words, until it hangs up or the time is over."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(0.1)
        connection.sendall(words)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                data = connection.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not data:
                break
            heard += data
    return bytes(heard)


def half_open(port: int, count: int) -> list[socket.socket]:
    """So many connections that never say a word."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1000)), hard))
    return [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]


def seconds_until_served(address: str, keys: CurveKeys | None) -> float:
    """How long a new proper client waits for its Welcome."""
    before = time.monotonic()
    with Talker(address, keys) as talker:
        talker.of(Welcome)
        return time.monotonic() - before
