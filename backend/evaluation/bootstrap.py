"""A mean over objects and how far it can be trusted."""

from dataclasses import dataclass

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


def bootstrap_mean(values: list[float]) -> Mean:
    """The mean of ``values``, one an object, resampled with a fixed seed. Raises ValueError for no values."""
    if not values:
        raise ValueError("there is nothing to average")
    sample = np.asarray(values, float)
    draws = np.random.default_rng(0).integers(len(sample), size=(_RESAMPLES, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), [0.025, 0.975])
    return Mean(float(sample.mean()), float(low), float(high))
