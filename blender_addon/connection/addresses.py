"""Backend addresses as artists type them. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

DEFAULT_ADDRESS = "tcp://127.0.0.1:7343"


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``host:port`` or ``tcp://host:port``.

    Raises ValueError, saying what was got and what is allowed, if either is missing or the port is not in 1 to 65535.

    >>> parse_address("tcp://127.0.0.1:7343")
    ('127.0.0.1', 7343)
    """
    typed = text.strip()
    parts = urlsplit(typed if "://" in typed else f"tcp://{typed}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "tcp" or not parts.hostname or not port:
        raise ValueError(
            f"Address '{text}' is not understood. Write host:port, as in 127.0.0.1:7343; ports end at 65535."
        )
    return parts.hostname, port


def normalise(text: str) -> str:
    """The address as ZeroMQ takes it, ``tcp://host:port``; raises ValueError as parse_address does."""
    host, port = parse_address(text)
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def is_loopback(text: str) -> bool:
    """Whether the address can only mean this computer, and so needs no permission to go online."""
    host, _ = parse_address(text)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
