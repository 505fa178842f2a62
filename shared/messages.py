"""Every message of the protocol, as frozen dataclasses; PROTOCOL.md is the page for people, and a test compares them.

Requests travel from a client to the server, replies answer exactly one request, events report on a job until a terminal
one (Finished, Cancelled, Failed). Images and sounds travel as encoded bytes, never as paths: the backend may be remote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Union

from .mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from .prompts import MAX_FILE_BYTES as MAX_FILE_BYTES
from .prompts import AudioPrompt as AudioPrompt
from .prompts import ImagePrompt as ImagePrompt
from .prompts import Prompt as Prompt
from .prompts import SeenFrom, WeightedPrompt
from .prompts import TextPrompt as TextPrompt
from .starting_points import StartingPoint

# --- data inside messages ---------------------------------------------------------------------------------------------


ProblemCode = Literal["bad_request", "missing_weights", "out_of_memory", "protocol", "unavailable", "internal"]


@dataclass(frozen=True)
class Problem:
    """What went wrong, for a person: ``message`` says what was got and what is allowed, ``hint`` what to do."""

    code: ProblemCode
    message: str
    hint: str = ""


@dataclass(frozen=True)
class PresetInfo:
    """One quality preset of a recipe, as the panel shows it."""

    name: str
    label: str
    description: str
    steps: int
    seconds_estimate: float | None = None


@dataclass(frozen=True)
class RecipeInfo:
    """What a backend can run: phases in order, presets, and which prompt kinds its encoder understands.

    overrides: the names that ``Submit.overrides`` may have.
    """

    name: str
    label: str
    phases: tuple[str, ...]
    modalities: tuple[str, ...]
    presets: tuple[PresetInfo, ...]
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobInfo:
    """A job as the server's records have it; ``state`` is queued, running, finished, cancelled or failed.

    is_paused: a running one that rests.  parent: the job whose checkpoint it began with, or empty.
    """

    job_id: str
    state: Literal["queued", "running", "finished", "cancelled", "failed"]
    title: str
    recipe: str
    preset: str
    seed: int
    is_paused: bool = False
    parent: str = ""


@dataclass(frozen=True)
class CheckpointInfo:
    """A stored state of a job, from which ``Continue`` can go on. step: finished ones of the phase, counted from 1."""

    name: str
    phase: str
    step: int
    steps: int


Operation = Literal["retexture", "refine", "continue", "until", "seen_from", "pause", "finish_now", "checkpoints"]
"""What a backend can do besides making an object from nothing: starting points, fields of Submit, and requests."""


@dataclass(frozen=True)
class DeviceMemory:
    """Of a device that jobs run on, in MiB; ``free`` is what no program uses, rounded down."""

    device: str
    free: int
    total: int


@dataclass(frozen=True)
class ModelLicence:
    """A network that jobs use: what it is for, its licence, and what that means for somebody who makes props."""

    model: str
    licence: str
    meaning: str
    forbids_commercial_use: bool = False


# --- requests ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    protocol_version: str
    client_id: str


@dataclass(frozen=True)
class Submit:
    """Ask for an object. The same request_id twice gives the same job (safe to resend).

    source: what to begin with.  until: the phase after which the object is finished, empty for the last one.
    seen_from: of the first picture among the prompts; None lets the recipe choose.
    """

    request_id: str
    prompts: tuple[WeightedPrompt, ...]
    negative: str = ""
    recipe: str = "xbind"
    preset: str = "standard"
    seed: int = 0
    overrides: dict[str, float] = field(default_factory=dict)
    source: StartingPoint | None = None
    until: str = ""
    seen_from: SeenFrom | None = None


@dataclass(frozen=True)
class Watch:
    """Send me this job's events. ``max_faces`` bounds one snapshot; ``credit`` is how many may be on the way.

    ``cut_outs``: send CutOut too, which clients of version 1.0 cannot read.  ``keeps_faces``: leave out the faces of a
    snapshot that has those of the one sent before.  ``pauses``: send Paused too.  ``max_texture``: of a
    TextureSnapshot, pixels a side; 0 sends none.
    """

    job_id: str
    credit: int = 1
    max_faces: int = 50_000
    cut_outs: bool = False
    keeps_faces: bool = False
    pauses: bool = False
    max_texture: int = 0


@dataclass(frozen=True)
class Ack:
    """The snapshot with this sequence was applied: its credit is free again."""

    job_id: str
    sequence: int


@dataclass(frozen=True)
class Cancel:
    job_id: str


@dataclass(frozen=True)
class Move:
    """Let a waiting job be the ``place``-th of those that wait, counted from 1."""

    job_id: str
    place: int


@dataclass(frozen=True)
class Pause:
    """Let this running job rest, with its device's memory free, until ``Resume``."""

    job_id: str


