"""Jobs, what can happen to their queue (stimuli), and what the queue then wants done (actions): plain data."""

from dataclasses import dataclass
from typing import Literal

from ..shared.mesh import TexturedMesh
from ..shared.messages import Event, ImagePrompt, JobInfo, Problem, Progress, Reply, Submit, TextPrompt
from ..shared.starting_points import Continue

JobState = Literal["queued", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True)
class Job:
    """One job as the records have it; ``attempts`` counts how often a worker was started with it.

    is_paused: of a running one.  finishes_early: it was asked to take no further step.  deaths: of workers, since a
    checkpoint last brought it further.  interruptions: likewise of the whole backend.  saved: the fraction of the job
    in that checkpoint.  owner: who asked for it.
    """

    job_id: str
    submit: Submit
    notice: str = ""
    state: JobState = "queued"
    attempts: int = 0
    seconds: float = 0.0
    problem: Problem | None = None
    is_paused: bool = False
    finishes_early: bool = False
    deaths: int = 0
    saved: float = 0.0
    owner: str = ""
    interruptions: int = 0

    def info(self) -> JobInfo:
        submit = self.submit
        return JobInfo(
            self.job_id,
            self.state,
            title_of(submit),
            submit.recipe,
            submit.preset,
            submit.seed,
            self.is_paused,
            parent_of(submit),
        )


def parent_of(submit: Submit) -> str:
    """The job from whose checkpoint this request goes on, or empty."""
    return submit.source.job_id if isinstance(submit.source, Continue) else ""


def title_of(submit: Submit) -> str:
    """The prompt in words: its texts, or which kind of file it is."""
    texts = [part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt)]
    if texts:
        return " + ".join(texts)[:200]
    if not submit.prompts:
        return f"{parent_of(submit)} continued"
    return "image prompt" if isinstance(submit.prompts[0].prompt, ImagePrompt) else "sound prompt"


# --- stimuli ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JobsRestored:
    """The records found on disk when the server started, oldest first; and how far those that rest had come."""

    jobs: tuple[Job, ...]
    progress: tuple[Progress, ...] = ()


@dataclass(frozen=True)
class SubmitArrived:
    """A checked request. ``job`` is new, its record is on disk, and it is used only if the request is new."""

    client: bytes
    job: Job


@dataclass(frozen=True)
class WatchArrived:
    """stored: the job's record, in case it ended so long ago that the queue has forgotten it."""

    client: bytes
    job_id: str
    cut_outs: bool = False
    pauses: bool = False
    stored: Job | None = None


@dataclass(frozen=True)
class CancelArrived:
    job_id: str


@dataclass(frozen=True)
class PauseArrived:
    job_id: str


@dataclass(frozen=True)
class ResumeArrived:
    job_id: str


@dataclass(frozen=True)
class FinishArrived:
    """Somebody wants this job's object as it is now."""

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
class WorkerSaved:
    """A checkpoint is on disk; ``overall`` is the fraction of the whole job that it holds."""

    worker: int
    job_id: str
    overall: float


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
    """A worker was asked to stop or to pause this job and has not answered in time."""

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
    | PauseArrived
    | ResumeArrived
    | FinishArrived
    | MoveArrived
    | ListArrived
    | WorkerReady
    | WorkerSaid
    | WorkerSaved
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
class Rest:
    """Ask the worker to pause this attempt of the job; raise StopOverdue if it does not answer in time."""

    worker: int
    job_id: str
    attempt: int


@dataclass(frozen=True)
class Hurry:
    """Ask the worker to finish the job's object as it is."""

    worker: int
    job_id: str


@dataclass(frozen=True)
class Kill:
    """End the worker's process; its death is reported as any other."""

    worker: int


@dataclass(frozen=True)
class Retire:
    """Let the worker have no process, and so no memory, until it is given something to do."""

    worker: int


Action = Tell | Publish | Record | SaveResult | SendResult | Start | Stop | Rest | Hurry | Kill | Retire
