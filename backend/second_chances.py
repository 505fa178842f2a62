"""How often a job is started again after a process ended with it, and when that is enough."""

from dataclasses import replace

from ..shared.messages import Problem
from .queue_messages import Job

MAX_DEATHS = 3
"""So many deaths of its worker, with no new checkpoint between them, fail a job."""

MAX_INTERRUPTIONS = 10
"""Likewise of the whole backend, which no job runs in: more, for they are seldom the job's fault, yet not for ever."""


def after_death(job: Job, reason: str) -> Job | Problem:
    """The job, to wait for the next worker; or why it gets none."""
    deaths = job.deaths + 1
    if deaths < MAX_DEATHS:
        return replace(job, state="queued", deaths=deaths)
    return Problem(
        "internal",
        f"The worker process ended {MAX_DEATHS} times while it ran this job ({reason}).",
        "See the backend's log; 'any-to-3d doctor' checks the installation. A smaller preset needs less memory.",
    )


def after_restart(job: Job) -> Job | Problem:
    """The job, no paused one, as a new server finds it, to wait for a worker; or why it gets none."""
    interruptions = job.interruptions + (job.state == "running")
    if interruptions < MAX_INTERRUPTIONS:
        return replace(job, state="queued", interruptions=interruptions)
    return Problem(
        "internal",
        f"The backend ended {MAX_INTERRUPTIONS} times while it ran this job, without getting any further with it.",
        "See its log, and the computer's own; what is stored of the job can be continued.",
    )


def after_checkpoint(job: Job, overall: float) -> Job | None:
    """The job with a clean slate, if this checkpoint brought it further; a resumed one may store again what it had."""
    return replace(job, saved=overall, deaths=0, interruptions=0) if overall > job.saved else None
