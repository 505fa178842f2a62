"""Things that stick and slip, again and again: hinges, ropes, planks, teeth of a zip."""

import numpy as np

from .chance import octaves, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import unit
from .resonators import ring


def jerks(rate: Samples, jitter: float, rng: np.random.Generator) -> Samples:
    """Impulses [T] of uneven strength, ``rate`` [T] of them a second, each gap off by about a share ``jitter``."""
    steps = rate * (1.0 + jitter * rng.standard_normal(len(rate)))
    phase = np.cumsum(steps) / SAMPLE_RATE
    return np.diff(np.floor(phase), prepend=0.0).clip(0.0, 1.0) * rng.uniform(0.5, 1.0, len(rate))


def creak(
    count: int,
    rng: np.random.Generator,
    rates: tuple[float, float] = (25.0, 260.0),
    lowest: tuple[float, float] = (400.0, 900.0),
) -> Samples:
    """Stick and slip of dry wood: a train of small jerks that quickens and slows, through the wood's modes.

    rates: jerks a second at its slowest and quickest, within.   lowest: range of the wood's lowest mode (Hz).
    """
    middle = float(np.sqrt(rates[0] * rates[1]))
    rate = wandering(rng, count, octaves(rng, 1.0, 4.0), octaves(rng, rates[0], middle), octaves(rng, middle, rates[1]))
    modes = octaves(rng, *lowest) * np.array([1.0, 1.6, 2.3, 3.4, 4.9]) * rng.uniform(0.9, 1.1, 5)
    forces = jerks(rate, octaves(rng, 0.03, 0.3), rng)
    swell = np.sin(np.pi * np.linspace(0.0, 1.0, count)) ** rng.uniform(0.3, 1.0)
    return unit(swell * ring(forces, modes, octaves(rng, 0.01, 0.06), [1.0, 0.9, 0.7, 0.5, 0.3]))
