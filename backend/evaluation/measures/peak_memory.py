"""The most memory a stretch of work held, by sampling: the operating system's own peak cannot be reset portably."""

import threading
from types import TracebackType

import psutil

_PERIOD = 0.05


class PeakMemory:
    """Samples this process's resident memory 20 times a second while the ``with`` block runs.

    ``lap()`` gives the peak in MiB since the start or the last lap. A shorter spike than the period can be missed.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._peak = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._sample, name="peak-memory", daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def lap(self) -> float:
        """Peak in MiB since the last lap; a new lap begins."""
        with self._lock:
            peak = max(self._peak, self._process.memory_info().rss)
            self._peak = 0
        return peak / 2**20

    def _sample(self) -> None:
        while not self._stopped.wait(_PERIOD):
            with self._lock:
                self._peak = max(self._peak, self._process.memory_info().rss)
