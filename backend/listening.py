"""Bind the server's socket, with sentences for what goes wrong."""

import time

import zmq

from .access.open_files import can_open_files
from .addresses import Address, parse_address

MAX_REQUEST_FRAME_BYTES = 64 * 2**20
QUEUED_MESSAGES = 64

HANDSHAKE_MILLISECONDS = 5000
"""Who has not introduced itself by then is hung up on, so that half-open connections do not pile up."""

SILENT_SECONDS = 5
"""After these the kernel asks whether the other computer is still there, for clients that send no heartbeats."""

UNREAD_MILLISECONDS = 60_000
"""So long may what was sent stay unread by the other computer."""

REBIND_SECONDS = 5.0
FILES_TO_BIND = 16

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
    # Where libzmq 4.3.5 stops reading a connection, for a full queue or because another one took its name, and the peer
    # then hangs up, its own next heartbeat ends the process ("Assertion failed: !_io_error", libzmq issues 4364, 4841).
    # So nothing bounds what is read but backend/access, and the clients send the heartbeats.
    router.rcvhwm = 0
    router.heartbeat_ivl = 0
    router.tcp_keepalive = 1
    router.tcp_keepalive_idle = SILENT_SECONDS
    router.tcp_keepalive_intvl = 1
    router.tcp_keepalive_cnt = 3
    router.tcp_maxrt = UNREAD_MILLISECONDS
    router.handshake_ivl = HANDSHAKE_MILLISECONDS
    router.backlog = BACKLOG
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


def hang_up_on_everybody(router: zmq.Socket) -> bool:
    """Drop every connection, also those that libzmq would keep waiting for, and listen again at the same address.

    Proper clients come back by themselves and keep their names, though what was on the way may be lost. False: the
    address cannot be had again within some seconds; then nobody is heard until ``listen_again`` succeeds.
    """
    router.unbind(_endpoint(router))
    deadline = time.monotonic() + REBIND_SECONDS
    # libzmq closes the connections and the old listener in another thread.
    while not listen_again(router):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def listen_again(router: zmq.Socket) -> bool:
    """Try once to listen where the socket did; False if the address or the files that it takes cannot be had yet."""
    if not can_open_files(FILES_TO_BIND):
        return False  # without a free file, bind ends the process
    try:
        router.bind(_endpoint(router))
    except zmq.ZMQError:
        return False
    return True


def _endpoint(router: zmq.Socket) -> str:
    return router.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
