"""The job queue as a state machine: stimuli in, actions out; no socket, disk, clock or randomness inside.

The server turns what arrives into a stimulus and performs the actions in their order, so a record is always written
before the event that announces it. Tests are tables of stimuli and expected actions.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from ..shared.mesh import MeshSnapshot
from ..shared.messages import (
    Accepted,
    Cancelled,
    CutOut,
    Event,
    Failed,
    Finished,
    Jobs,
    Preparing,
    Problem,
    Progress,
    Queued,
    Started,
    Submit,
    TextPrompt,
)
from .access.fair_places import moved
from .access.visible_jobs import may_see, no_such_job
from .queue_messages import (
    Action,
    CancelArrived,
    Closing,
    Job,
    JobsRestored,
    Kill,
    Leaving,
    ListArrived,
    MoveArrived,
    Publish,
    Record,
    SaveResult,
    SendResult,
    Start,
    Stimulus,
    Stop,
    StopOverdue,
    SubmitArrived,
    Tell,
    WatchArrived,
    WorkerDied,
    WorkerReady,
    WorkerSaid,
    WorkerSilent,
)

MAX_ATTEMPTS = 2
"""A job whose worker died is resumed once; a second death fails it."""

REMEMBERED = 200
"""How many ended jobs are kept at hand; older ones stay on disk."""


class JobQueue:
    """First come, first served, on a fixed set of workers. is_shared: whether clients may see each other's jobs."""

    def __init__(self, workers: Sequence[int], is_shared: bool = False) -> None:
        self._is_shared = is_shared
        self._jobs: dict[str, Job] = {}
        self._by_request: dict[tuple[str, str], str] = {}
        self._waiting: deque[str] = deque()
        self._running: dict[int, str | None] = dict.fromkeys(workers)
        self._ready: set[int] = set()
        self._stopping: set[str] = set()
        self._latest: dict[str, Preparing | Progress] = {}
        self._cut_outs: dict[str, dict[int, CutOut]] = {}
        self._deaths: Counter[str] = Counter()
        self._ended: deque[str] = deque()

    def handle(self, stimulus: Stimulus) -> list[Action]:
        """What must be done about one thing that happened, in order."""
        match stimulus:
            case JobsRestored(jobs):
                return self._restore(jobs)
            case SubmitArrived(client, submit, job_id, notice, owner):
                return self._submit(client, Job(job_id, submit, notice, owner=owner))
            case WatchArrived(client, job_id, cut_outs):
                return self._watch(client, job_id, cut_outs)
            case CancelArrived(job_id):
                return self._cancel(job_id)
            case MoveArrived(job_id, place):
                return self._move(job_id, place)
            case ListArrived(client, owner):
                listed = (job for job in self._jobs.values() if owner is None or self._may_see(owner, job))
                return [Tell(client, Jobs(tuple(job.info() for job in listed)))]
            case WorkerReady(worker):
                self._ready.add(worker)
                return []
            case WorkerSaid(worker, event):
                return self._relay(worker, event)
            case WorkerDied(worker, reason):
                return self._mourn(worker, reason)
            case WorkerSilent(worker, seconds):
                return self._report_silence(worker, seconds)
            case StopOverdue(job_id):
                return [Kill(worker) for worker, running in self._running.items() if running == job_id]
            case Closing():
                return self._close()
            case Leaving():
                return self._leave()

    def known_request(self, request_id: str, owner: str = "") -> str | None:
        """The job that this request of this client already has, if any."""
        return self._by_request.get((owner, request_id))

    def is_hidden(self, job_id: str, owner: str) -> bool:
        """Whether this is a job of somebody else, which must not exist for ``owner``."""
        job = self._jobs.get(job_id)
        return job is not None and not self._may_see(owner, job)

    def waiting_of(self, owner: str) -> list[Submit]:
        """The requests of this client that have not begun."""
        return [self._jobs[job_id].submit for job_id in self._waiting if self._jobs[job_id].owner == owner]

    def running_jobs(self) -> dict[str, int]:
        """Which worker runs which job."""
        return {job_id: worker for worker, job_id in self._running.items() if job_id is not None}

    def _restore(self, jobs: tuple[Job, ...]) -> list[Action]:
        actions: list[Action] = []
        for job in jobs:
            self._add(job)
            if job.state == "running" and job.attempts >= MAX_ATTEMPTS:
                actions += self._end(job, Failed(job.job_id, _died_too_often("the backend itself ended")))
            elif job.state in ("queued", "running"):
                self._jobs[job.job_id] = replace(job, state="queued")
                self._waiting.append(job.job_id)
            else:
                self._put_by(job)
        return actions + self._start_waiting()

    def _submit(self, client: bytes, job: Job) -> list[Action]:
        request_id = job.submit.request_id
        known = self.known_request(request_id, job.owner)
        if known is not None:
            return [Tell(client, Accepted(request_id, known, self._jobs[known].notice))]
        self._add(job)
        self._waiting.append(job.job_id)
        return [Record(job), Tell(client, Accepted(request_id, job.job_id, job.notice)), *self._start_waiting()]

    def _watch(self, client: bytes, job_id: str, cut_outs: bool) -> list[Action]:
        job = self._jobs.get(job_id)
        if job is None:
            return [Tell(client, Failed(job_id, no_such_job(job_id)))]
        if job.state == "finished":
            return [SendResult(client, job_id, job.seconds)]
        if job.state == "queued":
            return [Tell(client, Queued(job_id, self._waiting.index(job_id) + 1))]
        if job.state == "running":
            shown = self._cut_outs.get(job_id, {}).values() if cut_outs else ()
            latest = [self._latest[job_id]] if job_id in self._latest else []
            return [Tell(client, event) for event in (Started(job_id), *shown, *latest)]
        return [Tell(client, Cancelled(job_id) if job.problem is None else Failed(job_id, job.problem))]

    def _cancel(self, job_id: str) -> list[Action]:
        job = self._jobs.get(job_id)
        if job is None or job.state not in ("queued", "running"):
            return []
        if job.state == "queued":
            self._waiting.remove(job_id)
            return [*self._end(job, Cancelled(job_id)), *self._positions()]
        if job_id in self._stopping:
            return []
        worker = self.running_jobs()[job_id]
        if worker not in self._ready:
            # Loading models cannot be interrupted, but nobody has to wait for it: the worker drops the job later.
            self._running[worker] = None
            return [Stop(worker, job_id), *self._end(job, Cancelled(job_id)), *self._start_waiting()]
        self._stopping.add(job_id)
        return [Stop(worker, job_id)]

    def _move(self, job_id: str, place: int) -> list[Action]:
        if job_id not in self._waiting:
            return []
        owner = self._jobs[job_id].owner
        order = moved(self._waiting, job_id, place, lambda other: self._may_see(owner, self._jobs[other]))
        self._waiting = deque(order)
        return self._positions()

    def _relay(self, worker: int, event: Event) -> list[Action]:
        if self._running[worker] != event.job_id:
            return []
        job = self._jobs[event.job_id]
        if isinstance(event, (Finished, Cancelled, Failed)):
            self._running[worker] = None
            return [*self._end(job, event), *self._start_waiting()]
        if isinstance(event, (Preparing, Progress)):
            self._latest[event.job_id] = event
        if isinstance(event, CutOut):
            # By part: a resumed job cuts its pictures out again.
            self._cut_outs.setdefault(event.job_id, {})[event.part] = event
        if isinstance(event, MeshSnapshot) and event.job_id in self._stopping:
            return []
        return [Publish(event)]

    def _mourn(self, worker: int, reason: str) -> list[Action]:
        self._ready.discard(worker)
        job_id, self._running[worker] = self._running[worker], None
        if job_id is None:
            return []
        job = self._jobs[job_id]
        if job_id in self._stopping:
            return [*self._end(job, Cancelled(job_id)), *self._start_waiting()]
        self._deaths[job_id] += 1
        if self._deaths[job_id] >= MAX_ATTEMPTS:
            return [*self._end(job, Failed(job_id, _died_too_often(reason))), *self._start_waiting()]
        waiting = replace(job, state="queued")
        self._jobs[job_id] = waiting
        self._waiting.appendleft(job_id)
        return [Record(waiting), *self._start_waiting()]

    def _report_silence(self, worker: int, seconds: float) -> list[Action]:
        job_id = self._running[worker]
        if job_id is None or job_id in self._stopping:
            return []
        doing = "computing" if worker in self._ready else "starting a worker and loading models"
        text = f"{doing}, without a sign of life for {seconds:.0f} s; Cancel ends it"
        self._latest[job_id] = Preparing(job_id, text, 0.0)
        return [Publish(self._latest[job_id])]

    def _leave(self) -> list[Action]:
        """Put running jobs back: what a server finds recorded as running was cut off by a crash."""
        actions: list[Action] = []
        for job in [self._jobs[job_id] for job_id in self.running_jobs()]:
            is_unwanted = job.job_id in self._stopping
            actions += self._end(job, Cancelled(job.job_id)) if is_unwanted else [Record(replace(job, state="queued"))]
        return actions

    def _close(self) -> list[Action]:
        actions: list[Action] = []
        for job in [job for job in self._jobs.values() if job.state in ("queued", "running")]:
            actions += self._end(job, Cancelled(job.job_id))
        self._waiting.clear()
        self._running = dict.fromkeys(self._running)
        return actions

    def _start_waiting(self) -> list[Action]:
        actions: list[Action] = []
        for worker in [worker for worker, job_id in self._running.items() if job_id is None]:
            if not self._waiting:
                break
            job_id = self._waiting.popleft()
            job = self._jobs[job_id]
            started = replace(job, state="running", attempts=job.attempts + 1)
            self._jobs[job_id] = started
            self._running[worker] = job_id
            actions += [Record(started), Start(worker, started), Publish(Started(job_id))]
            if worker not in self._ready:
                self._latest[job_id] = Preparing(job_id, "starting a worker and loading models", 0.0)
                actions.append(Publish(self._latest[job_id]))
        return actions + self._positions()

    def _positions(self) -> list[Action]:
        return [Publish(Queued(job_id, place)) for place, job_id in enumerate(self._waiting, start=1)]

    def _add(self, job: Job) -> None:
        self._jobs[job.job_id] = job
        self._by_request[job.owner, job.submit.request_id] = job.job_id

    def _may_see(self, owner: str, job: Job) -> bool:
        return may_see(owner, job.owner, self._is_shared)

    def _end(self, job: Job, event: Finished | Cancelled | Failed) -> list[Action]:
        self._stopping.discard(job.job_id)
        self._latest.pop(job.job_id, None)
        self._cut_outs.pop(job.job_id, None)
        if isinstance(event, Finished):
            ended = replace(job, state="finished", seconds=event.seconds)
        elif isinstance(event, Cancelled):
            ended = replace(job, state="cancelled")
        else:
            ended = replace(job, state="failed", problem=event.problem)
        self._deaths.pop(job.job_id, None)
        self._put_by(ended)
        saved = [SaveResult(job.job_id, event.mesh)] if isinstance(event, Finished) else []
        return [*saved, Record(ended), Publish(event)]

    def _put_by(self, ended: Job) -> None:
        """Keep an ended job for those who ask, without the bytes of its files; forget the oldest."""
        self._jobs[ended.job_id] = replace(ended, submit=_without_files(ended.submit))
        self._ended.append(ended.job_id)
        if len(self._ended) > REMEMBERED:
            forgotten = self._jobs.pop(self._ended.popleft())
            self._by_request.pop((forgotten.owner, forgotten.submit.request_id), None)


def _died_too_often(reason: str) -> Problem:
    return Problem(
        "internal",
        f"The worker process ended {MAX_ATTEMPTS} times while it ran this job ({reason}).",
        "See the backend's log; 'any-to-3d doctor' checks the installation. A smaller preset needs less memory.",
    )


def _without_files(submit: Submit) -> Submit:
    parts = (
        part if isinstance(part.prompt, TextPrompt) else replace(part, prompt=type(part.prompt)(b""))
        for part in submit.prompts
    )
    return replace(submit, prompts=tuple(parts))
