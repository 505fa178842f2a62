"""Since when each worker has been silent about its job, and when to say so. The clock is the caller's."""

from collections.abc import Iterable

REPORT_SECONDS = 60.0
"""A step of the big models on a processor can take that long, so silence is reported and nobody is ended for it."""


class SilenceWatch:
    """Told of every sign of life; names the busy workers whose silence is to be reported, again after each interval."""

    def __init__(self, interval: float = REPORT_SECONDS) -> None:
        self._interval = interval
        self._heard: dict[int, float] = {}
        self._reported: dict[int, float] = {}

    def heard(self, worker: int, now: float) -> None:
        """The worker said something, or was just given a job."""
        self._heard[worker] = self._reported[worker] = now

    def to_report(self, busy: Iterable[int], now: float) -> list[tuple[int, float]]:
        """Workers and for how many seconds they have been silent."""
        due = [worker for worker in busy if now - self._reported.setdefault(worker, now) >= self._interval]
        for worker in due:
            self._reported[worker] = now
        return [(worker, now - self._heard.get(worker, now)) for worker in due]
