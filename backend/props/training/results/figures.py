"""Figures of the scores: a mean, how far it can be trusted, and how many things it is the mean of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from ....evaluation.bootstrap import bootstrap_mean

_DIGITS = 3


@dataclass(frozen=True)
class Figure:
    """mean, the 95 % bootstrap interval [low, high], and the number of values."""

    mean: float
    low: float
    high: float
    count: int

    @staticmethod
    def of(values: Sequence[float]) -> "Figure":
        """Of values that do not depend on each other: one an object, not one a picture. ValueError for none."""
        found = bootstrap_mean([float(value) for value in values])
        mean, low, high = (round(value, _DIGITS) for value in (found.mean, found.low, found.high))
        return Figure(mean, low, high, len(values))


Scores: TypeAlias = Mapping[str, Union[Figure, float, "Scores"]]
"""Named figures and plain numbers, in groups of groups."""


def figures(values: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    """A figure for every name that has values; a small test set may have no held-out object, for one."""
    return {name: Figure.of(each) for name, each in values.items() if len(each)}
