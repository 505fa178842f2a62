"""Addresses that a server can be told to listen on, and binding to them with sentences for what goes wrong."""

import ipaddress
import re
from dataclasses import dataclass

import zmq

DEFAULT_ADDRESS = "tcp://127.0.0.1:7343"
MAX_REQUEST_FRAME_BYTES = 64 * 2**20
QUEUED_MESSAGES = 64
_PATTERN = re.compile(r"^(?:tcp://)?(?P<host>\[[0-9a-fA-F:]+\]|[^:/\[\]\s]+):(?P<port>\d{1,5})$")


class PortInUse(ValueError):
    """Somebody else listens there; the message says what to do."""


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


def bind(router: zmq.Socket, address: Address) -> Address:
    """Bind the server's socket and return the address with its real port.

    Raises PortInUse if somebody listens there, ValueError if this computer has no such address.
    """
    router.linger = 500
    # Tell when a client is not there or cannot take more, instead of dropping what was for it.
    router.router_mandatory = 1
    # A client that comes back over a new connection keeps its name, and with it its watches.
    router.router_handover = 1
    router.sndhwm = QUEUED_MESSAGES
    router.heartbeat_ivl = 1000
    router.heartbeat_timeout = 5000
    router.maxmsgsize = MAX_REQUEST_FRAME_BYTES
    if ":" in address.host:
        router.ipv6 = 1
    try:
        router.bind(f"tcp://{address.host}:{address.port or '*'}")
    except zmq.ZMQError as error:
        if error.errno == zmq.EADDRINUSE:
            raise PortInUse(
                f"port {address.port} of {address.host} is in use, perhaps by another backend: "
                "end that program, or pass --port with another number (0 takes any free one)"
            ) from error
        raise ValueError(f"cannot listen on {address}: {error.strerror or error}") from error
    return parse_address(router.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"))
