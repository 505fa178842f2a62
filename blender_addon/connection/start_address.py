"""At which address a backend of ours can start: the wanted one, or the next free port if a stranger has it. No bpy."""

from __future__ import annotations

import socket
from contextlib import suppress

from .addresses import parse_address
from .backend_process import PortTaken, free_port, port_is_free

_PORTS_TRIED = 20
_GREETING_PATIENCE = 0.3
_ZMTP_SIGNATURE = b"\xff"
"""The first byte of every ZeroMQ greeting, which each side sends unasked (rfc.zeromq.org/spec/23)."""


def available_address(wanted: str) -> str:
    """``wanted``, or the same with the next free port if a program that is no backend listens there.

    Raises PortTaken if a backend seems to. Takes a third of a second at most. ``wanted`` is of this computer.
    """
    if port_is_free(wanted):
        return wanted
    host, port = parse_address(wanted)
    if speaks_zeromq(host, port):
        raise PortTaken(f"{wanted} is in use by another backend.")
    shown = f"[{host}]" if ":" in host else host
    for number in range(port + 1, min(port + _PORTS_TRIED, 65535) + 1):
        if port_is_free(f"tcp://{shown}:{number}"):
            return f"tcp://{shown}:{number}"
    return f"tcp://127.0.0.1:{free_port()}"


def speaks_zeromq(host: str, port: int) -> bool:
    """Whether who listens there greets as ZeroMQ does; a backend that is stuck still does, its network thread lives."""
    with suppress(OSError), socket.create_connection((host, port), _GREETING_PATIENCE) as probe:
        probe.settimeout(_GREETING_PATIENCE)
        return probe.recv(1) == _ZMTP_SIGNATURE
    return False
