"""What the add-on knows: the session, its jobs, and the events that do not come from the wire. Plain data, no Blender.

Nothing here is saved in a .blend: the backend owns the truth, and ``Hello`` plus ``Watch`` rebuild a session after a
crash or a file load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from ..shared.handshake import Obstacle
from ..shared.messages import CutOut, RecipeInfo, Submit, Welcome
from .errors import Trouble
from .frame_budget import MOST_FACES

Connection = Literal["offline", "connecting", "connected", "lost", "refused"]
JobState = Literal["sending", "queued", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True)
class PromptPart:
    """One part of a prompt as a person repeats it. ``value``: the words, or the name of the file."""

    modality: str
    value: str
    weight: float


@dataclass(frozen=True)
class Provenance:
    """What an object was made from; written on the object, so that a .blend can find its job again."""

    request_id: str
    prompt: str
    recipe: str
    preset: str
    seed: int
    job_id: str = ""
    parts: tuple[PromptPart, ...] = ()
    negative: str = ""
    overrides: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Job:
    """One job as last heard of. ``submit`` is kept until it is accepted, to be sent again after a lost connection.

    elapsed: seconds so far.  pace: steps a second; both 0 until they are known.
    cut_outs: what the backend sees of its pictures, one for each, by part.
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

    @property
    def job_id(self) -> str:
        return self.origin.job_id

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "cancelled", "failed")


@dataclass(frozen=True)
class Session:
    """The whole state behind the panel. max_faces: of a frame, as backends are asked for it."""

    connection: Connection = "offline"
    address: str = ""
    backend: Welcome | None = None
    jobs: tuple[Job, ...] = ()
    trouble: Trouble | None = None
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
    """The artist pressed Generate."""

    submit: Submit
    title: str
    parts: tuple[PromptPart, ...] = ()


@dataclass(frozen=True)
class CancelAsked:
    request_id: str


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
    FetchAsked,
    Attached,
    FramesPaced,
    Troubled,
    Dismissed,
    JobDismissed,
]
