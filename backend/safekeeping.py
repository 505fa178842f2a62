"""Records and results that the disk does not take at the moment: kept at hand, and written as soon as it does.

A full disk is no reason to end the jobs of others, nor to lose a result that took an hour. What has not been written is
told to whoever watches, stays in memory, and is tried again every few seconds; only new jobs are refused meanwhile.
If the server ends before that, the record on disk still says that the job runs, so it goes on from its last checkpoint.
"""

import logging

from ..shared.mesh import TexturedMesh
from .queue_messages import Job
from .store import JobStore, reason_for_clients

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class Safekeeping:
    """Between the server and its store. Times are seconds from any one clock."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._records: dict[str, Job] = {}
        self._results: dict[str, TexturedMesh] = {}
        self._retry_at = 0.0
        self.complaint = ""
        """Why something is not on disk, and what to do, for clients; empty while all is."""
        self._logged = ""

    def save(self, job: Job) -> None:
        """Write the record, now or later: a finished job's never before its result."""
        if job.job_id in self._results:
            self._records[job.job_id] = job
            return
        try:
            self._store.save(job)
        except OSError as error:
            self._records[job.job_id] = job
            self._complain(error)
        else:
            self._records.pop(job.job_id, None)

    def save_result(self, job_id: str, mesh: TexturedMesh) -> None:
        """Write the result, now or later."""
        try:
            self._store.save_result(job_id, mesh)
        except OSError as error:
            self._results[job_id] = mesh
            self._complain(error)

    def result(self, job_id: str) -> TexturedMesh:
        """A finished job's mesh, from the disk or from those that wait for it. Raises ValueError."""
        waiting = self._results.get(job_id)
        return self._store.load_result(job_id) if waiting is None else waiting

    def retry(self, now: float) -> None:
        """Try what has not been written, at most once in a few seconds."""
        if not self.complaint or now < self._retry_at:
            return
        self._retry_at = now + RETRY_SECONDS
        self.complaint = ""
        results, self._results = self._results, {}
        for job_id, mesh in results.items():
            self.save_result(job_id, mesh)
        for job in list(self._records.values()):
            self.save(job)
        if not self.complaint:
            self._logged = ""
            log.info("storage=writable again")

    def _complain(self, error: OSError) -> None:
        # Once for each reason: every few seconds the same is found again.
        if str(error) != self._logged:
            self._logged = str(error)
            log.error("storage=unwritable %s", error)
        self.complaint = reason_for_clients(error)
