"""One client's mailbox: what it watches, and what waits to be sent to it. No socket, no clock."""

from collections import deque
from dataclasses import dataclass, field

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import CutOut, Event, Finished, Paused, Queued, Reply
from .access.message_weight import LEAST, weight_of

Snapshot = MeshSnapshot | TextureSnapshot


@dataclass(frozen=True)
class Owed:
    """A finished job's result that is on disk and is read again once the client can take it."""

    job_id: str
    seconds: float


Waiting = Reply | Event | Owed


@dataclass
class Watched:
    """A job that the client watches. open_credit: snapshots that may be sent now.  in_flight: their sequences."""

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
class Mailbox:
    """ordered: what is never dropped.  places, progress, snapshots: of each job the newest."""

    ordered: deque[Waiting] = field(default_factory=deque)
    places: dict[str, Queued] = field(default_factory=dict)
    progress: dict[str, Event] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    watches: dict[str, Watched] = field(default_factory=dict)
    ordered_bytes: int = 0
    is_stuck: bool = False
    """The client could not take what was sent last; results that come meanwhile are left on disk."""

    def append(self, message: Reply | Event, most_bytes: int) -> bool:
        """Let it wait behind what waits; False if that would be too much."""
        waiting: Waiting = message
        if isinstance(message, Finished) and self.is_stuck and self.ordered:
            waiting = Owed(message.job_id, message.seconds)
        weight = _weight(waiting)
        if self.ordered and self.ordered_bytes + weight > most_bytes:
            return False
        self.ordered.append(waiting)
        self.ordered_bytes += weight
        return True

    def popleft(self) -> None:
        self.ordered_bytes -= _weight(self.ordered.popleft())

    def replace_first(self, message: Reply | Event) -> None:
        """Put what was owed in the place of the debt."""
        self.popleft()
        self.ordered.appendleft(message)
        self.ordered_bytes += _weight(message)

    def clear(self) -> None:
        """Drop everything, watches too."""
        for waiting in (self.ordered, self.places, self.progress, self.snapshots, self.watches):
            waiting.clear()
        self.ordered_bytes = 0

    def end_watch(self, job_id: str) -> None:
        for by_job in (self.places, self.progress, self.snapshots, self.watches):
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


def _weight(waiting: Waiting) -> int:
    return LEAST if isinstance(waiting, Owed) else weight_of(waiting)
