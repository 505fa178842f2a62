"""Which ended jobs may be deleted to keep the data folder small: never one that is pinned, waits, runs or is needed.

A computer's clock may jump, by years, and back: no job is to be deleted because of it. So the oldest are those that
were accepted first, and their age is told by whichever of two clocks makes them younger: the computer's, or one that
nobody sets and that has run on from it since the backend started.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from .store import JobStore, StoredJob

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600.0
FIRST_SWEEP_SECONDS = 600.0
"""After the start: a computer that was switched on just now may not have asked for the right time yet."""

SECONDS_OF_A_DAY = 86_400.0
BYTES_OF_A_GB = 1e9


@dataclass(frozen=True)
class Rule:
    """What is kept. Neither limit: everything."""

    days: float | None = None
    gigabytes: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("days", self.days), ("gigabytes", self.gigabytes)):
            if value is not None and not value >= 0:
                raise ValueError(f"the {name} to keep jobs within are {value:g}; choose 0 or more")

    @property
    def keeps_everything(self) -> bool:
        return self.days is None and self.gigabytes is None


KEEP_EVERYTHING = Rule()


def to_delete(jobs: Iterable[StoredJob], rule: Rule, now: float) -> list[StoredJob]:
    """Those that are too old, then the first others until what is left is small enough.

    jobs: in the order in which they were accepted; the chosen ones keep it.  now: Unix seconds.
    """
    jobs = list(jobs)
    free = [job for job in jobs if not job.is_kept]
    chosen = [] if rule.days is None else [job for job in free if now - job.touched > rule.days * SECONDS_OF_A_DAY]
    if rule.gigabytes is not None:
        too_much = sum(job.bytes for job in jobs) - sum(job.bytes for job in chosen) - rule.gigabytes * BYTES_OF_A_GB
        for job in (job for job in free if job not in chosen):
            if too_much <= 0:
                break
            chosen.append(job)
            too_much -= job.bytes
    return chosen


def elapsed() -> float:
    """Seconds from any start, which nobody sets; with the time that the computer slept, where the system tells it."""
    # Linux' monotonic clock stands still meanwhile.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Retention:
    """Applies a rule once an hour, one job at a time, so that the server's loop never waits for long.

    wall_clock: the time now in Unix seconds, and ``now`` the same moment on a clock that nobody sets.
    """

    def __init__(self, store: JobStore, rule: Rule, now: float, wall_clock: float) -> None:
        self._store, self._rule = store, rule
        self._chosen: list[StoredJob] = []
        self._look_at = now + FIRST_SWEEP_SECONDS
        self._behind = wall_clock - now

    def sweep(self, now: float, wall_clock: float) -> None:
        """Delete the next job that is due, if any."""
        if self._rule.keeps_everything:
            return
        try:
            self._delete_next(now, wall_clock)
        except OSError as error:
            log.warning("retention=failed %s", error)

    def _delete_next(self, now: float, wall_clock: float) -> None:
        if not self._chosen and now >= self._look_at:
            self._look_at = now + SWEEP_SECONDS
            self._chosen = to_delete(self._store.stored_jobs(), self._rule, min(wall_clock, now + self._behind))
        if not self._chosen:
            return
        job = self._chosen.pop(0)
        # Since it was chosen it may have been pinned, or another may have begun to go on from it.
        if not self._store.is_kept(job.job_id):
            self._store.delete(job.job_id)
            self._store.give_back()
            log.info("job=%s deleted bytes=%d", job.job_id, job.bytes)
