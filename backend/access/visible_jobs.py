"""Clients see only their own jobs, unless the backend shares them: one question, and the answer to others. No IO."""

from ...shared.messages import (
    Ack,
    Cancel,
    Checkpoints,
    Event,
    Failed,
    FinishNow,
    Keep,
    ListCheckpoints,
    Move,
    Pause,
    Problem,
    Rejected,
    Reply,
    Request,
    Resume,
    Submit,
    Watch,
)
from ...shared.starting_points import Continue

Owner = str
"""A client's public key. Without keys everybody is the same owner, the empty text: then only this computer connects."""

MOST_CHARACTERS = 60


def job_asked_for(request: Request | Reply | Event) -> str | None:
    """The job that a request is about, if any."""
    match request:
        case Watch() | Ack() | Cancel() | Move() | Pause() | Resume() | FinishNow() | ListCheckpoints() | Keep():
            return request.job_id
        case Submit(source=Continue(job_id=job_id)):
            return job_id
        case _:
            return None


def may_see(asking: Owner, owner: Owner, is_shared: bool) -> bool:
    """Whether a job of ``owner`` exists for who asks."""
    return is_shared or asking == owner


def no_such_job(job_id: str, hint: str = "Submit the prompt again.") -> Problem:
    """Of a job that is not there, or not for who asks: the same words."""
    shown = job_id if len(job_id) <= MOST_CHARACTERS else f"{job_id[:MOST_CHARACTERS]}..."
    return Problem("unavailable", f"This backend has no job {shown!r}.", hint)


def no_job_to_continue(job_id: str) -> Problem:
    """The same, of one to go on from."""
    return no_such_job(job_id, "Continue a job that this backend made; 'any-to-3d jobs list' names them.")


def answer_as_if_unknown(request: Request | Reply | Event) -> Reply | Event | None:
    """What a request about a job that does not exist gets; None: nothing, as for a job that has ended."""
    match request:
        case Watch(job_id=job_id):
            return Failed(job_id, no_such_job(job_id))
        case ListCheckpoints(job_id=job_id):
            return Checkpoints(job_id, ())
        case Submit(request_id=request_id, source=Continue(job_id=job_id)):
            return Rejected(request_id, no_job_to_continue(job_id))
        case _:
            return None
