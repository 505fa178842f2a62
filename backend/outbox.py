"""What waits to be sent to each client: ordered messages first, then the newest progress, snapshots, and places.

Replies, state changes and terminal events are kept in order and never dropped. Of progress, of snapshots and of places
in the queue only the newest of each job waits, and a snapshot leaves only against a credit, so a slow client holds at
most one of each. Results that come while a client takes nothing stay on disk until it does. What a client that reads
nothing may hold is bounded: beyond that all of it is dropped, and the client told so.
"""

from collections.abc import Iterator

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import (
    TERMINAL_EVENTS,
    Event,
    Paused,
    Preparing,
    Problem,
    Progress,
    Queued,
    Rejected,
    Reply,
    Started,
    Watch,
)
from .mailbox import Mailbox, Owed, Waiting, Watched

__all__ = ["MAX_CREDIT", "MIN_FACES", "MIN_TEXTURE", "MOST_BYTES", "Outbox", "Owed", "Waiting"]

MAX_CREDIT = 4
MIN_FACES = 100
MIN_TEXTURE = 16
MOST_BYTES = 256 * 2**20
"""That may wait for one client; results are on disk as well."""

_OVERRUN = Rejected(
    "",
    Problem("unavailable", "You did not read what was sent to you, so it was dropped.", "Connect and watch again."),
)


