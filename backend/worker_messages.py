"""What the server and a worker process say to each other, in the public wire format with its own set of messages."""

from dataclasses import dataclass
from typing import get_args

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import Cancelled, CutOut, Failed, Finished, Paused, Preparing, Progress, Submit
from ..shared.wire import Codec


@dataclass(frozen=True)
class Run:
    """Run this job. ``folder`` takes its checkpoints; ``attempt`` counts from 1, and later ones look there first.

    source_folder: of the job whose checkpoint this one goes on from (``Continue``), else empty.
    finishes_early: it was asked to finish before it was taken up: after one step, or at once from a checkpoint's.
    """

    job_id: str
    submit: Submit
    folder: str
    attempt: int = 1
    source_folder: str = ""
    finishes_early: bool = False


@dataclass(frozen=True)
class StopJob:
    job_id: str


@dataclass(frozen=True)
class PauseJob:
    """Store the job's state, give its memory back and answer Paused; a later ``Run`` goes on.

    attempt: of the run that is meant, so that a message which came too late does not pause the next one.
    """

    job_id: str
    attempt: int


@dataclass(frozen=True)
class FinishJob:
    """Take no further step, and finish the object as it is."""

    job_id: str


@dataclass(frozen=True)
class WantSnapshot:
    """Somebody could be sent a snapshot of this job now; one is answered to each of these.

    max_texture: pixels a side of a TextureSnapshot, 0 where nobody could be sent one.
    """

    job_id: str
    max_faces: int
    max_texture: int = 0


@dataclass(frozen=True)
class FreeModels:
    """Drop the models; the next job loads them again. Answered by a Memory."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint of this job is on disk; ``overall`` is the fraction of the whole job that it holds."""

    job_id: str
    overall: float


@dataclass(frozen=True)
class Memory:
    """Of the worker's device, in MiB: what no program uses, and all."""

    free: int
    total: int


@dataclass(frozen=True)
class Ready:
    """Models are loaded, or ``warning`` says why they could not be."""

    device: str
    kernels: str
    warning: str = ""


ToWorker = Run | StopJob | PauseJob | FinishJob | WantSnapshot | FreeModels
WorkerEvent = (
    Saved | Preparing | CutOut | Progress | MeshSnapshot | TextureSnapshot | Paused | Finished | Cancelled | Failed
)
FromWorker = Ready | Memory | WorkerEvent

TO_WORKER: Codec[ToWorker] = Codec(get_args(ToWorker))
FROM_WORKER: Codec[FromWorker] = Codec(get_args(FromWorker))
