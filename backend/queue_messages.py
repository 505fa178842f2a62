"""Jobs, what can happen to their queue (stimuli), and what the queue then wants done (actions): plain data."""

from dataclasses import dataclass
from typing import Literal

from ..shared.mesh import TexturedMesh
from ..shared.messages import Event, ImagePrompt, JobInfo, Problem, Reply, Submit, TextPrompt

JobState = Literal["queued", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True)
class Job:
    """One job as the records have it; ``attempts`` counts the workers that started it, ``owner`` asked for it."""

    job_id: str
    submit: Submit
    notice: str = ""
    state: JobState = "queued"
    attempts: int = 0
    seconds: float = 0.0
    problem: Problem | None = None
    owner: str = ""

    def info(self) -> JobInfo:
        submit = self.submit
        return JobInfo(self.job_id, self.state, title_of(submit), submit.recipe, submit.preset, submit.seed)


def title_of(submit: Submit) -> str:
    """The prompt in words: its texts, or which kind of file it is."""
    texts = [part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt)]
    if texts or not submit.prompts:
        return " + ".join(texts)[:200]
    return "image prompt" if isinstance(submit.prompts[0].prompt, ImagePrompt) else "sound prompt"


# --- stimuli ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JobsRestored:
    """The records found on disk when the server started, oldest first."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class SubmitArrived:
    """A checked request; ``job_id`` is new and is used only if the request is."""

    client: bytes
    submit: Submit
    job_id: str
    notice: str = ""
    owner: str = ""


@dataclass(frozen=True)
class WatchArrived:
    client: bytes
    job_id: str
    cut_outs: bool = False


@dataclass(frozen=True)
class CancelArrived:
    job_id: str


@dataclass(frozen=True)
class MoveArrived:
    """A waiting job is to be the ``place``-th of those that wait, from 1."""

    job_id: str
    place: int


@dataclass(frozen=True)
class ListArrived:
    """``owner``: whose jobs are listed; None lists everybody's."""

    client: bytes
    owner: str | None = None


@dataclass(frozen=True)
class WorkerReady:
    worker: int


@dataclass(frozen=True)
class WorkerSaid:
    worker: int
    event: Event


@dataclass(frozen=True)
class WorkerDied:
    worker: int
    reason: str


@dataclass(frozen=True)
class WorkerSilent:
    """A worker has said nothing for so many seconds while it runs a job."""

    worker: int
    seconds: float


@dataclass(frozen=True)
class StopOverdue:
    """A worker was asked to stop this job and has not answered in time."""

    job_id: str


@dataclass(frozen=True)
class Closing:
    """The server ends and was asked to: what still waits or runs is cancelled."""


@dataclass(frozen=True)
class Leaving:
    """The server ends and nothing is cancelled: its jobs go on when a server opens the same folder."""


Stimulus = (
    JobsRestored
    | SubmitArrived
    | WatchArrived
    | CancelArrived
    | MoveArrived
    | ListArrived
    | WorkerReady
    | WorkerSaid
    | WorkerDied
    | WorkerSilent
    | StopOverdue
    | Closing
    | Leaving
)


# --- actions ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tell:
    """Send to this client alone."""

    client: bytes
    message: Reply | Event


@dataclass(frozen=True)
class Publish:
    """Send to every client that watches the job."""

    event: Event


@dataclass(frozen=True)
class Record:
    """Make this record durable."""

    job: Job


@dataclass(frozen=True)
class SaveResult:
    """Make this result durable."""

    job_id: str
    mesh: TexturedMesh


@dataclass(frozen=True)
class SendResult:
    """Read the stored result and send it to this client as Finished."""

    client: bytes
    job_id: str
    seconds: float


@dataclass(frozen=True)
class Start:
    """Hand the job to the worker; from the second attempt on, a checkpoint may exist."""

    worker: int
    job: Job


@dataclass(frozen=True)
class Stop:
    """Ask the worker to stop the job; raise StopOverdue if it does not answer in time."""

    worker: int
    job_id: str


@dataclass(frozen=True)
class Kill:
    """End the worker's process; its death is reported as any other."""

    worker: int


Action = Tell | Publish | Record | SaveResult | SendResult | Start | Stop | Kill
