"""A mean over objects and how far it can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

_RESAMPLES = 2000


@dataclass(frozen=True)
class Mean:
    """mean, and the 95 % bootstrap interval [low, high]."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = 3 if abs(self.mean) < 10 else 1
        return f"{self.mean:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def bootstrap_mean(values: Sequence[float]) -> Mean:
    """The mean of ``values``, one an object, resampled with a fixed seed. Raises ValueError for no values."""
    if not values:
        raise ValueError("there is nothing to average")
    sample = np.asarray(values, float)
    draws = np.random.default_rng(0).integers(len(sample), size=(_RESAMPLES, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), [0.025, 0.975])
    return Mean(float(sample.mean()), float(low), float(high))


Agreement = Literal["agrees", "disagrees", "not told apart", "too few prompts"]
_FEWEST_PAIRS = 3


@dataclass(frozen=True)
class Comparison:
    """The mean difference, and whether it has the claimed sign beyond its interval."""

    difference: Mean
    agreement: Agreement


def compare(ours: Sequence[float], theirs: Sequence[float], claim: Literal["higher", "lower"]) -> Comparison:
    """Test the claim that ``ours`` is higher (or lower), pair by pair. Raises ValueError for none or unequal counts."""
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    found = bootstrap_mean(differences)
    if len(differences) < _FEWEST_PAIRS:
        return Comparison(found, "too few prompts")
    if found.low <= 0 <= found.high:
        return Comparison(found, "not told apart")
    return Comparison(found, "agrees" if (found.mean > 0) == (claim == "higher") else "disagrees")
