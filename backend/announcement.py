"""What the server says of itself in every Welcome: its workers' devices, kernels, memory and complaints. No IO."""

from dataclasses import replace

from ..shared.messages import DeviceMemory, Welcome
from .worker_messages import Memory, Ready

MEMORY_STEP = 128
"""MiB. Free memory is rounded down to it, so that a Welcome changes, and is news, only when the memory really did."""

STARTING = "starting"
RESTING = "paused"
"""For a device: no worker is ready yet; there is none to be, for its job is paused."""


class Announcement:
    """``now()`` is ``welcome`` with what the workers have reported so far."""

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome
        self._ready: dict[int, Ready] = {}
        self._memory: dict[int, Memory] = {}
        self._never_ready: dict[int, str] = {}
        self._resting: set[int] = set()
        self._storage = ""

    def storage_complains(self, complaint: str) -> None:
        """Why records or results are not on disk, and what to do; empty when they are."""
        self._storage = complaint

    def worker_rests(self, worker: int) -> None:
        """It has no process, because its job is paused."""
        self._resting.add(worker)

    def worker_starts(self, worker: int) -> None:
        """It is given something to do, and so a process."""
        self._resting.discard(worker)

    def worker_is_ready(self, worker: int, ready: Ready) -> None:
        self._ready[worker] = ready
        self._never_ready.pop(worker, None)

    def worker_has_memory(self, worker: int, memory: Memory) -> None:
        self._memory[worker] = memory

    def worker_died(self, worker: int, reason: str) -> None:
        """The process ended; one that never became ready is warned of until its successor is."""
        self._memory.pop(worker, None)
        if self._ready.pop(worker, None) is None:
            self._never_ready[worker] = reason

    def now(self) -> Welcome:
        known = self._ready.values()
        # Of a job that a former backend paused, nobody knows the device before it goes on.
        unknown = RESTING if self._resting else STARTING
        return replace(
            self._welcome,
            device=", ".join(ready.device for ready in known) or unknown,
            kernels=", ".join(sorted({ready.kernels for ready in known})) or unknown,
            warning=" ".join(dict.fromkeys(self._warnings())) or self._welcome.warning,
            memory=tuple(self._memories()),
        )

    def _memories(self) -> list[DeviceMemory]:
        """Each device once, however many workers share it."""
        found = {
            self._ready[worker].device: DeviceMemory(
                self._ready[worker].device, memory.free // MEMORY_STEP * MEMORY_STEP, memory.total
            )
            for worker, memory in self._memory.items()
            if worker in self._ready
        }
        return list(found.values())

    def _warnings(self) -> list[str]:
        warnings = [f"New jobs are refused: {self._storage}."] if self._storage else []
        warnings += [ready.warning for ready in self._ready.values() if ready.warning]
        return warnings + [
            f"A worker ended while it loaded ({reason}) and is started again; see the backend's log."
            for reason in self._never_ready.values()
        ]
