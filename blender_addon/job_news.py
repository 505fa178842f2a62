"""What each message about a job changes of what is known about it. Pure; see session.py."""

from __future__ import annotations

from dataclasses import replace

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import Cancelled, CutOut, Finished, Paused, Preparing, Progress, Queued, Started
from .state import Job, Wish


def queued(job: Job, event: Queued) -> Job:
    """It waits."""
    return replace(job, state="queued", position=event.position)


def started(job: Job, event: Started) -> Job:
    """A worker has taken it, or it goes on after a rest."""
    wish: Wish = "" if job.wish == "resume" else job.wish
    return replace(job, state="running", activity="starting", is_paused=False, wish=wish)


def paused(job: Job, event: Paused) -> Job:
    """It rests."""
    wish: Wish = "" if job.wish == "pause" else job.wish
    return replace(job, state="running", is_paused=True, wish=wish, seconds_left=None)


def preparing(job: Job, event: Preparing) -> Job:
    """It does work that is no step."""
    return replace(job, state="running", activity=event.what, phase="")


def cut_out(job: Job, event: CutOut) -> Job:
    """What the backend sees of a picture; of a resumed job once more."""
    by_part = {shown.part: shown for shown in (*job.cut_outs, event)}
    return replace(job, state="running", cut_outs=tuple(by_part[part] for part in sorted(by_part)))


def progress(job: Job, event: Progress) -> Job:
    """How far it is, which is never less far than before."""
    # A job that is not paused has nothing to resume; of one that is, a late report must not tell otherwise.
    wish: Wish = "" if job.wish == "resume" and not job.is_paused else job.wish
    return replace(
        job,
        state="running",
        activity="",
        phase=event.phase,
        step=event.step,
        steps=event.steps,
        overall=min(max(event.overall, job.overall), 1.0),
        seconds_left=event.seconds_left,
        elapsed=event.seconds,
        pace=event.steps_per_second,
        setback=event.notice or job.setback,
        wish=wish,
    )


def snapshot(job: Job, event: MeshSnapshot | TextureSnapshot) -> Job:
    """It has another shape or texture."""
    return replace(job, state="running", snapshots=job.snapshots + 1)


def finished(job: Job, event: Finished) -> Job:
    """It has ended with a result."""
    return replace(job, state="finished", overall=1.0, seconds_left=0.0, seconds=event.seconds)


def cancelled(job: Job, event: Cancelled) -> Job:
    """It has ended without one."""
    return replace(job, state="cancelled", seconds_left=None)
