"""How every message and every press of a button changes what the add-on knows: a pure reducer without Blender.

``apply(session, event)`` returns the next session and the requests to send; it reads no clock and no socket, so any
fault can be replayed as a table of events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ..shared import PROTOCOL_VERSION
from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import (
    TERMINAL_EVENTS,
    Accepted,
    Cancel,
    Cancelled,
    Checkpoints,
    CutOut,
    Failed,
    Finished,
    FinishNow,
    Message,
    Pause,
    Paused,
    Preparing,
    Problem,
    Progress,
    Queued,
    Rejected,
    Request,
    Resume,
    Started,
    Watch,
    Welcome,
)
from ..shared.starting_points import Continue
from . import job_news
from .connection.addresses import is_loopback
from .connection.obstacles import trouble_of_obstacle
from .errors import Fix, trouble, trouble_of
from .request.beginning import began
from .state import (
    Asked,
    Attached,
    BackendExited,
    CancelAsked,
    Dialled,
    Dismissed,
    FetchAsked,
    FramesPaced,
    HungUp,
    Job,
    JobDismissed,
    JobState,
    LocalEvent,
    Provenance,
    Session,
    Silence,
    Troubled,
    Wish,
    Wished,
)

LOST_AFTER = 3.0
"""Seconds without an answer after which a backend counts as gone; with a question a second, it is told within 5."""

_ENDED_JOBS_KEPT = 20
_CHECKPOINTS_KEPT = 20

_LIVE_TEXTURE = 512
"""Pixels a side of a texture while it grows: a larger one costs both sides time, and the viewport hardly shows it."""

_WISHES: dict[Wish, type[Pause] | type[Resume] | type[FinishNow]] = {
    "pause": Pause,
    "resume": Resume,
    "finish_now": FinishNow,
}

JobEvent = TypeVar(
    "JobEvent", Queued, Started, Preparing, CutOut, Progress, MeshSnapshot, TextureSnapshot, Paused, Finished, Cancelled
)

Change = tuple[Session, tuple[Request, ...]]


def apply(session: Session, event: Message | LocalEvent) -> Change:
    """The session after ``event``, and the requests that follow from it. Events of unknown jobs change nothing."""
    handler = _HANDLERS.get(type(event))
    return handler(session, event) if handler else (session, ())


# --- the connection ---------------------------------------------------------------------------------------------------


def _dialled(session: Session, event: Dialled) -> Change:
    return replace(session, connection="connecting", address=event.address, backend=None, trouble=None), ()


def _hung_up(session: Session, event: HungUp) -> Change:
    return replace(session, connection="offline", backend=None), ()


def _welcome(session: Session, event: Welcome) -> Change:
    if event.protocol_version.split(".")[0] != PROTOCOL_VERSION.split(".")[0]:
        spoken = f"The backend speaks protocol {event.protocol_version}, this add-on {PROTOCOL_VERSION}."
        return _refused(session, spoken)
    was_attached = session.connection == "connected" and session.backend is not None
    if was_attached and session.backend.backend_id == event.backend_id:
        return replace(session, backend=event), ()
    return _back_again(replace(session, backend=event))


def watch_of(job_id: str, max_faces: int) -> Watch:
    """How this add-on follows a job."""
    return Watch(
        job_id,
        max_faces=max_faces,
        cut_outs=True,
        keeps_faces=True,
        pauses=True,
        max_texture=_LIVE_TEXTURE,
    )


def _frames_paced(session: Session, event: FramesPaced) -> Change:
    """Watching again tells the backend; those of other jobs are of the same size by and large."""
    followed = (job for job in session.active_jobs if job.state == "running" and job.job_id)
    is_connected = session.connection == "connected"
    requests = tuple(watch_of(job.job_id, event.max_faces) for job in followed) if is_connected else ()
    return replace(session, max_faces=event.max_faces), requests


def _attach_requests(jobs: tuple[Job, ...], max_faces: int) -> tuple[Request, ...]:
    requests: list[Request] = []
    for job in jobs:
        if job.is_over:
            if job.cancel_asked and job.awaits_answer and job.job_id:
                requests.append(Cancel(job.job_id))
        elif job.job_id:
            requests.append(watch_of(job.job_id, max_faces))
            if job.cancel_asked:
                # A backend that died may not have heard it.
                requests.append(Cancel(job.job_id))
            elif job.wish:
                requests.append(_WISHES[job.wish](job.job_id))
        elif job.submit is not None:
            requests.append(job.submit)
    return tuple(requests)


def _refused(session: Session, message: str) -> Change:
    return replace(session, connection="refused", backend=None, trouble=trouble("protocol", message)), ()


def _silence(session: Session, event: Silence) -> Change:
    if event.seconds < LOST_AFTER:
        is_back = session.connection == "lost" and session.backend is not None
        return _back_again(session) if is_back else (session, ())
    # A backend that refuses the key has started.
    may_still_come = event.is_starting and not event.obstacle.startswith("key_")
    if session.connection == "connecting" and not may_still_come:
        told = trouble_of_obstacle(event.obstacle, session.address, _mending(session.address))
        return replace(session, connection="lost", trouble=told), ()
    if session.connection == "connected":
        lost = trouble("lost", f"The backend at {session.address} stopped answering.", _mending(session.address))
        return replace(session, connection="lost", trouble=lost), ()
    return session, ()


def _mending(address: str) -> Fix | None:
    """A backend on another computer cannot be started from here."""
    return None if is_loopback(address) else "test_connection"


def _back_again(session: Session) -> Change:
    jobs = tuple(replace(job, awaits_answer=not job.is_over) for job in session.jobs)
    return replace(session, connection="connected", jobs=jobs, trouble=None), _attach_requests(
        session.jobs, session.max_faces
    )


def _backend_exited(session: Session, event: BackendExited) -> Change:
    return replace(session, connection="offline", backend=None, trouble=event.trouble), ()


def _troubled(session: Session, event: Troubled) -> Change:
    return replace(session, trouble=event.trouble), ()


def _job_dismissed(session: Session, event: JobDismissed) -> Change:
    kept = tuple(job for job in session.jobs if not (job.is_over and job.origin.request_id == event.request_id))
    return replace(session, jobs=kept), ()


def _dismissed(session: Session, event: Dismissed) -> Change:
    return replace(session, trouble=None), ()


# --- jobs -------------------------------------------------------------------------------------------------------------


def _asked(session: Session, event: Asked) -> Change:
    submit = event.submit
    origin = Provenance(
        submit.request_id,
        event.title,
        submit.recipe,
        submit.preset,
        submit.seed,
        parts=event.parts,
        negative=submit.negative,
        overrides=tuple(submit.overrides.items()),
        parent=submit.source.job_id if isinstance(submit.source, Continue) else "",
        until=submit.until,
        retextured=event.retextured,
        beginning=began(submit, event.beginning),
    )
    jobs = _recent((*session.jobs, Job(origin, submit=submit, setback=event.told)))
    return replace(session, jobs=jobs, trouble=None), (submit,)


def _recent(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    ended = [job.origin.request_id for job in jobs if job.is_over]
    forgotten = set(ended[:-_ENDED_JOBS_KEPT])
    return tuple(job for job in jobs if job.origin.request_id not in forgotten)


def _attached(session: Session, event: Attached) -> Change:
    known = {job.job_id for job in session.jobs}
    new = tuple(Job(origin, "queued", awaits_answer=True) for origin in event.origins if origin.job_id not in known)
    requests = _attach_requests(new, session.max_faces) if session.connection == "connected" else ()
    return replace(session, jobs=session.jobs + new), requests


def _fetch_asked(session: Session, event: FetchAsked) -> Change:
    """Watching an ended job is answered by its result."""
    others = tuple(job for job in session.jobs if job.job_id != event.origin.job_id)
    job = Job(event.origin, "queued", awaits_answer=True)
    requests = _attach_requests((job,), session.max_faces) if session.connection == "connected" else ()
    return replace(session, jobs=(*others, job), trouble=None), requests


def _cancel_asked(session: Session, event: CancelAsked) -> Change:
    job = session.job_of_request(event.request_id)
    if job is None or job.is_over:
        return session, ()
    if session.connection == "connected" and job.job_id:
        return _with(session, replace(job, cancel_asked=True)), (Cancel(job.job_id),)
    # Nobody can answer, so the panel lets go of the job at once; a backend that returns is told then.
    state: JobState = job.state if session.connection == "connected" else "cancelled"
    return _with(session, replace(job, state=state, cancel_asked=True, awaits_answer=True)), ()


def _wished(session: Session, event: Wished) -> Change:
    job = session.job_of_request(event.request_id)
    if job is None or job.state != "running" or session.connection != "connected" or not event.wish:
        return session, ()
    # Asking twice does no harm, and an answer that was lost leaves no button stuck.
    return _with(session, replace(job, wish=event.wish)), (_WISHES[event.wish](job.job_id),)


def _checkpoints(session: Session, event: Checkpoints) -> Change:
    others = tuple(each for each in session.checkpoints if each.job_id != event.job_id)
    return replace(session, checkpoints=(*others, event)[-_CHECKPOINTS_KEPT:]), ()


def _accepted(session: Session, event: Accepted) -> Change:
    job = session.job_of_request(event.request_id)
    if job is None:
        return session, ()
    if job.state == "cancelled":
        return session, (Cancel(event.job_id),)
    origin = replace(job.origin, job_id=event.job_id)
    job = replace(job, origin=origin, state="queued", submit=None, notice=event.notice, awaits_answer=False)
    wish = (Cancel(event.job_id),) if job.cancel_asked else ()
    return _with(session, job), (watch_of(event.job_id, session.max_faces), *wish)


def _rejected(session: Session, event: Rejected) -> Change:
    if event.problem.code == "protocol":
        return _refused(session, event.problem.message)
    job = session.job_of_request(event.request_id)
    if job is None and not event.request_id:
        # A refused Watch carries no request id; the backend answers in order, so it is the first one still unanswered.
        job = next((each for each in session.active_jobs if each.awaits_answer and each.job_id), None)
    if job is None:
        return replace(session, trouble=trouble_of(event.problem)), ()
    return _failed_job(session, job, event.problem)


def _failed(session: Session, event: Failed) -> Change:
    job = session.job(event.job_id)
    return _failed_job(session, job, event.problem) if job and not job.is_over else (session, ())


def _failed_job(session: Session, job: Job, problem: Problem) -> Change:
    reason = trouble_of(problem)
    job = replace(job, state="failed", submit=None, trouble=reason, awaits_answer=False)
    return replace(_with(session, job), trouble=reason), ()


def _with(session: Session, changed: Job) -> Session:
    same = changed.origin.request_id
    return replace(session, jobs=tuple(changed if job.origin.request_id == same else job for job in session.jobs))


def _job_event(change: Callable[[Job, JobEvent], Job]) -> Callable[[Session, JobEvent], Change]:
    def handle(session: Session, event: JobEvent) -> Change:
        job = session.job(event.job_id)
        if job is None or (job.is_over and not isinstance(event, TERMINAL_EVENTS)):
            return session, ()
        return _with(session, replace(change(job, event), awaits_answer=False)), ()

    return handle


_HANDLERS: dict[type, Callable[..., Change]] = {
    Dialled: _dialled,
    HungUp: _hung_up,
    Silence: _silence,
    BackendExited: _backend_exited,
    Troubled: _troubled,
    Dismissed: _dismissed,
    JobDismissed: _job_dismissed,
    FramesPaced: _frames_paced,
    Asked: _asked,
    Attached: _attached,
    CancelAsked: _cancel_asked,
    Wished: _wished,
    FetchAsked: _fetch_asked,
    Welcome: _welcome,
    Accepted: _accepted,
    Rejected: _rejected,
    Checkpoints: _checkpoints,
    Queued: _job_event(job_news.queued),
    Started: _job_event(job_news.started),
    Preparing: _job_event(job_news.preparing),
    CutOut: _job_event(job_news.cut_out),
    Progress: _job_event(job_news.progress),
    MeshSnapshot: _job_event(job_news.snapshot),
    TextureSnapshot: _job_event(job_news.snapshot),
    Paused: _job_event(job_news.paused),
    Finished: _job_event(job_news.finished),
    Cancelled: _job_event(job_news.cancelled),
    Failed: _failed,
}
