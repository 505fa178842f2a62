"""The job queue as a state machine: stimuli in, actions out; no socket, disk, clock or randomness inside.

The server turns what arrives into a stimulus and performs the actions in their order, so a record is always written
before the event that announces it. Tests are tables of stimuli and expected actions.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import (
    Accepted,
    Cancelled,
    CutOut,
    Event,
    Failed,
    Finished,
    Paused,
    Preparing,
    Problem,
    Progress,
    Queued,
    Started,
)
from .access.fair_places import moved
from .access.limits import Waiting, bytes_of
from .access.visible_jobs import may_see, no_such_job
from .job_list import list_of
from .jobs_at_hand import JobsAtHand
from .queue_messages import (
    Action,
    CancelArrived,
    Closing,
    FinishArrived,
    Hurry,
    Job,
    JobsRestored,
    JobState,
    Kill,
    Leaving,
    ListArrived,
    MoveArrived,
    PauseArrived,
    Publish,
    Record,
    Rest,
    ResumeArrived,
    Retire,
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
    WorkerSaved,
    WorkerSilent,
)
from .second_chances import after_checkpoint, after_death, after_restart


class JobQueue:
    """First come, first served, on a fixed set of workers. is_shared: whether clients may see each other's jobs."""

    def __init__(self, workers: Sequence[int], is_shared: bool = False) -> None:
        self._is_shared = is_shared
        self._jobs = JobsAtHand()
        self._waiting: deque[str] = deque()
        self._running: dict[int, str | None] = dict.fromkeys(workers)
        self._ready: set[int] = set()
        self._stopping: set[str] = set()
        self._pausing: set[str] = set()
        self._latest: dict[str, Preparing | Progress] = {}
        self._cut_outs: dict[str, dict[int, CutOut]] = {}
        self._told_places: dict[str, int] = {}
        self._waiting_bytes: dict[str, int] = {}

    def handle(self, stimulus: Stimulus) -> list[Action]:
        """What must be done about one thing that happened, in order."""
        match stimulus:
            case JobsRestored(jobs, progress):
                self._latest = {each.job_id: each for each in progress}
                return self._restore(jobs)
            case SubmitArrived(client, job):
                return self._submit(client, job)
            case WatchArrived():
                return self._watch(stimulus)
            case CancelArrived(job_id):
                return self._cancel(job_id)
            case PauseArrived(job_id):
                return self._pause(job_id)
            case ResumeArrived(job_id):
                return self._resume(job_id)
            case FinishArrived(job_id):
                return self._finish_early(job_id)
            case MoveArrived(job_id, place):
                return self._move(job_id, place)
            case ListArrived(client, owner):
                listed = [job for job in self._jobs if owner is None or self._may_see(owner, job)]
                return [Tell(client, list_of(listed))]
            case WorkerReady(worker):
                self._ready.add(worker)
                return []
            case WorkerSaid(worker, event):
                return self._relay(worker, event)
            case WorkerSaved(worker, job_id, overall):
                return self._note_saved(worker, job_id, overall)
            case WorkerDied(worker, reason):
                return self._mourn(worker, reason)
            case WorkerSilent(worker, seconds):
                return self._report_silence(worker, seconds)
            case StopOverdue(job_id):
                is_awaited = job_id in self._stopping or job_id in self._pausing
                return [Kill(self._worker_of(job_id))] if is_awaited else []
            case Closing():
                return self._close()
            case Leaving():
                return self._leave()

    def known_request(self, request_id: str, owner: str = "") -> str | None:
        """The job that this request of this client already has, if any."""
        return self._jobs.of_request(request_id, owner)

    def job(self, job_id: str) -> Job | None:
        """The job, if it is at hand."""
        return self._jobs.get(job_id)

    def is_hidden(self, job: Job, owner: str) -> bool:
        """Whether this is a job of somebody else, which must not exist for ``owner``."""
        return not self._may_see(owner, job)

    def waiting_of(self, owner: str) -> Waiting:
        """What of this client has not begun."""
        own = [job_id for job_id in self._waiting if self._jobs[job_id].owner == owner]
        return Waiting(len(own), sum(map(self._bytes_of, own)))

    def _bytes_of(self, job_id: str) -> int:
        # Asked of every job that waits, whenever another comes.
        if job_id not in self._waiting_bytes:
            self._waiting_bytes[job_id] = bytes_of(self._jobs[job_id].submit)
        return self._waiting_bytes[job_id]

    def running_jobs(self) -> dict[str, int]:
        """Which worker computes which job; those that rest are left out."""
        return {
            job_id: worker
            for worker, job_id in self._running.items()
            if job_id is not None and not self._jobs[job_id].is_paused
        }

    def counts(self) -> dict[str, int]:
        """How many jobs at hand are in each state; those that rest are "paused" and do not run."""
        found = Counter("paused" if job.is_paused else job.state for job in self._jobs)
        return {state: found[state] for state in (*get_args(JobState), "paused")}

    def idle_workers(self) -> list[int]:
        """Those that have no job, not even a paused one."""
        return [worker for worker, job_id in self._running.items() if job_id is None]

    def _has_worker(self, job_id: str) -> bool:
        return job_id in self._running.values()

    def _worker_of(self, job_id: str) -> int:
        return next(worker for worker, running in self._running.items() if running == job_id)

    def _restore(self, jobs: tuple[Job, ...]) -> list[Action]:
        actions: list[Action] = []
        for job in jobs:
            self._jobs.put(job)
            if job.state not in ("queued", "running"):
                self._jobs.put_by(job)
            elif job.is_paused:
                # With fewer devices than before there may be none for it; it rests all the same.
                if free := self.idle_workers():
                    self._running[free[0]] = job.job_id
                    actions.append(Retire(free[0]))
            else:
                waiting = after_restart(job)
                if isinstance(waiting, Problem):
                    actions += self._end(job, Failed(job.job_id, waiting))
                else:
                    self._waiting.append(self._jobs.put(waiting).job_id)
        return actions + self._start_waiting()

    def _submit(self, client: bytes, job: Job) -> list[Action]:
        request_id = job.submit.request_id
        known = self._jobs.of_request(request_id, job.owner)
        if known is not None:
            return [Tell(client, Accepted(request_id, known, self._jobs[known].notice))]
        self._jobs.put(job)
        self._waiting.append(job.job_id)
        return [Tell(client, Accepted(request_id, job.job_id, job.notice)), *self._start_waiting()]

    def _watch(self, asked: WatchArrived) -> list[Action]:
        client, job_id, stored = asked.client, asked.job_id, asked.stored
        has_ended = stored is not None and stored.state not in ("queued", "running")
        job = self._jobs.get(job_id) or (stored if has_ended else None)
        if job is None:
            return [Tell(client, Failed(job_id, no_such_job(job_id)))]
        if job.state == "finished":
            return [SendResult(client, job_id, job.seconds)]
        if job.state == "queued":
            return [Tell(client, Queued(job_id, self._waiting.index(job_id) + 1))]
        if job.state == "running":
            shown = self._cut_outs.get(job_id, {}).values() if asked.cut_outs else ()
            latest = [self._latest[job_id]] if job_id in self._latest else []
            rests = [Paused(job_id)] if job.is_paused and asked.pauses else []
            return [Tell(client, event) for event in (Started(job_id), *shown, *latest, *rests)]
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
        if job.is_paused:
            if self._has_worker(job_id):
                self._running[self._worker_of(job_id)] = None
            return [*self._end(job, Cancelled(job_id)), *self._start_waiting()]
        worker = self._worker_of(job_id)
        if worker not in self._ready:
            # Loading models cannot be interrupted, but nobody has to wait for it: the worker drops the job later.
            self._running[worker] = None
            return [Stop(worker, job_id), *self._end(job, Cancelled(job_id)), *self._start_waiting()]
        self._stopping.add(job_id)
        return [Stop(worker, job_id)]

    def _pause(self, job_id: str) -> list[Action]:
        job = self._jobs.get(job_id)
        if job is None or job.state != "running" or job.is_paused or job_id in self._stopping | self._pausing:
            return []
        self._pausing.add(job_id)
        return [Rest(self._worker_of(job_id), job_id, job.attempts)]

    def _resume(self, job_id: str) -> list[Action]:
        # Of a worker that was asked to pause and has not answered yet, the answer will start the job again.
        self._pausing.discard(job_id)
        job = self._jobs.get(job_id)
        if job is None or job.state != "running" or not job.is_paused:
            return []
        if not self._has_worker(job_id):
            self._waiting.append(job_id)
            return [Record(self._jobs.put(replace(job, state="queued", is_paused=False))), *self._start_waiting()]
        return self._start(self._worker_of(job_id), job)

    def _finish_early(self, job_id: str) -> list[Action]:
        job = self._jobs.get(job_id)
        if job is None or job.state not in ("queued", "running") or job_id in self._stopping:
            return []
        hurried = self._jobs.put(replace(job, finishes_early=True))
        if job.is_paused:
            return self._resume(job_id)
        self._pausing.discard(job_id)
        if job.finishes_early:
            return []
        told = [Hurry(self._worker_of(job_id), job_id)] if job.state == "running" else []
        return [Record(hurried), *told]

    def _rest(self, worker: int, job: Job) -> list[Action]:
        """The worker has stored the job and freed its device."""
        if job.job_id in self._stopping:
            self._running[worker] = None
            return [*self._end(job, Cancelled(job.job_id)), *self._start_waiting()]
        if job.job_id not in self._pausing:
            return self._start(worker, job)
        self._pausing.discard(job.job_id)
        paused = self._jobs.put(replace(job, is_paused=True))
        return [Record(paused), Publish(Paused(job.job_id))]

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
        if isinstance(event, Paused):
            return self._rest(worker, job)
        if isinstance(event, (Preparing, Progress)):
            self._latest[event.job_id] = event
        if isinstance(event, CutOut):
            # By part: a resumed job cuts its pictures out again.
            self._cut_outs.setdefault(event.job_id, {})[event.part] = event
        if isinstance(event, MeshSnapshot | TextureSnapshot) and event.job_id in self._stopping:
            return []
        return [Publish(event)]

    def _note_saved(self, worker: int, job_id: str, overall: float) -> list[Action]:
        job = self._jobs.get(job_id)
        if job is None or self._running[worker] != job_id:
            return []
        further = after_checkpoint(job, overall)
        return [] if further is None else [Record(self._jobs.put(further))]

    def _mourn(self, worker: int, reason: str) -> list[Action]:
        self._ready.discard(worker)
        job_id = self._running[worker]
        if job_id is None:
            return []
        job = self._jobs[job_id]
        if job.is_paused:
            return [Retire(worker)]
        if job_id in self._pausing:
            return [*self._rest(worker, job), Retire(worker)]
        self._running[worker] = None
        if job_id in self._stopping:
            return [*self._end(job, Cancelled(job_id)), *self._start_waiting()]
        waiting = after_death(job, reason)
        if isinstance(waiting, Problem):
            return [*self._end(job, Failed(job_id, waiting)), *self._start_waiting()]
        self._waiting.appendleft(job_id)
        return [Record(self._jobs.put(waiting)), *self._start_waiting()]

    def _report_silence(self, worker: int, seconds: float) -> list[Action]:
        job_id = self._running[worker]
        if job_id is None or job_id in self._stopping or self._jobs[job_id].is_paused:
            return []
        doing = "computing" if worker in self._ready else "starting a worker and loading models"
        text = f"{doing}, without a sign of life for {seconds:.0f} s; Cancel ends it"
        self._latest[job_id] = Preparing(job_id, text, 0.0)
        return [Publish(self._latest[job_id])]

    def _leave(self) -> list[Action]:
        """Put running jobs back: what a server finds recorded as running, and not as paused, was cut off by a crash."""
        actions: list[Action] = []
        for job in [self._jobs[job_id] for job_id in self.running_jobs()]:
            is_unwanted = job.job_id in self._stopping
            actions += self._end(job, Cancelled(job.job_id)) if is_unwanted else [Record(replace(job, state="queued"))]
        return actions

    def _close(self) -> list[Action]:
        actions: list[Action] = []
        for job in [job for job in self._jobs if job.state in ("queued", "running")]:
            actions += self._end(job, Cancelled(job.job_id))
        self._waiting.clear()
        self._running = dict.fromkeys(self._running)
        return actions

    def _start_waiting(self) -> list[Action]:
        actions: list[Action] = []
        for worker in [worker for worker, job_id in self._running.items() if job_id is None]:
            if not self._waiting:
                break
            actions += self._start(worker, self._jobs[self._waiting.popleft()])
        return actions + self._positions()

    def _start(self, worker: int, job: Job) -> list[Action]:
        job_id = job.job_id
        started = replace(job, state="running", is_paused=False, attempts=job.attempts + 1)
        self._jobs.put(started)
        self._running[worker] = job_id
        actions: list[Action] = [Record(started), Start(worker, started), Publish(Started(job_id))]
        if worker not in self._ready:
            self._latest[job_id] = Preparing(job_id, "starting a worker and loading models", 0.0)
            actions.append(Publish(self._latest[job_id]))
        return actions

    def _positions(self) -> list[Action]:
        """To those whose place is another one than they were told: of a long queue, a new job changes only its own."""
        places = {job_id: place for place, job_id in enumerate(self._waiting, start=1)}
        told, self._told_places = self._told_places, places
        return [Publish(Queued(job_id, place)) for job_id, place in places.items() if told.get(job_id) != place]

    def _may_see(self, owner: str, job: Job) -> bool:
        return may_see(owner, job.owner, self._is_shared)

    def _end(self, job: Job, event: Finished | Cancelled | Failed) -> list[Action]:
        self._stopping.discard(job.job_id)
        self._pausing.discard(job.job_id)
        self._latest.pop(job.job_id, None)
        self._cut_outs.pop(job.job_id, None)
        self._waiting_bytes.pop(job.job_id, None)
        awake = replace(job, is_paused=False)
        if isinstance(event, Finished):
            ended = replace(awake, state="finished", seconds=event.seconds)
        elif isinstance(event, Cancelled):
            ended = replace(awake, state="cancelled")
        else:
            ended = replace(awake, state="failed", problem=event.problem)
        self._jobs.put_by(ended)
        saved = [SaveResult(job.job_id, event.mesh)] if isinstance(event, Finished) else []
        return [*saved, Record(ended), Publish(event)]
