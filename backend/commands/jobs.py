"""``any-to-3d jobs``: look at a running backend's jobs, pause, resume, finish and cancel them, take their results."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...shared.messages import (
    TERMINAL_EVENTS,
    Cancel,
    CheckpointInfo,
    Event,
    Failed,
    Finished,
    FinishNow,
    JobInfo,
    Message,
    Pause,
    Paused,
    Preparing,
    Progress,
    Queued,
    Resume,
    Started,
    Watch,
)
from .places import require_writable_parent
from .reaching import Reaching
from .stored_jobs import PinJob, PruneJobs, UnpinJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from ..asking import Asking

JobName = tyro.conf.Positional[str]
"""A job's id, or how it begins."""

PAUSE_SECONDS = 15.0
"""Longer than the backend itself waits for a worker that does not come to pause."""


@dataclass(frozen=True)
class ListJobs(Reaching):
    """Show the jobs that the backend has at hand, oldest first."""

    def run(self) -> int:
        from rich.table import Table

        with self.asking() as asking:
            jobs = asking.jobs()
        table = Table()
        table.add_column("job", no_wrap=True)
        for name in ("state", "prompt", "recipe", "preset", "seed", "goes on from"):
            table.add_column(name, overflow="fold")
        for job in jobs:
            seed = str(job.seed)
            table.add_row(job.job_id, state_of(job), job.title, job.recipe, job.preset, seed, job.parent)
        _console().print(table, markup=False)
        return 0


@dataclass(frozen=True)
class ShowJob(Reaching):
    """Show one job: its state, how far it is, and which of its states are stored."""

    job: JobName

    def run(self) -> int:
        console = _console()
        with self.asking() as asking:
            job = asking.job(self.job)
            now = latest(asking, job)
            checkpoints = asking.checkpoints(job.job_id)
        for name, value in (("job", job.job_id), ("state", state_of(job)), ("prompt", job.title)):
            console.print(f"{name:13}{value}", markup=False)
        console.print(f"{'made by':13}{job.recipe}, {job.preset}, seed {job.seed}", markup=False)
        if job.parent:
            console.print(f"{'goes on from':13}{job.parent}", markup=False)
        if now:
            console.print(f"{'now':13}{now}", markup=False)
        for checkpoint in checkpoints:
            console.print(f"{'stored':13}{_described(checkpoint)}", markup=False)
        return 0


@dataclass(frozen=True)
class PauseJob(Reaching):
    """Let a running job rest with its device's memory free, until 'jobs resume'; jobs that wait go on waiting."""

    job: JobName

    def run(self) -> int:
        with self.asking() as asking:
            job = _running(asking, self.job)
            asking.send(Watch(job.job_id, credit=0, pauses=True))
            end = asking.answer(Pause(job.job_id), _about(job, Paused, *TERMINAL_EVENTS), PAUSE_SECONDS)
        if not isinstance(end, Paused):
            raise ValueError(f"{job.job_id} was not paused: it has ended meanwhile")
        _console().print(f"{job.job_id} is paused; 'any-to-3d jobs resume {job.job_id}' lets it go on", markup=False)
        return 0


@dataclass(frozen=True)
class ResumeJob(Reaching):
    """Let a paused job go on, with the same result as if it had never rested."""

    job: JobName

    def run(self) -> int:
        with self.asking() as asking:
            job = asking.job(self.job)
            if not job.is_paused:
                raise ValueError(f"{job.job_id} is not paused: it is {state_of(job)}")
            asking.send(Resume(job.job_id))
            after = asking.job(job.job_id)
        _console().print(f"{job.job_id} is {state_of(after)}", markup=False)
        return 0


@dataclass(frozen=True)
class FinishJob(Reaching):
    """Take no further step of a job: its object as it is now is unwrapped and painted."""

    job: JobName

    def run(self) -> int:
        with self.asking() as asking:
            job = _unended(asking, self.job)
            asking.send(FinishNow(job.job_id))
            asking.job(job.job_id)
        text = f"{job.job_id} is being finished; 'any-to-3d jobs export {job.job_id} --out FILE.glb' then writes it"
        _console().print(text, markup=False)
        return 0


@dataclass(frozen=True)
class CancelJob(Reaching):
    """End a job that waits, runs or is paused."""

    job: JobName

    def run(self) -> int:
        with self.asking() as asking:
            job = _unended(asking, self.job)
            asking.send(Watch(job.job_id, credit=0))
            end = asking.answer(Cancel(job.job_id), _about(job, *TERMINAL_EVENTS))
        _console().print(f"{job.job_id} has ended: {type(end).__name__.lower()}", markup=False)
        return 0


