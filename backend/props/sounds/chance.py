"""The draws that every sound makes: numbers spread over octaves, onsets in time, slowly wandering curves."""

import numpy as np

from .clip import SAMPLE_RATE, Samples


def octaves(rng: np.random.Generator, low: float, high: float) -> float:
    """A number in [low, high] with a uniform logarithm, as ears measure pitch and loudness."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def onsets(rng: np.random.Generator, count: int, gap: float, jitter: float, most: int | None = None) -> Samples:
    """Times [N] in seconds of a repeated blow: gaps of about ``gap`` seconds, each off by a share ``jitter``.

    count: samples of the clip; the last onset leaves a little time to ring. At least one onset.
    """
    seconds = count / SAMPLE_RATE
    number = max(1, int(seconds / gap) + 1 if most is None else most)
    first = rng.uniform(0.02, min(0.3, 0.2 * seconds))
    gaps = gap * (1.0 + jitter * rng.uniform(-1.0, 1.0, number - 1))
    times = first + np.concatenate([[0.0], np.cumsum(gaps)])
    return times[times < max(seconds - 0.1, first + 1e-3)]


def wandering(rng: np.random.Generator, count: int, per_second: float, low: float, high: float) -> Samples:
    """A smooth curve [count] between low and high that turns about ``per_second`` times a second."""
    knots = max(2, int(np.ceil(count / SAMPLE_RATE * per_second)) + 2)
    places = np.linspace(0.0, knots - 1.001, count)
    left = places.astype(int)
    share = 0.5 - 0.5 * np.cos(np.pi * (places - left))
    values = rng.uniform(low, high, knots)
    return values[left] * (1.0 - share) + values[left + 1] * share
