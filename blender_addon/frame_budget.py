"""How many faces the frames of a growing object may have, so that Blender stays quick. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_FACES = 50_000
FEWEST_FACES = 1_000

SLOW = 0.05
"""Seconds: a frame that took longer in Blender's main thread is felt."""

_QUICK = SLOW / 4
"""Well below half of it, or twice the faces would be too slow again, and the budget would swing."""

_SLOW_IN_A_ROW = 2
_QUICK_IN_A_ROW = 8
_NEARLY_FULL = 0.7


@dataclass(frozen=True)
class FrameBudget:
    """The largest number of faces that a backend is asked for, and how the last frames did."""

    max_faces: int = MOST_FACES
    slow: int = 0
    quick: int = 0

    def after(self, seconds: float, faces: int) -> FrameBudget:
        """The budget once a frame of so many faces took so many seconds to be shown.

        Half after two slow frames in a row, as one may have met a busy moment; double after eight quick ones that made
        use of it.
        """
        if seconds > SLOW:
            return self._slower(faces)
        if seconds < _QUICK and faces >= _NEARLY_FULL * self.max_faces:
            return self._quicker()
        return replace(self, slow=0, quick=0)

    def _slower(self, faces: int) -> FrameBudget:
        if self.slow + 1 < _SLOW_IN_A_ROW:
            return replace(self, slow=self.slow + 1, quick=0)
        return FrameBudget(max(min(self.max_faces, faces) // 2, FEWEST_FACES))

    def _quicker(self) -> FrameBudget:
        if self.quick + 1 < _QUICK_IN_A_ROW:
            return replace(self, slow=0, quick=self.quick + 1)
        return FrameBudget(min(self.max_faces * 2, MOST_FACES))
