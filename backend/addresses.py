"""Addresses that a server can be told to listen on."""

import ipaddress
import re
from dataclasses import dataclass

DEFAULT_ADDRESS = "tcp://127.0.0.1:7343"
_PATTERN = re.compile(r"^(?:tcp://)?(?P<host>\[[0-9a-fA-F:]+\]|[^:/\[\]\s]+):(?P<port>\d{1,5})$")


@dataclass(frozen=True)
class Address:
    """host as in a URL (IPv6 in brackets); port 0 asks for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read "tcp://host:port" or "host:port". Raises ValueError saying what was got and what is allowed."""
    match = _PATTERN.match(text.strip())
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"address {text!r}: needed is tcp://host:port, such as {DEFAULT_ADDRESS}; ports end at 65535")
    return Address(match["host"], int(match["port"]))


def is_loopback(host: str) -> bool:
    """Whether this host name or number can only mean this computer.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    bare = host.strip("[]")
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False