@dataclass(frozen=True)
class ExportJob(Reaching):
    """Write the object of a finished job as a .glb file."""

    job: JobName
    out: Path
    """The file to write; its name ends in .glb."""
    height: float = 1.0
    """The object's height in metres; it stands on the origin."""

    def run(self) -> int:
        if self.out.suffix.lower() != ".glb":
            raise ValueError(f"--out is {str(self.out)!r}; end it with .glb")
        require_writable_parent("--out", self.out)
        from ..finishing.glb import write_glb

        with self.asking() as asking:
            job = asking.job(self.job)
            if job.state != "finished":
                raise ValueError(f"{job.job_id} has no object yet: it is {state_of(job)}")
            finished = asking.answer(Watch(job.job_id, credit=0), _about(job, Finished), 60.0)
        assert isinstance(finished, Finished)
        write_glb(finished.mesh, self.out, self.height)
        _console().print(f"{self.out}: {len(finished.mesh.faces)} faces", markup=False)
        return 0


Action = (
    Annotated[ListJobs, tyro.conf.subcommand("list")]
    | Annotated[ShowJob, tyro.conf.subcommand("show")]
    | Annotated[PauseJob, tyro.conf.subcommand("pause")]
    | Annotated[ResumeJob, tyro.conf.subcommand("resume")]
    | Annotated[FinishJob, tyro.conf.subcommand("finish")]
    | Annotated[CancelJob, tyro.conf.subcommand("cancel")]
    | Annotated[ExportJob, tyro.conf.subcommand("export")]
    | Annotated[PinJob, tyro.conf.subcommand("pin")]
    | Annotated[UnpinJob, tyro.conf.subcommand("unpin")]
    | Annotated[PruneJobs, tyro.conf.subcommand("prune")]
)


@dataclass(frozen=True)
class Jobs:
    """List, pause, resume, finish, cancel and export a backend's jobs; pin them, and delete old ones."""

    action: Action

    def run(self) -> int:
        return self.action.run()


def state_of(job: JobInfo) -> str:
    """Its state for people, in which a job that rests is not said to run."""
    return "paused" if job.is_paused else job.state


def describe(event: Message) -> str:
    """How far a job is, in a line; empty for an event that does not say."""
    match event:
        case Queued(_, position):
            return f"waits, {position}. in the queue"
        case Preparing(_, what, _):
            return what
        case Progress(_, phase, step, steps, overall):
            return f"{phase} {step}/{steps}, {overall:.0%} of the job"
        case Failed(_, problem):
            return f"{problem.message} {problem.hint}".strip()
        case Finished(_, mesh, seconds):
            return f"{len(mesh.faces)} faces, made in {seconds:.1f} s"
    return ""


def latest(asking: "Asking", job: JobInfo) -> str:
    """What a new watcher is told of the job, in a line: of one that runs, the first thing after Started."""
    told = asking.answer(Watch(job.job_id, credit=0), _about(job, Queued, Started, *TERMINAL_EVENTS))
    if not isinstance(told, Started):
        return describe(told)
    try:
        return describe(asking.answer(None, _about(job, Preparing, Progress, *TERMINAL_EVENTS), 1.5))
    except ValueError:
        return ""  # it was started just now and has said nothing yet


def _unended(asking: "Asking", name: str) -> JobInfo:
    job = asking.job(name)
    if job.state not in ("queued", "running"):
        raise ValueError(f"{job.job_id} has ended already: it is {job.state}")
    return job


def _running(asking: "Asking", name: str) -> JobInfo:
    job = asking.job(name)
    if job.state != "running" or job.is_paused:
        raise ValueError(f"only a running job can be paused, and {job.job_id} is {state_of(job)}")
    return job


def _about(job: JobInfo, *kinds: type[Event]) -> "Callable[[Message], Event | None]":
    """Picks this job's events of these kinds."""

    def pick(message: Message) -> Event | None:
        return message if isinstance(message, kinds) and message.job_id == job.job_id else None

    return pick


def _described(checkpoint: CheckpointInfo) -> str:
    return f"{checkpoint.name}: {checkpoint.phase}, step {checkpoint.step} of {checkpoint.steps}"


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
