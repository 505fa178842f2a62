"""Bind the server's socket, with sentences for what goes wrong."""

import zmq

from .addresses import Address, parse_address

MAX_REQUEST_FRAME_BYTES = 64 * 2**20
QUEUED_MESSAGES = 64

HANDSHAKE_MILLISECONDS = 5000
"""Who has not introduced itself by then is hung up on, so that half-open connections do not pile up."""

BACKLOG = 1024
"""Connections that may wait to be accepted: a flood of them must not keep a proper client from getting through."""


class PortInUse(ValueError):
    """Somebody else listens there; the message says what to do."""


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
    # Beyond these a client's messages stay in its own computer until the server has read some.
    router.rcvhwm = QUEUED_MESSAGES
    router.handshake_ivl = HANDSHAKE_MILLISECONDS
    router.backlog = BACKLOG
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
