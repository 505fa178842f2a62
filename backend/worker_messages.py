"""What the server and a worker process say to each other, in the public wire format with its own set of messages."""

from dataclasses import dataclass
from typing import get_args

from ..shared.mesh import MeshSnapshot
from ..shared.messages import Cancelled, CutOut, Failed, Finished, Preparing, Progress, Submit
from ..shared.wire import Codec


@dataclass(frozen=True)
class Run:
    """Run this job. ``folder`` takes its checkpoints; ``attempt`` counts from 1, and later ones look there first."""

    job_id: str
    submit: Submit
    folder: str
    attempt: int = 1


@dataclass(frozen=True)
class StopJob:
    job_id: str


@dataclass(frozen=True)
class WantSnapshot:
    """Somebody could be sent a snapshot of this job now; one is answered to each of these."""

    job_id: str
    max_faces: int


@dataclass(frozen=True)
class FreeModels:
    """Drop the models; the next job loads them again. Answered by a Memory."""


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


ToWorker = Run | StopJob | WantSnapshot | FreeModels
WorkerEvent = Preparing | CutOut | Progress | MeshSnapshot | Finished | Cancelled | Failed
FromWorker = Ready | Memory | WorkerEvent

TO_WORKER: Codec[ToWorker] = Codec(get_args(ToWorker))
FROM_WORKER: Codec[FromWorker] = Codec(get_args(FromWorker))