@dataclass(frozen=True)
class Resume:
    """Let a paused job go on as if it had never rested."""

    job_id: str


@dataclass(frozen=True)
class FinishNow:
    """Take no further step: unwrap and paint the object as it is now."""

    job_id: str


@dataclass(frozen=True)
class Keep:
    """A file of the artist's refers to this job: no rule is to delete it without asking."""

    job_id: str


@dataclass(frozen=True)
class ListCheckpoints:
    job_id: str


@dataclass(frozen=True)
class ListJobs:
    pass


@dataclass(frozen=True)
class Shutdown:
    """End the server. Honoured only from loopback, and only when it was started with permission for it."""


@dataclass(frozen=True)
class FreeMemory:
    """Drop the networks from devices that run no job; the next job loads them again."""


# --- replies ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Welcome:
    """backend_id is new whenever the server restarted. ``warning``: what the artist should know before starting.

    memory: of each device, once a worker has reported it.  licences: of published networks that jobs use.
    can_free_memory, can_move, can_keep: whether FreeMemory, Move and Keep are understood.  operations: what else.
    """

    protocol_version: str
    backend_id: str
    backend_version: str
    profile: str
    device: str
    kernels: str
    recipes: tuple[RecipeInfo, ...]
    warning: str = ""
    memory: tuple[DeviceMemory, ...] = ()
    licences: tuple[ModelLicence, ...] = ()
    can_free_memory: bool = False
    can_move: bool = False
    operations: tuple[Operation, ...] = ()
    can_keep: bool = False


@dataclass(frozen=True)
class Accepted:
    request_id: str
    job_id: str
    notice: str = ""


@dataclass(frozen=True)
class Rejected:
    """request_id is empty where the request had none."""

    request_id: str
    problem: Problem


@dataclass(frozen=True)
class Jobs:
    jobs: tuple[JobInfo, ...]


@dataclass(frozen=True)
class Checkpoints:
    """Of a job, oldest first; empty for a job that has none or is unknown."""

    job_id: str
    checkpoints: tuple[CheckpointInfo, ...]


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queued:
    job_id: str
    position: int


@dataclass(frozen=True)
class Started:
    job_id: str


@dataclass(frozen=True)
class Preparing:
    """Before the first step: loading models, embedding the prompt, sampling the reference view. fraction in [0, 1]."""

    job_id: str
    what: str
    fraction: float


@dataclass(frozen=True)
class CutOut:
    """What the encoder makes of an image or a sound prompt, before anything is made of it.

    part: index into the request's prompts.  picture: a PNG of at most 256 pixels a side; of a sound, its spectrum over
    time.  method: "none" for a sound.  notice: set where the object could not be cut out as it should; of a sound, the
    nearest known kinds.
    """

    job_id: str
    part: int
    picture: bytes
    method: str
    notice: str = ""


@dataclass(frozen=True)
class Progress:
    """step counts within the phase, from 1; overall is the fraction of the whole job; seconds_left is None at first.

    notice: what the job had to give up on the way, such as pictures' size for want of memory.
    seconds: since the job's worker began with it, 0 where the backend does not say.
    """

    job_id: str
    phase: str
    step: int
    steps: int
    overall: float
    losses: dict[str, float]
    steps_per_second: float
    seconds_left: float | None
    notice: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Paused:
    """The job rests; ``Started`` tells that it goes on."""

    job_id: str


@dataclass(frozen=True)
class Finished:
    """Of a job that began with ``Retexture``, the mesh is that of the request but for its albedo."""

    job_id: str
    mesh: TexturedMesh
    seconds: float


@dataclass(frozen=True)
class Cancelled:
    job_id: str


@dataclass(frozen=True)
class Failed:
    job_id: str
    problem: Problem


Request = Union[
    Hello,
    Submit,
    Watch,
    Ack,
    Cancel,
    ListJobs,
    Shutdown,
    Move,
    FreeMemory,
    Pause,
    Resume,
    FinishNow,
    ListCheckpoints,
    Keep,
]
Reply = Union[Welcome, Accepted, Rejected, Jobs, Checkpoints]
Event = Union[
    Queued,
    Started,
    Preparing,
    CutOut,
    Progress,
    MeshSnapshot,
    TextureSnapshot,
    Paused,
    Finished,
    Cancelled,
    Failed,
]
Message = Union[Request, Reply, Event]

TERMINAL_EVENTS = (Finished, Cancelled, Failed)
