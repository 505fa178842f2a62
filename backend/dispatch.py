"""What the queue has decided, done: to the clients' mailboxes, to the disk, and to the workers."""

import logging
import time
from collections.abc import Mapping
from typing import assert_never

from ..shared.messages import Failed, Finished, Problem
from .announcement import Announcement
from .outbox import Outbox
from .pool import Pool
from .queue_messages import (
    Action,
    Hurry,
    Job,
    Kill,
    Publish,
    Record,
    Rest,
    Retire,
    SaveResult,
    SendResult,
    Start,
    Stop,
    Tell,
    parent_of,
)
from .safekeeping import Safekeeping
from .silence import SilenceWatch
from .store import JobStore, ResultGone
from .worker_messages import FinishJob, PauseJob, Run, StopJob, WantSnapshot

log = logging.getLogger(__name__)

STOP_SECONDS = 1.2
"""A worker that has not stopped a job by then is ended; Cancel is promised within two seconds."""

PAUSE_SECONDS = 10.0
"""Likewise for a pause: longer, for what the job has computed since its last checkpoint is then computed again."""


class Dispatch:
    """Performs actions in the order in which they are given, so a record is written before what announces it."""

    def __init__(
        self,
        outbox: Outbox,
        store: JobStore,
        keeping: Safekeeping,
        pool: Pool,
        silence: SilenceWatch,
        announcement: Announcement,
    ) -> None:
        self._outbox, self._store, self._keeping, self._pool, self._silence = outbox, store, keeping, pool, silence
        self._announcement = announcement
        self._deadlines: dict[str, float] = {}
        self._snapshot_asked: set[str] = set()

    def perform(self, action: Action) -> None:
        """Do it. A disk that takes nothing is no error here: see Safekeeping."""
        match action:
            case Tell(client, message):
                self._outbox.put(client, message)
            case Publish(event):
                self._outbox.publish(event)
            case Record(job):
                self._keeping.save(job)
                state = "paused" if job.is_paused else job.state
                log.info("job=%s state=%s attempts=%d saved=%.3f", job.job_id, state, job.attempts, job.saved)
            case SaveResult(job_id, mesh):
                self._keeping.save_result(job_id, mesh)
            case SendResult(client, job_id, seconds):
                self._outbox.put(client, self.stored_result(job_id, seconds))
            case Start(worker, job):
                self._start(worker, job)
            case Stop(worker, job_id):
                self._deadlines[job_id] = time.monotonic() + STOP_SECONDS
                self._pool.send(worker, StopJob(job_id))
            case Rest(worker, job_id, attempt):
                self._deadlines[job_id] = time.monotonic() + PAUSE_SECONDS
                self._pool.send(worker, PauseJob(job_id, attempt))
            case Hurry(worker, job_id):
                self._pool.send(worker, FinishJob(job_id))
            case Kill(worker):
                self._pool.kill(worker)
            case Retire(worker):
                self._pool.retire(worker)
                self._announcement.worker_rests(worker)
            case _:
                assert_never(action)

    def overdue(self, now: float) -> list[str]:
        """Jobs whose workers have not answered a stop or a pause in time; each is named once."""
        late = [job_id for job_id, deadline in self._deadlines.items() if now >= deadline]
        for job_id in late:
            del self._deadlines[job_id]
        return late

    def ask_for_snapshots(self, running: Mapping[str, int]) -> None:
        """One of each running job (worker by job) that some client could be sent; the next when that one has come."""
        self._snapshot_asked &= running.keys()
        for job_id, worker in running.items():
            faces = self._outbox.wanted_faces(job_id)
            if faces is not None and job_id not in self._snapshot_asked:
                self._snapshot_asked.add(job_id)
                self._pool.send(worker, WantSnapshot(job_id, faces, self._outbox.wanted_texture(job_id)))

    def snapshot_came(self, job_id: str) -> None:
        """The worker has answered; it may be asked again."""
        self._snapshot_asked.discard(job_id)

    def _start(self, worker: int, job: Job) -> None:
        self._snapshot_asked.discard(job.job_id)
        self._deadlines.pop(job.job_id, None)
        self._silence.heard(worker, time.monotonic())
        self._announcement.worker_starts(worker)
        parent = parent_of(job.submit)
        source = str(self._store.folder_of(parent)) if parent else ""
        folder = str(self._store.folder_of(job.job_id))
        self._pool.send(worker, Run(job.job_id, job.submit, folder, job.attempts, source, job.finishes_early))

    def stored_result(self, job_id: str, seconds: float) -> Finished | Failed:
        """A finished job's end as its watchers are told it; Failed where its result cannot be read any more."""
        try:
            return Finished(job_id, self._keeping.result(job_id), seconds)
        except ResultGone as gone:
            log.info("job=%s gone=%s", job_id, gone)
            message = f"The result of job {job_id} has been deleted."
            return Failed(job_id, Problem("unavailable", message, "Generate it again."))
        except ValueError as error:
            log.warning("job=%s unreadable=%s", job_id, error)
            return Failed(job_id, Problem("internal", "The stored result cannot be read.", "Generate it again."))
