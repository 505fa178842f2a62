"""What waits to be sent to each client: ordered messages first, then the newest progress, then the newest snapshot.

Replies, state changes and terminal events are kept in order and never dropped. Of progress and of snapshots only the
newest of each job waits, and a snapshot leaves only against a credit, so a slow client holds at most one of each. What
a client that reads nothing may hold is bounded: beyond that all of it is dropped, and the client told so.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import (
    TERMINAL_EVENTS,
    CutOut,
    Event,
    Paused,
    Preparing,
    Problem,
    Progress,
    Rejected,
    Reply,
    Watch,
)
from .access.message_weight import weight_of

MAX_CREDIT = 4
MIN_FACES = 100
MIN_TEXTURE = 16
MOST_BYTES = 256 * 2**20
"""That may wait for one client; results are on disk as well."""

_OVERRUN = Rejected(
    "",
    Problem("unavailable", "You did not read what was sent to you, so it was dropped.", "Connect and watch again."),
)

Snapshot = MeshSnapshot | TextureSnapshot


@dataclass
class _Watch:
    credit: int
    open_credit: int
    max_faces: int
    cut_outs: bool
    keeps_faces: bool
    max_texture: int
    pauses: bool
    sees_texture: bool = False
    sent_topology: int | None = None
    in_flight: set[int] = field(default_factory=set)

    def understands(self, event: Event) -> bool:
        """Whether the client asked for events of this kind, which older ones cannot read."""
        return not (
            (isinstance(event, CutOut) and not self.cut_outs) or (isinstance(event, Paused) and not self.pauses)
        )

    def takes(self, snapshot: Snapshot) -> bool:
        """A texture only where one was asked for, and thenceforth no mesh, which others may have asked for."""
        if isinstance(snapshot, TextureSnapshot):
            self.sees_texture = self.max_texture > 0
            return self.sees_texture
        return not self.sees_texture


@dataclass
class _Mailbox:
    ordered: deque[Reply | Event] = field(default_factory=deque)
    progress: dict[str, Event] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    watches: dict[str, _Watch] = field(default_factory=dict)
    ordered_bytes: int = 0

    def append(self, message: Reply | Event) -> None:
        weight = weight_of(message)
        if self.ordered and self.ordered_bytes + weight > MOST_BYTES:
            for waiting in (self.ordered, self.progress, self.snapshots, self.watches):
                waiting.clear()
            message, weight, self.ordered_bytes = _OVERRUN, weight_of(_OVERRUN), 0
        self.ordered.append(message)
        self.ordered_bytes += weight

    def popleft(self) -> None:
        self.ordered_bytes -= weight_of(self.ordered.popleft())

    def end_watch(self, job_id: str) -> None:
        for by_job in (self.progress, self.snapshots, self.watches):
            by_job.pop(job_id, None)

    def sendable_snapshot(self) -> Snapshot | None:
        for job_id, snapshot in self.snapshots.items():
            watch = self.watches[job_id]
            if watch.open_credit > 0:
                if isinstance(snapshot, TextureSnapshot):
                    return snapshot
                has_faces = watch.keeps_faces and watch.sent_topology == snapshot.topology
                return snapshot.without_faces() if has_faces else snapshot
        return None


class Outbox:
    """Mailboxes by client (a routing id). The server peeks, tries to send, and reports what went out."""

    def __init__(self) -> None:
        self._mailboxes: dict[bytes, _Mailbox] = {}

    def clients(self) -> list[bytes]:
        """Every client that has a mailbox."""
        return list(self._mailboxes)

    def put(self, client: bytes, message: Reply | Event) -> None:
        """Queue one message for one client, in order. A job's end ends the client's watch of it."""
        self._mailbox(client).append(message)
        if isinstance(message, TERMINAL_EVENTS):
            self._mailbox(client).end_watch(message.job_id)

    def watch(self, client: bytes, watch: Watch) -> None:
        """Send this job's events to the client. Watching again restores every credit, and sends faces again."""
        credit = min(max(watch.credit, 0), MAX_CREDIT)
        faces = max(watch.max_faces, MIN_FACES)
        texture = max(watch.max_texture, MIN_TEXTURE) if watch.max_texture > 0 else 0
        self._mailbox(client).watches[watch.job_id] = _Watch(
            credit, credit, faces, watch.cut_outs, watch.keeps_faces, texture, watch.pauses
        )

    def ack(self, client: bytes, job_id: str, sequence: int) -> None:
        """Return a snapshot's credit; an acknowledgement of something never sent is ignored."""
        watch = self._mailbox(client).watches.get(job_id)
        if watch is not None and sequence in watch.in_flight:
            # A later snapshot replaced the earlier ones, so they need no acknowledgement of their own.
            watch.in_flight = {sent for sent in watch.in_flight if sent > sequence}
            watch.open_credit = watch.credit - len(watch.in_flight)

    def publish(self, event: Event) -> None:
        """Queue one event for every client that watches its job."""
        for mailbox in self._mailboxes.values():
            watch = mailbox.watches.get(event.job_id)
            if watch is None or not watch.understands(event):
                continue
            if isinstance(event, Paused) and event.job_id in mailbox.progress:
                # It would follow, and look as if the job went on.
                mailbox.append(mailbox.progress.pop(event.job_id))
            if isinstance(event, MeshSnapshot | TextureSnapshot):
                if watch.takes(event):
                    mailbox.snapshots[event.job_id] = event
            elif isinstance(event, (Preparing, Progress)):
                mailbox.progress[event.job_id] = event
            else:
                mailbox.append(event)
            if isinstance(event, TERMINAL_EVENTS):
                mailbox.end_watch(event.job_id)

    def wanted_faces(self, job_id: str) -> int | None:
        """The smallest face limit among clients that could be sent a snapshot of this job now; None: nobody could."""
        return min((watch.max_faces for watch in self._waiting(job_id)), default=None)

    def wanted_texture(self, job_id: str) -> int:
        """The smallest texture limit among those of them who take textures; 0: none of them does."""
        return min((watch.max_texture for watch in self._waiting(job_id) if watch.max_texture), default=0)

    def _waiting(self, job_id: str) -> Iterator[_Watch]:
        for mailbox in self._mailboxes.values():
            watch = mailbox.watches.get(job_id)
            if watch is not None and watch.open_credit > 0 and job_id not in mailbox.snapshots:
                yield watch

    def peek(self, client: bytes) -> Reply | Event | None:
        """The message to send to this client next, if any."""
        mailbox = self._mailbox(client)
        if mailbox.ordered:
            return mailbox.ordered[0]
        if mailbox.progress:
            return next(iter(mailbox.progress.values()))
        return mailbox.sendable_snapshot()

    def sent(self, client: bytes, message: Reply | Event) -> None:
        """Report that the message which ``peek`` gave went out."""
        mailbox = self._mailbox(client)
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

    def forget(self, client: bytes) -> None:
        """Drop a client that has gone; results stay in the store."""
        self._mailboxes.pop(client, None)

    def _mailbox(self, client: bytes) -> _Mailbox:
        return self._mailboxes.setdefault(client, _Mailbox())
