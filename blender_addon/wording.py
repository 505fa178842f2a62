"""What the panel says about a session, as plain sentences. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..shared.messages import CutOut, Operation
from .state import Job, Session, Wish

_NO_DEVICE_YET = {"starting": "starting up", "paused": "with their job paused"}
"""What a backend calls its device until a worker has reported one."""

DEMO = "demo"
"""The profile of this add-on's own demo."""

_WISHES: dict[Wish, str] = {"pause": "Pausing", "resume": "Going on", "finish_now": "Finishing as it is"}

ABILITIES: dict[Operation, str] = {
    "retexture": "paint objects anew",
    "refine": "begin with a mesh",
    "continue": "go on from what it has stored of a job",
    "until": "stop after the shape",
    "seen_from": "take into account from where a picture is seen",
    "pause": "pause jobs",
    "finish_now": "finish a job early",
    "checkpoints": "tell what it has stored of a job",
}
"""What a backend can do, in words that follow 'cannot'."""


def connection_line(session: Session) -> str:
    """One line: who is connected, or what stands in the way."""
    backend = session.backend
    if session.connection == "connected" and backend is not None:
        if backend.profile == DEMO:
            return "The demo, which plays a recording"
        place = _NO_DEVICE_YET.get(backend.device, f"on {backend.device}")
        return f"{_models(backend.profile)} {place}, {_release(backend.backend_version)}"
    return {
        "offline": "No backend connected",
        "connecting": f"Waiting for {session.address}",
        "lost": f"{session.address} does not answer; still trying",
        "refused": f"{session.address} is of another version",
    }.get(session.connection, session.connection)


def made_by(profile: str, version: str, date: str) -> str:
    """By whom and when (ISO 8601) an object was made, as far as it knows; empty if it does not."""
    parts = (_models(profile) if profile else "", _release(version) if version else "", date[:10])
    return ", ".join(part for part in parts if part)


def _models(profile: str) -> str:
    return {"builtin": "Built-in models", "full": "Full-size models"}.get(profile, profile)


def _release(version: str) -> str:
    return "run from source" if version == "source" else f"version {version}"


def memory_lines(session: Session) -> list[str]:
    """A line for each of the backend's devices: how much of its memory is free."""
    devices = session.backend.memory if session.backend else ()
    return [
        f"{each.device}: {each.free / 1024:.1f} of {each.total / 1024:.1f} GB free"
        if len(devices) > 1
        else f"{each.free / 1024:.1f} of {each.total / 1024:.1f} GB of memory free"
        for each in devices
    ]


def why_not_generate(session: Session) -> str:
    """Why Generate is greyed out, with what to do; empty if it is not."""
    if session.connection == "connected":
        return ""
    return {
        "offline": "No backend is connected. Start one, connect to one, or try the demo",
        "connecting": f"The backend at {session.address} has not answered yet",
        "lost": f"The backend at {session.address} stopped answering. Start it again, or wait until it is back",
        "refused": "The backend speaks another protocol version. Update the add-on and the backend",
    }[session.connection]


def why_not(session: Session, operation: Operation) -> str:
    """Why the backend cannot be asked for this, with what to do; empty if it can."""
    reason = why_not_generate(session)
    if reason or session.offers(operation):
        return reason
    if demo_line(session):
        return f"The demo cannot {ABILITIES[operation]}: it plays a recording. Start a backend for that"
    return f"The connected backend cannot {ABILITIES[operation]}. Use a newer one"


def stored_line(session: Session, job_id: str) -> str:
    """What the backend has stored of a job to go on from, as far as it has said so."""
    stored = session.checkpoints_of(job_id)
    if stored is None:
        return "The backend goes on from the newest state that it has stored"
    if not stored.checkpoints:
        return "The backend has nothing stored of this job any more: it was removed, or never got that far"
    return "Stored: " + ", ".join(f"{each.name} ({each.step} of {each.steps} steps)" for each in stored.checkpoints)


def why_not_demo(session: Session, is_starting: bool, runs_demo: bool) -> str:
    """Why the demo cannot be tried now; empty if it can. ``runs_demo``: it does already, with its own jobs."""
    if session.connection == "connected":
        return "A backend is connected. Disconnect from it first"
    if is_starting:
        return "The backend is starting"
    if session.active_jobs and not runs_demo:
        return "Jobs of a backend are not finished, and the demo does not have them. Connect to it, or cancel them"
    return ""