class Outbox:
    """Mailboxes by client (a routing id). The server peeks, tries to send, and reports what went out."""

    def __init__(self) -> None:
        self._mailboxes: dict[bytes, Mailbox] = {}
        # Most events are for one of many clients. A dict, because the order of a set of bytes changes from run to run.
        self._watchers: dict[str, dict[bytes, None]] = {}

    def clients(self) -> list[bytes]:
        """Every client that has a mailbox."""
        return list(self._mailboxes)

    def put(self, client: bytes, message: Reply | Event) -> None:
        """Queue one message for one client, in order. A job's end ends the client's watch of it."""
        self._append(client, message)
        if isinstance(message, TERMINAL_EVENTS):
            self._end_watch(client, message.job_id)

    def watch(self, client: bytes, watch: Watch) -> None:
        """Send this job's events to the client. Watching again restores every credit, and sends faces again."""
        credit = min(max(watch.credit, 0), MAX_CREDIT)
        faces = max(watch.max_faces, MIN_FACES)
        texture = max(watch.max_texture, MIN_TEXTURE) if watch.max_texture > 0 else 0
        self._mailbox(client).watches[watch.job_id] = Watched(
            credit, credit, faces, watch.cut_outs, watch.keeps_faces, texture, watch.pauses
        )
        self._watchers.setdefault(watch.job_id, {})[client] = None

    def ack(self, client: bytes, job_id: str, sequence: int) -> None:
        """Return a snapshot's credit; an acknowledgement of something never sent is ignored."""
        watch = self._mailbox(client).watches.get(job_id)
        if watch is not None and sequence in watch.in_flight:
            # A later snapshot replaced the earlier ones, so they need no acknowledgement of their own.
            watch.in_flight = {sent for sent in watch.in_flight if sent > sequence}
            watch.open_credit = watch.credit - len(watch.in_flight)

    def publish(self, event: Event) -> None:
        """Queue one event for every client that watches its job."""
        for client in list(self._watchers.get(event.job_id, ())):
            mailbox = self._mailboxes[client]
            watch = mailbox.watches[event.job_id]
            if watch.understands(event):
                self._deliver(client, mailbox, watch, event)
            if isinstance(event, TERMINAL_EVENTS):
                self._end_watch(client, event.job_id)

    def _deliver(self, client: bytes, mailbox: Mailbox, watch: Watched, event: Event) -> None:
        if isinstance(event, Paused) and event.job_id in mailbox.progress:
            # It would follow, and look as if the job went on.
            self._append(client, mailbox.progress.pop(event.job_id))
        if isinstance(event, MeshSnapshot | TextureSnapshot):
            if watch.takes(event):
                mailbox.snapshots[event.job_id] = event
        elif isinstance(event, (Preparing, Progress)):
            mailbox.progress[event.job_id] = event
        elif isinstance(event, Queued):
            mailbox.places[event.job_id] = event
        else:
            self._append(client, event)

    def wanted_faces(self, job_id: str) -> int | None:
        """The smallest face limit among clients that could be sent a snapshot of this job now; None: nobody could."""
        return min((watch.max_faces for watch in self._waiting(job_id)), default=None)

    def wanted_texture(self, job_id: str) -> int:
        """The smallest texture limit among those of them who take textures; 0: none of them does."""
        return min((watch.max_texture for watch in self._waiting(job_id) if watch.max_texture), default=0)

    def _waiting(self, job_id: str) -> Iterator[Watched]:
        for client in self._watchers.get(job_id, ()):
            mailbox = self._mailboxes[client]
            watch = mailbox.watches[job_id]
            if watch.open_credit > 0 and job_id not in mailbox.snapshots:
                yield watch

    def peek(self, client: bytes) -> Waiting | None:
        """What to send to this client next, if anything. Places in the queue are not among it: see ``places``."""
        mailbox = self._mailbox(client)
        if mailbox.ordered:
            return mailbox.ordered[0]
        if mailbox.progress:
            return next(iter(mailbox.progress.values()))
        return mailbox.sendable_snapshot()

    def settle(self, client: bytes, message: Reply | Event) -> None:
        """Put the result, or why there is none, in the place of the ``Owed`` that ``peek`` gave."""
        self._mailbox(client).replace_first(message)

    def sent(self, client: bytes, message: Waiting) -> None:
        """Report that the message which ``peek`` gave went out."""
        mailbox = self._mailbox(client)
        mailbox.is_stuck = False
        if isinstance(message, MeshSnapshot | TextureSnapshot):
            del mailbox.snapshots[message.job_id]
            watch = mailbox.watches[message.job_id]
            if isinstance(message, MeshSnapshot):
                watch.sent_topology = message.topology
            watch.in_flight.add(message.sequence)
            watch.open_credit -= 1
        elif isinstance(message, (Preparing, Progress)) and not (mailbox.ordered and mailbox.ordered[0] is message):
            del mailbox.progress[message.job_id]
        else:
            mailbox.popleft()

    def stuck(self, client: bytes) -> None:
        """Report that the client could not take it."""
        self._mailbox(client).is_stuck = True

    def places(self, client: bytes) -> list[Queued]:
        """Places in the queue that the client has not been told yet."""
        mailbox = self._mailboxes.get(client)
        return [] if mailbox is None else list(mailbox.places.values())

    def place_sent(self, client: bytes, place: Queued) -> None:
        """Report that a place went out."""
        del self._mailboxes[client].places[place.job_id]

    def forget(self, client: bytes) -> None:
        """Drop a client that has gone; results stay in the store."""
        mailbox = self._mailboxes.get(client)
        if mailbox is not None:
            for job_id in list(mailbox.watches):
                self._end_watch(client, job_id)
            del self._mailboxes[client]

    def _append(self, client: bytes, message: Reply | Event) -> None:
        mailbox = self._mailbox(client)
        if isinstance(message, (Queued, Started)):
            # An older place must not follow.
            mailbox.places.pop(message.job_id, None)
        if not mailbox.append(message, MOST_BYTES):
            for job_id in list(mailbox.watches):
                self._end_watch(client, job_id)
            mailbox.clear()
            mailbox.append(_OVERRUN, MOST_BYTES)

    def _end_watch(self, client: bytes, job_id: str) -> None:
        self._mailbox(client).end_watch(job_id)
        watchers = self._watchers.get(job_id, {})
        watchers.pop(client, None)
        if not watchers:
            self._watchers.pop(job_id, None)

    def _mailbox(self, client: bytes) -> Mailbox:
        return self._mailboxes.setdefault(client, Mailbox())
