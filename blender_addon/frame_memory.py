"""The shapes that objects had while they grew, in memory only and within a budget. No Blender in here."""

from __future__ import annotations

from ..shared.mesh import MeshSnapshot

MOST_FRAMES = 60
"""Of one job."""

BUDGET = 64 * 2**20
"""Bytes of all jobs together."""

_FEWEST = 4
"""Of a job; before it keeps fewer, the oldest job forgets all of its own."""


class FrameMemory:
    """Frames of each job, oldest first, evenly spread over its time."""

    def __init__(self, most: int = MOST_FRAMES, budget: int = BUDGET) -> None:
        self._most, self._budget = most, budget
        self._frames: dict[str, list[MeshSnapshot]] = {}
        self._strides: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def keep(self, job_id: str, frame: MeshSnapshot) -> None:
        """Remember a frame that is newer than all of this job's, unless it is one of those to be left out."""
        place = self._seen.get(job_id, 0)
        self._seen[job_id] = place + 1
        if place % self._strides.setdefault(job_id, 1):
            return
        kept = self._frames.setdefault(job_id, [])
        kept.append(frame)
        if len(kept) > self._most:
            self._thin(job_id)
        while self._size() > self._budget and self._frames:
            self._make_room()

    def frames(self, job_id: str) -> tuple[MeshSnapshot, ...]:
        """What is remembered, oldest first; its first frame is always the first that there was."""
        return tuple(self._frames.get(job_id, ()))

    def _thin(self, job_id: str) -> None:
        self._frames[job_id] = self._frames[job_id][::2]
        self._strides[job_id] *= 2

    def _make_room(self) -> None:
        largest = max(self._frames, key=lambda each: _bytes(self._frames[each]))
        if len(self._frames[largest]) > _FEWEST:
            self._thin(largest)
        else:
            del self._frames[next(iter(self._frames))]

    def _size(self) -> int:
        return sum(_bytes(kept) for kept in self._frames.values())


def _bytes(frames: list[MeshSnapshot]) -> int:
    """Frames of one topology share their faces, which count once."""
    arrays = (array for frame in frames for array in (frame.vertices, frame.faces, frame.colors) if array is not None)
    return sum(array.nbytes for array in {id(array): array for array in arrays}.values())
