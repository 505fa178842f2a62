"""Bells: church, hand, counter and cow bells, and several in turn."""

import numpy as np

from .chance import octaves, onsets
from .clip import Samples
from .noises import unit
from .resonators import blows, ring

# Partials of a tuned church bell over its strike note, hum to upper ones; and of a small hand bell, nearly a cup.
_CHURCH = np.array([0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796])
_CUP = np.array([1.0, 2.32, 2.76, 4.25, 5.4, 6.63, 8.93])


def church_bell(count: int, rng: np.random.Generator) -> Samples:
    """One bell in a tower, struck once or swung."""
    times = onsets(rng, count, octaves(rng, 0.3, 1.8), 0.15, int(rng.integers(1, 7)))
    return _rung(count, times, _CHURCH, octaves(rng, 180.0, 900.0), octaves(rng, 2.5, 8.0), rng)


def hand_bell(count: int, rng: np.random.Generator) -> Samples:
    """A small bell shaken or struck once."""
    times = onsets(rng, count, octaves(rng, 0.2, 1.8), 0.2, int(rng.integers(1, 9)))
    return _rung(count, times, _CUP, octaves(rng, 700.0, 2200.0), octaves(rng, 1.2, 4.0), rng)


def counter_bell(count: int, rng: np.random.Generator) -> Samples:
    """The little dome on a counter or a bicycle: one or two quick pings, high and long."""
    times = onsets(rng, count, octaves(rng, 0.15, 0.9), 0.2, int(rng.integers(1, 4)))
    return _rung(count, times, _CUP[:4], octaves(rng, 1500.0, 3200.0), octaves(rng, 1.0, 3.0), rng)


def cow_bell(count: int, rng: np.random.Generator) -> Samples:
    """Folded sheet iron, dull and uneven, its clapper falling to both sides."""
    times = onsets(rng, count, octaves(rng, 0.2, 0.9), 0.5)
    partials = np.array([1.0, rng.uniform(1.4, 1.6), rng.uniform(2.0, 2.4), rng.uniform(2.9, 3.6), 4.6])
    return _rung(count, times, partials, octaves(rng, 400.0, 1000.0), octaves(rng, 0.5, 1.5), rng)


def peal(count: int, rng: np.random.Generator) -> Samples:
    """Three or four church bells of one tower, each in its own swing."""
    scale = octaves(rng, 220.0, 450.0) * np.array([1.0, 1.122, 1.26, 1.5])
    sound = np.zeros(count)
    for pitch in scale[: rng.integers(3, 5)]:
        times = onsets(rng, count, octaves(rng, 0.6, 1.6), 0.1) + rng.uniform(0.0, 0.5)
        sound += unit(_rung(count, times, _CHURCH, pitch, octaves(rng, 2.0, 6.0), rng))
    return sound


def _rung(
    count: int, times: Samples, shape: Samples, pitch: float, longest: float, rng: np.random.Generator
) -> Samples:
    """Each partial is a doublet that beats, as no bell is quite round."""
    partials = shape * pitch * (1.0 + 0.01 * rng.standard_normal(len(shape)))
    split = 1.0 + octaves(rng, 3e-4, 3e-3)
    decays = longest * (partials[0] / partials) ** rng.uniform(0.35, 0.8)
    gains = rng.uniform(0.4, 1.0, len(partials)) * (partials / partials[0]) ** -rng.uniform(0.0, 0.4)
    forces = blows(count, times, rng.uniform(0.5, 1.0, len(times)), octaves(rng, 0.1, 0.35) / pitch)
    return ring(forces, partials, decays, gains) + 0.8 * ring(forces, partials * split, decays, gains)


BELL = (church_bell, hand_bell, counter_bell, peal, cow_bell)
