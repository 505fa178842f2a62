"""Why a connection does not come about: what libzmq reports of it, in terms that a person can act on. Needs zmq only.

The events are libzmq's socket monitor's. Which of them come in which case was tried with libzmq 4.3.5; newer ones only
add to them.
"""

from __future__ import annotations

import time
from typing import Literal

import zmq
from zmq.utils.monitor import recv_monitor_message

Obstacle = Literal[
    "",
    "unknown_host",
    "unreachable",
    "nobody_listens",
    "no_handshake",
    "key_unlisted",
    "key_refused",
    "key_wanted",
]
"""Empty: there is none, or none that is known yet.

unknown_host: the name has no address.  unreachable: the computer does not react.  nobody_listens: it does, and refuses.
no_handshake: somebody listens and says nothing.  key_unlisted: the backend does not know this client's key.
key_refused: the key is of another backend, or this one uses none, or it is no backend.  key_wanted: without a key it
hangs up, so it wants one or is no backend.
"""

CONNECT_SECONDS = 5.0
"""After so long without a reaction libzmq is to dial anew: the system's own attempts come ever more rarely, and would
find a network that is back again half a minute late."""

_FAILED = (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
_UNREACHED = (zmq.EVENT_CLOSED, zmq.EVENT_CONNECT_RETRIED)
_WATCHED = (
    zmq.EVENT_CONNECT_DELAYED
    | zmq.EVENT_CONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
)


class HandshakeWatch:
    """Watches the connections of one socket; make it before the socket connects, and close it before the socket."""

    def __init__(self, socket: zmq.Socket, has_key: bool) -> None:
        self.obstacle: Obstacle = ""
        self._socket = socket
        self._has_key = has_key
        self._is_dialling = False
        self._dialled_at = 0.0
        self._monitor = socket.get_monitor_socket(_WATCHED)

    def poll(self) -> Obstacle:
        """Read what has happened since the last call, without waiting; the newest obstacle."""
        while self._monitor.poll(0):
            self._heard(recv_monitor_message(self._monitor)["event"])
        return self.obstacle

    def close(self) -> None:
        """Free the watch's own socket. Once."""
        self._socket.disable_monitor()
        self._monitor.close(0)

    def _heard(self, event: int) -> None:
        if event == zmq.EVENT_CONNECT_DELAYED:
            # A name was found and a connection begun; until more is heard, nobody reacts.
            self._is_dialling = True
            self._dialled_at = time.monotonic()
            self.obstacle = self.obstacle or "unreachable"
        elif event == zmq.EVENT_CONNECTED:
            self._is_dialling = False
            self.obstacle = self.obstacle if self.obstacle.startswith("key_") else "no_handshake"
        elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.obstacle = ""
        elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            self.obstacle = "key_unlisted"
        elif event in _FAILED:
            self.obstacle = "key_refused" if self._has_key else "key_wanted"
        elif event in _UNREACHED and not self.obstacle.startswith("key_"):
            if event == zmq.EVENT_CLOSED and self._is_dialling:
                is_in_time = time.monotonic() - self._dialled_at < 0.8 * CONNECT_SECONDS
                self.obstacle = "nobody_listens" if is_in_time else "unreachable"
            elif not self._is_dialling and self.obstacle == "":
                self.obstacle = "unknown_host"
            self._is_dialling = False