def demo_line(session: Session) -> str:
    """What must be known while the demo is connected; empty otherwise."""
    if session.connection != "connected" or session.backend is None or session.backend.profile != DEMO:
        return ""
    return "This is the demo: every prompt gives the same recorded object"


def job_line(session: Session, job: Job, has_mesh: bool = True) -> str:
    """What a job is doing: its phase, its place in the queue, or how it ended. has_mesh: whether one of it is there."""
    if job.awaits_answer and job.job_id and not job.is_over:
        return "Asking the backend how far it is"
    if job.cancel_asked and not job.is_over:
        return "Cancelling"
    if job.wish and not job.is_over:
        return _WISHES[job.wish]
    if job.rests:
        return "Paused; the backend's memory is free for something else"
    if job.state == "running":
        return _phase(session, job) if job.phase else _preparing(job)
    return {
        "sending": "Sent",
        "queued": f"In the queue behind {job.position}" if job.position else "Next in the queue",
        "finished": f"Finished in {duration(job.seconds)}" if job.seconds is not None else "Finished",
        "cancelled": _cancelled(job, has_mesh),
        "failed": "Failed",
    }[job.state]


def _cancelled(job: Job, has_mesh: bool) -> str:
    if job.origin.retextured:
        return "Cancelled; the object looks as before"
    return "Cancelled; its mesh so far is kept" if has_mesh else "Cancelled"


def cut_out_line(cut_out: CutOut) -> str:
    """What was done to a picture: by which method it was cut out, or why it was not."""
    if cut_out.method == "none":
        return cut_out.notice
    return f"Cut out by {cut_out.method}. {cut_out.notice}".strip().removesuffix(".")


@dataclass(frozen=True)
class Bar:
    """A progress bar; fraction in [0, 1]."""

    fraction: float
    text: str


def phase_bars(session: Session, job: Job) -> tuple[Bar, ...]:
    """One for each phase of the job's recipe, in order; of an unknown recipe only the present one."""
    recipe = session.recipe(job.origin.recipe)
    phases = recipe.phases if recipe else ()
    if job.phase not in phases:
        return (_present_bar(job),) if job.phase else tuple(Bar(0.0, name.capitalize()) for name in phases)
    present = phases.index(job.phase)
    done, to_come = phases[:present], phases[present + 1 :]
    return (
        *(Bar(1.0, name.capitalize()) for name in done),
        _present_bar(job),
        *(Bar(0.0, name.capitalize()) for name in to_come),
    )


def _present_bar(job: Job) -> Bar:
    fraction = job.step / job.steps if job.steps else 0.0
    return Bar(fraction, f"{job.phase.capitalize()}: step {job.step} of {job.steps}")


def progress_text(job: Job) -> str:
    """The text in the overall progress bar."""
    percent = f"{100 * job.overall:.0f} %"
    return percent if job.seconds_left is None else f"{percent}, {duration(job.seconds_left)} left"


def pace_line(job: Job) -> str:
    """How long a running job has taken and how fast it is; empty while nothing is known."""
    elapsed = f"{duration(job.elapsed)} so far" if job.elapsed else ""
    pace = f"{job.pace:.1f} steps/s" if job.pace else ""
    return ", ".join(part for part in (elapsed, pace) if part)


def history_line(outcome: str, preset: str, seconds: float, when: str) -> str:
    """How an entry of the history ended, and when it was asked for (ISO 8601)."""
    day, _, time = when.partition("T")
    took = f" in {duration(seconds)}" if seconds else ""
    ended = {"asked": "Not finished", "finished": f"Finished{took}"}.get(outcome, outcome.capitalize())
    parts = (ended, f"preset {preset}" if preset else "", f"{day} {time[:5]}".strip())
    return ", ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """
    >>> duration(8.4), duration(95), duration(3700)
    ('8 s', '1 min 35 s', '1 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _preparing(job: Job) -> str:
    return job.activity[:1].upper() + job.activity[1:] or "Starting"


def _phase(session: Session, job: Job) -> str:
    recipe = session.recipe(job.origin.recipe)
    name = job.phase.capitalize()
    if recipe is None or job.phase not in recipe.phases:
        return name
    return f"{name}, phase {recipe.phases.index(job.phase) + 1} of {len(recipe.phases)}"
