"""A client of the backend: one DEALER socket, polled; used by the add-on, the command line and the tests.

No Python thread is started: libzmq's own thread moves the bytes, and ``poll`` only collects what has arrived. While it
is polled, the client says Hello once a second; the Welcome that answers is the backend's sign of life.
"""

from __future__ import annotations

import time
import uuid
import weakref
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import zmq

from . import PROTOCOL_VERSION
from .fingerprint import is_key
from .handshake import HandshakeWatch, Obstacle
from .key_files import read_key_file
from .messages import Hello, Message, Problem, Rejected, Request, Welcome
from .wire import MAX_FRAME_BYTES, ProtocolError, decode, encode

PING_SECONDS = 1.0
"""How often Hello is said; the server answers each at once, even while a job computes."""

OUTAGE_SECONDS = 4.0
"""After this long without an answer the next Welcome is delivered even if nothing in it is new."""

LINGER_MILLISECONDS = 200
MAX_UNSENT = 1000


@dataclass(frozen=True)
class CurveKeys:
    """Keys of an encrypted connection, as Z85 text: the server's public key and this client's own pair."""

    server_public: str
    client_public: str
    client_secret: str

    @staticmethod
    def read(path: Path) -> CurveKeys:
        """Read a client key file written by ``any-to-3d keys new``. Raises ValueError naming what the file lacks."""
        names = ("server_public", "client_public", "client_secret")
        found = read_key_file(path)
        missing = [name for name in names if not is_key(found.get(name, [""])[-1])]
        if missing:
            raise ValueError(f"{path}: no 40-character key for {', '.join(missing)}; write it with 'any-to-3d keys'")
        return CurveKeys(*(found[name][-1] for name in names))


class Client:
    """Talk to the backend at ``address``, such as "tcp://127.0.0.1:7343"; reconnects by itself, for ever.

    ``client_id`` is this program's own name for itself; jobs remember it. Raises ValueError for an address zmq refuses.
    """

    def __init__(self, address: str, client_id: str, curve: CurveKeys | None = None) -> None:
        self.address = address
        self._greeting = Hello(PROTOCOL_VERSION, client_id)
        self._unsent: deque[list[bytes | memoryview]] = deque()
        self._asked_at: float | None = None
        self._next_ping = time.monotonic()
        self._last_greeting: Message | None = None
        self._context = zmq.Context(io_threads=1)
        self._socket = self._context.socket(zmq.DEALER)
        # A client that is dropped without close() must not leave this to the garbage collector, which may end the
        # context before its socket: libzmq would wait for the socket for ever.
        self._watch = HandshakeWatch(self._socket, curve is not None)
        self._free = weakref.finalize(self, _free, self._watch, self._socket, self._context)
        self._open(address, curve)

    def send(self, message: Request) -> None:
        """Queue a message and send it as soon as there is a connection; never blocks. Raises ProtocolError.

        A message that was sent to a backend that then died is lost: send it again after the next Welcome.
        """
        if isinstance(message, Hello):
            self._last_greeting = None
        if len(self._unsent) >= MAX_UNSENT:
            raise ProtocolError(f"{MAX_UNSENT} messages wait for a connection to {self.address}; nothing more fits")
        self._unsent.append(encode(message))
        self._flush()

    def poll(self, limit: int = 32) -> list[Message]:
        """Return what has arrived, at most ``limit`` messages, oldest first; never blocks.

        A Welcome is returned when it is the first, differs from the last one, or ends an outage. Frames that are not a
        message come as ``Rejected("", Problem("protocol", ...))``.
        """
        messages: list[Message] = []
        while len(messages) < limit and (message := self._receive()) is not None:
            if self._is_news(message):
                messages.append(message)
        self._ping()
        self._flush()
        self._watch.poll()
        return messages

    @property
    def obstacle(self) -> Obstacle:
        """What stands in the connection's way, as of the last ``poll``; empty while nothing is known to."""
        return self._watch.obstacle

    @property
    def seconds_since_heard(self) -> float:
        """How long the oldest unanswered question has been waiting; 0 while the backend answers.

        Time in which nobody polled does not count, so a client that slept does not take the backend for dead.
        """
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at

    def wait(self, seconds: float) -> None:
        """Sleep until something arrives, at most ``seconds``; for programs without an event loop of their own."""
        self._socket.poll(max(0, int(seconds * 1000)))

    def close(self) -> None:
        """Send what is still queued (for at most 0.2 s) and free the socket. Closing twice is fine."""
        if self._free.alive:
            self._flush()
            self._free()

    def _open(self, address: str, curve: CurveKeys | None) -> None:
        socket = self._socket
        # An identity that outlives a dropped TCP connection, so that the server finds this client's watches again.
        socket.routing_id = b"c" + uuid.uuid4().bytes
        # Nothing is queued for a connection that does not exist: a restarted backend must not get old pings.
        socket.immediate = 1
        socket.heartbeat_ivl = 1000
        socket.heartbeat_timeout = 3000
        # The backend sends no heartbeats of its own, and hangs up on a client from which it hears none.
        socket.heartbeat_ttl = 5000
        # With a limit, a program that did not poll for long would be ended by libzmq 4.3.5 when the backend goes: see
        # backend/listening.py.
        socket.rcvhwm = 0
        socket.reconnect_ivl = 100
        socket.reconnect_ivl_max = 1000
        socket.maxmsgsize = MAX_FRAME_BYTES
        try:
            if curve is not None:
                socket.curve_serverkey = curve.server_public.encode("ascii")
                socket.curve_publickey = curve.client_public.encode("ascii")
                socket.curve_secretkey = curve.client_secret.encode("ascii")
        except (zmq.ZMQError, UnicodeEncodeError) as error:
            self._free()
            raise ValueError("a key of the connection is no Z85 text; write new ones with 'any-to-3d keys'") from error
        try:
            socket.connect(address)
        except zmq.ZMQError as error:
            self._free()
            raise ValueError(f"cannot connect to {address!r} ({error}); needed is tcp://host:port") from error

    def _receive(self) -> Message | None:
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        try:
            return decode([frame.buffer for frame in frames])
        except ProtocolError as error:
            return Rejected("", Problem("protocol", f"the backend sent something unreadable: {error}"))

    def _is_news(self, message: Message) -> bool:
        is_refusal = isinstance(message, Rejected) and not message.request_id and message.problem.code == "protocol"
        outage = self.seconds_since_heard > OUTAGE_SECONDS
        self._asked_at = None
        if not isinstance(message, Welcome) and not is_refusal:
            return True
        is_new = message != self._last_greeting or outage
        self._last_greeting = message
        return is_new

    def _ping(self) -> None:
        now = time.monotonic()
        if now < self._next_ping:
            return
        if self._asked_at is None:
            self._asked_at = now
        try:
            self._socket.send_multipart(encode(self._greeting), zmq.NOBLOCK)
        except zmq.Again:
            return  # no connection yet: ask as soon as there is one
        self._next_ping = now + PING_SECONDS

    def _flush(self) -> None:
        while self._unsent:
            try:
                self._socket.send_multipart(self._unsent[0], zmq.NOBLOCK)
            except zmq.Again:
                return
            self._unsent.popleft()


def _free(watch: HandshakeWatch, socket: zmq.Socket, context: zmq.Context) -> None:
    watch.close()
    socket.close(LINGER_MILLISECONDS)
    context.term()
