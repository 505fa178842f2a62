"""A mug: clinked, stirred, set down, tapped. Few clean high modes that die quickly."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def clink(count: int, rng: np.random.Generator) -> Samples:
    """Glazed clay against clay, both ringing."""
    times = onsets(rng, count, octaves(rng, 0.3, 1.2), 0.25, int(rng.integers(1, 5)))
    forces = _light_blows(count, times, rng)
    return _cup(forces, rng) + _cup(forces, rng)


def stirred(count: int, rng: np.random.Generator) -> Samples:
    """A spoon going round, sometimes scraping along the wall."""
    times = onsets(rng, count, octaves(rng, 0.12, 0.3), 0.25)
    sound = unit(_cup(_light_blows(count, times, rng), rng))
    scrape = bursts(count, times, 1.0, 0.03, octaves(rng, 0.1, 0.3)) * band_noise(rng, count, 1800.0, 6500.0)
    return sound + rng.choice([0.0, rng.uniform(0.05, 0.35)]) * scrape


def tapped(count: int, rng: np.random.Generator) -> Samples:
    """A spoon's or a nail's taps on the rim, quick and even."""
    times = onsets(rng, count, octaves(rng, 0.1, 0.45), 0.1, int(rng.integers(2, 9)))
    return _cup(_light_blows(count, times, rng), rng)


def set_down(count: int, rng: np.random.Generator) -> Samples:
    """Put on a table: the table's dull knock under the clay's short ring, the foot often landing twice."""
    times = onsets(rng, count, octaves(rng, 0.5, 1.3), 0.3, int(rng.integers(1, 4)))
    again = times + rng.uniform(0.015, 0.07, len(times))
    both = np.sort(np.concatenate([times, again[again < count / SAMPLE_RATE - 0.05]]))
    table = ring(blows(count, both, 1.0, 1.2e-3), octaves(rng, 150.0, 400.0) * np.array([1.0, 1.7, 2.9]), 0.06, 1.0)
    return unit(_cup(_light_blows(count, both, rng), rng)) + rng.uniform(0.2, 0.7) * unit(table)


def _light_blows(count: int, times: Samples, rng: np.random.Generator) -> Samples:
    strengths = octaves(rng, 0.5, 1.0) * rng.uniform(0.4, 1.0, len(times))
    return blows(count, times, strengths, octaves(rng, 1e-4, 5e-4))


def _cup(forces: Samples, rng: np.random.Generator) -> Samples:
    lowest = octaves(rng, 900.0, 3200.0)
    modes = lowest * np.array([1.0, rng.uniform(1.02, 1.25), rng.uniform(1.9, 2.8), rng.uniform(3.1, 4.8)])
    decays = octaves(rng, 0.08, 0.6) * (lowest / modes) ** rng.uniform(0.3, 0.9)
    return ring(forces, modes, decays, [1.0, rng.uniform(0.0, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.0, 0.6)])


MUG = (clink, stirred, tapped, set_down)
