"""From the outbox to the clients' sockets, as far as each can take it; clients that stay away are forgotten."""

import logging
import time
from collections.abc import Iterable

import zmq

from ..shared.messages import Event, Reply
from ..shared.wire import ProtocolError, encode
from .outbox import Outbox

log = logging.getLogger(__name__)

FORGET_LOST_SECONDS = 60.0
FORGET_SILENT_SECONDS = 3600.0


class Delivery:
    """Sends without ever waiting: what a client cannot take stays in its mailbox."""

    def __init__(self, router: zmq.Socket, outbox: Outbox) -> None:
        self._router, self._outbox = router, outbox
        self._heard: dict[bytes, float] = {}
        self._lost: dict[bytes, float] = {}

    @property
    def clients(self) -> int:
        """How many have a connection."""
        return len(self._heard.keys() - self._lost.keys())

    def heard(self, client: bytes) -> None:
        """The client said something, so it can be reached."""
        self._heard[client] = time.monotonic()
        self._lost.pop(client, None)

    def flush(self) -> None:
        """Send what the clients can take now."""
        for client in self._outbox.clients():
            while client not in self._lost and (message := self._outbox.peek(client)) is not None:
                if not self._try_send(client, message):
                    break
                self._outbox.sent(client, message)

    def absent(self) -> list[bytes]:
        """Clients that cannot be reached for a minute, or have said nothing for an hour."""
        now = time.monotonic()
        lost = [client for client, since in self._lost.items() if now - since > FORGET_LOST_SECONDS]
        return lost + [client for client, heard in self._heard.items() if now - heard > FORGET_SILENT_SECONDS]

    def forget(self, clients: Iterable[bytes]) -> None:
        """Drop the mailboxes of these clients."""
        for client in clients:
            self._outbox.forget(client)
            self._lost.pop(client, None)
            self._heard.pop(client, None)

    def _try_send(self, client: bytes, message: Reply | Event) -> bool:
        try:
            frames = encode(message)
        except ProtocolError as error:
            log.error("unsendable=%s %s", type(message).__name__, error)
            return True
        try:
            self._router.send_multipart([client, *frames], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._lost[client] = time.monotonic()
            return False
        return True
