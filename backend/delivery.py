"""From the outbox to the clients' sockets, as far as each can take it; clients that stay away are forgotten."""

import logging
import time
from collections.abc import Callable, Iterable

import zmq

from ..shared.messages import Event, Failed, Finished, Reply
from ..shared.wire import ProtocolError, encode
from .access.limits import Bucket
from .outbox import Outbox, Owed

log = logging.getLogger(__name__)

FORGET_LOST_SECONDS = 60.0
FORGET_SILENT_SECONDS = 3600.0

PLACES_PER_SECOND = 1000
PLACES_AT_ONCE = 100
"""Of one turn. Whenever a job begins, all that wait move up: with a thousand of them that is a flood, which neither an
artist nor the other messages have any use for. Who waits is told the newest place, about once a second."""


class Delivery:
    """Sends without ever waiting: what a client cannot take stays in its mailbox.

    result: reads a finished job's result that was left on disk because its client took nothing.
    """

    def __init__(
        self, router: zmq.Socket, outbox: Outbox, result: Callable[[str, float], Finished | Failed] | None = None
    ) -> None:
        self._router, self._outbox, self._result = router, outbox, result
        self._heard: dict[bytes, float] = {}
        self._lost: dict[bytes, float] = {}
        self._results_on_the_way: dict[bytes, zmq.MessageTracker] = {}
        self._places = Bucket(PLACES_PER_SECOND, PLACES_PER_SECOND)
        self._told_last: bytes | None = None
        self.is_behind = False
        """Whether clients that could take more have not been told yet how far the queue has moved."""

    @property
    def clients(self) -> int:
        """How many have a connection."""
        return len(self._heard.keys() - self._lost.keys())

    def heard(self, client: bytes) -> None:
        """The client said something, so it can be reached."""
        self._heard[client] = time.monotonic()
        self._lost.pop(client, None)

    def flush(self) -> None:
        """Send what the clients can take now: places in the queue last, and a part of them."""
        stuck = {client for client in self._outbox.clients() if not self._flush_client(client)}
        self._flush_places(stuck, time.monotonic())

    def _flush_client(self, client: bytes) -> bool:
        """Whether it took everything."""
        while client not in self._lost and (message := self._outbox.peek(client)) is not None:
            if self._has_result_on_the_way(client):
                self._outbox.stuck(client)
                return False
            if isinstance(message, Owed):
                assert self._result is not None, "results are left on disk only where they can be read again"
                message = self._result(message.job_id, message.seconds)
                self._outbox.settle(client, message)
            if not self._try_send(client, message):
                self._outbox.stuck(client)
                return False
            self._outbox.sent(client, message)
        return client not in self._lost

    def _has_result_on_the_way(self, client: bytes) -> bool:
        """libzmq bounds how many messages wait for a connection, but not their bytes: so one result at a time."""
        tracker = self._results_on_the_way.get(client)
        if tracker is None:
            return False
        if not tracker.done:
            return True
        del self._results_on_the_way[client]
        return False

    def _flush_places(self, stuck: set[bytes], now: float) -> None:
        clients = self._outbox.clients()
        # In turn, so that one who watches many jobs does not keep the others waiting.
        first = clients.index(self._told_last) + 1 if self._told_last in clients else 0
        left, self.is_behind = PLACES_AT_ONCE, False
        for client in clients[first:] + clients[:first]:
            if client in stuck:
                continue
            for place in self._outbox.places(client):
                if left == 0 or not self._places.take(1, now):
                    self.is_behind = True
                    return
                if not self._try_send(client, place):
                    break
                self._outbox.place_sent(client, place)
                self._told_last, left = client, left - 1

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
            self._results_on_the_way.pop(client, None)

    def _try_send(self, client: bytes, message: Reply | Event) -> bool:
        try:
            frames = encode(message)
        except ProtocolError as error:
            log.error("unsendable=%s %s", type(message).__name__, error)
            return True
        is_large = isinstance(message, Finished)
        try:
            tracker = self._router.send_multipart([client, *frames], zmq.NOBLOCK, copy=False, track=is_large)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._lost[client] = time.monotonic()
            return False
        if is_large and tracker is not None:
            self._results_on_the_way[client] = tracker
        return True
