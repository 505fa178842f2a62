"""Numbers that change while a phase runs, as data; ``progress`` is the finished fraction of the phase in [0, 1]."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Piecewise:
    """Straight lines between (progress, value) points; constant before the first and after the last.

    >>> Piecewise(((0.0, 100.0), (1.0, 30.0)))(0.5)
    65.0
    """

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.points or any(b[0] < a[0] for a, b in zip(self.points, self.points[1:], strict=False)):
            raise ValueError(f"a schedule needs points with increasing progress, got {self.points}")

    def __call__(self, progress: float) -> float:
        if progress <= self.points[0][0]:
            return self.points[0][1]
        for (start, before), (end, after) in zip(self.points, self.points[1:], strict=False):
            if progress < end:
                return before + (after - before) * (progress - start) / (end - start)
        return self.points[-1][1]


@dataclass(frozen=True)
class SquareRoot:
    """start + (end - start) * sqrt(progress): fast at first (HiFA, Consistent3D).

    >>> SquareRoot(0.3, 0.02)(0.25)
    0.16
    """

    start: float
    end: float

    def __call__(self, progress: float) -> float:
        return self.start + (self.end - self.start) * math.sqrt(min(max(progress, 0.0), 1.0))


Schedule = Piecewise | SquareRoot
Scheduled = float | Schedule
"""A number, or a schedule of it."""


def value_at(number: Scheduled, progress: float) -> float:
    """The number now."""
    return float(number) if isinstance(number, int | float) else number(progress)


def highest(number: Scheduled) -> float:
    """The largest value it ever takes."""
    match number:
        case Piecewise(points):
            return max(value for _, value in points)
        case SquareRoot(start, end):
            return max(start, end)
        case _:
            return float(number)


def linear(start: float, end: float) -> Piecewise:
    """From ``start`` to ``end`` over the whole phase."""
    return Piecewise(((0.0, start), (1.0, end)))


def from_steps(numbers: list[float], steps: int) -> Scheduled:
    """Read threestudio's list notation for a phase of ``steps`` steps (threestudio utils/misc.py).

    [v] is constant; [v0, v1, end] starts at step 0; [start, v0, v1, end] is linear and clamped; further pairs
    (value, step) continue it. Raises ValueError for other lengths.

    >>> from_steps([0, 100, 30, 3000], 3000)
    Piecewise(points=((0.0, 100.0), (1.0, 30.0)))
    """
    if len(numbers) == 1:
        return float(numbers[0])
    if len(numbers) == 3:
        numbers = [0, *numbers]
    if len(numbers) < 4 or len(numbers) % 2:
        raise ValueError(f"a schedule has 1, 3, 4, 6, 8 ... numbers, got {len(numbers)}: {numbers}")
    first = (numbers[0] / steps, float(numbers[1]))
    later = [(step / steps, float(value)) for value, step in zip(numbers[2::2], numbers[3::2], strict=True)]
    return Piecewise((first, *later))
