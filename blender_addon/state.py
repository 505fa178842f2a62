"""What the add-on knows: the session, its jobs, and the events that do not come from the wire. Plain data, no Blender.

Nothing here is saved in a .blend: the backend owns the truth, and ``Hello`` plus ``Watch`` rebuild a session after a
crash or a file load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from ..shared.handshake import Obstacle
from ..shared.messages import Checkpoints, CutOut, Operation, RecipeInfo, Submit, Welcome
from .errors import Trouble
from .frame_budget import MOST_FACES
from .request.beginning import NOTHING, Beginning

Connection = Literal["offline", "connecting", "connected", "lost", "refused"]
JobState = Literal["sending", "queued", "running", "finished", "cancelled", "failed"]

Wish = Literal["", "pause", "resume", "finish_now"]
"""What the artist wants of a running job, besides its end."""


@dataclass(frozen=True)
class PromptPart:
    """One part of a prompt as a person repeats it. ``value``: the words, or the name of the file."""

    modality: str
    value: str
    weight: float


@dataclass(frozen=True)
class Provenance:
    """What an object was made from; written on the object, so that a .blend can find its job again.

    parent: the job that it goes on from, if any.  until: the phase that it ended after, empty for the last one.
    retextured: the object and version that were given new colours, for people; empty for a new object.
    beginning: with what settings and from which object it began, where it did not begin with its prompt alone.
    """

    request_id: str
    prompt: str
    recipe: str
    preset: str
    seed: int
    job_id: str = ""
    parts: tuple[PromptPart, ...] = ()
    negative: str = ""
    overrides: tuple[tuple[str, float], ...] = ()
    parent: str = ""
    until: str = ""
    retextured: str = ""
    beginning: Beginning = NOTHING


@dataclass(frozen=True)
class Job:
    """One job as last heard of. ``submit`` is kept until it is accepted, to be sent again after a lost connection.

    elapsed: seconds so far.  pace: steps a second; both 0 until they are known.
    cut_outs: what the backend sees of its pictures, one for each, by part.
    is_paused: as the backend said last.  wish: what it was asked for and has not done yet.
    """

    origin: Provenance
    state: JobState = "sending"
    submit: Submit | None = None
    position: int = 0
    activity: str = ""
    phase: str = ""
    step: int = 0
    steps: int = 0
    overall: float = 0.0
    seconds_left: float | None = None
    seconds: float | None = None
    elapsed: float = 0.0
    pace: float = 0.0
    snapshots: int = 0
    notice: str = ""
    setback: str = ""
    cut_outs: tuple[CutOut, ...] = ()
    trouble: Trouble | None = None
    cancel_asked: bool = False
    awaits_answer: bool = False
    is_paused: bool = False
    wish: Wish = ""

    @property
    def job_id(self) -> str:
        return self.origin.job_id

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "cancelled", "failed")

    @property
    def rests(self) -> bool:
        """Whether it is paused and will be until the artist wants something else."""
        return self.is_paused and not self.wish and not self.cancel_asked and not self.is_over


@dataclass(frozen=True)
class Session:
    """The whole state behind the panel. max_faces: of a frame, as backends are asked for it."""

    connection: Connection = "offline"
    address: str = ""
    backend: Welcome | None = None
    jobs: tuple[Job, ...] = ()
    trouble: Trouble | None = None
    checkpoints: tuple[Checkpoints, ...] = ()
    max_faces: int = MOST_FACES

    def job(self, job_id: str) -> Job | None:
        """The job with this id, or None."""
        return next((job for job in self.jobs if job_id and job.job_id == job_id), None)

    def job_of_request(self, request_id: str) -> Job | None:
        """The job that this request asked for, or None."""
        return next((job for job in self.jobs if request_id and job.origin.request_id == request_id), None)

    @property
    def active_jobs(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if not job.is_over)

    @property
    def is_lively(self) -> bool:
        """Whether news may come at any moment; jobs that wait behind one that rests give none."""
        awake = [job for job in self.active_jobs if not job.rests]
        has_resting = len(awake) < len(self.active_jobs)
        return any(job.state != "queued" or not has_resting for job in awake)

    def offers(self, operation: Operation) -> bool:
        """Whether the connected backend can do this."""
        backend = self.backend if self.connection == "connected" else None
        return backend is not None and operation in backend.operations

    def checkpoints_of(self, job_id: str) -> Checkpoints | None:
        """What the backend has stored of a job, as far as it was asked and has answered."""
        return next((each for each in self.checkpoints if each.job_id == job_id), None)

    def recipe(self, name: str) -> RecipeInfo | None:
        """What the connected backend says about a recipe, "" for its first; None if it does not offer it."""
        recipes = self.backend.recipes if self.backend else ()
        return next((recipe for recipe in recipes if name in ("", recipe.name)), None)


# --- events that do not come from the wire ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Dialled:
    """The artist asked to connect to an address."""

    address: str


@dataclass(frozen=True)
class HungUp:
    """The artist disconnected, or the add-on is being disabled."""


@dataclass(frozen=True)
class FetchAsked:
    """The artist wants the result of an ended job once more."""

    origin: Provenance


@dataclass(frozen=True)
class Silence:
    """Seconds that the client has waited for an answer; ``is_starting`` while one we started may still be loading.

    obstacle: what is known to stand in the connection's way.
    """

    seconds: float
    is_starting: bool = False
    obstacle: Obstacle = ""


@dataclass(frozen=True)
class BackendExited:
    """The backend process that this Blender started has ended without being asked to."""

    trouble: Trouble


@dataclass(frozen=True)
class Asked:
    """The artist pressed Generate, or Retexture with the object that it is done to.

    told: what the artist should know of what was sent, empty if nothing.
    beginning: what of it the submit does not say, as the object's name.
    """

    submit: Submit
    title: str
    parts: tuple[PromptPart, ...] = ()
    retextured: str = ""
    told: str = ""
    beginning: Beginning = NOTHING


@dataclass(frozen=True)
class CancelAsked:
    request_id: str


@dataclass(frozen=True)
class Wished:
    """The artist wants a running job to pause, to go on, or to finish as it is."""

    request_id: str
    wish: Wish


@dataclass(frozen=True)
class Attached:
    """A file was loaded that holds unfinished objects of these jobs."""

    origins: tuple[Provenance, ...]


@dataclass(frozen=True)
class FramesPaced:
    """Frames of this many faces are what this Blender shows quickly."""

    max_faces: int


@dataclass(frozen=True)
class Troubled:
    """Something went wrong on this side of the wire."""

    trouble: Trouble


@dataclass(frozen=True)
class JobDismissed:
    """The artist does not want to see an ended job any more."""

    request_id: str


@dataclass(frozen=True)
class Dismissed:
    """The artist closed the error box."""


LocalEvent = Union[
    Dialled,
    HungUp,
    Silence,
    BackendExited,
    Asked,
    CancelAsked,
    Wished,
    FetchAsked,
    Attached,
    FramesPaced,
    Troubled,
    Dismissed,
    JobDismissed,
]
