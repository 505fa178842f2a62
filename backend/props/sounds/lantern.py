"""A lantern: its small fire, which crackles, glows, blazes or flutters in the wind."""

import numpy as np

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def crackling(count: int, rng: np.random.Generator) -> Samples:
    """A soft low flutter, a faint hiss, and crackles of very unequal strength."""
    return octaves(rng, 0.15, 1.2) * _flame(count, rng) + _crackles(count, octaves(rng, 8.0, 45.0), rng)


def embers(count: int, rng: np.random.Generator) -> Samples:
    """Almost burnt down: hardly a flame, single ticks and snaps."""
    return octaves(rng, 0.03, 0.3) * _flame(count, rng) + _crackles(count, octaves(rng, 2.5, 10.0), rng)


def blaze(count: int, rng: np.random.Generator) -> Samples:
    """Burning high: a rumbling flutter, snaps thick as rain."""
    return octaves(rng, 0.8, 3.0) * _flame(count, rng) + _crackles(count, octaves(rng, 35.0, 120.0), rng)


def in_the_wind(count: int, rng: np.random.Generator) -> Samples:
    """The flame is pulled and flaps: bursts of low flutter some times a second, crackles between."""
    times = onsets(rng, count, octaves(rng, 0.1, 0.35), 0.7)
    flaps = bursts(count, times, rng.uniform(0.2, 1.0, len(times)), 0.02, octaves(rng, 0.1, 0.4))
    flutter = unit(flaps * band_noise(rng, count, 30.0, octaves(rng, 200.0, 600.0)))
    return octaves(rng, 0.5, 2.0) * flutter + _crackles(count, octaves(rng, 5.0, 40.0), rng)


def _flame(count: int, rng: np.random.Generator) -> Samples:
    flame = band_noise(rng, count, 40.0, octaves(rng, 150.0, 500.0))
    flame *= wandering(rng, count, octaves(rng, 5.0, 14.0), rng.uniform(0.1, 0.5), 1.0)
    hiss = band_noise(rng, count, octaves(rng, 800.0, 2000.0), 7500.0) * wandering(rng, count, 6.0, 0.2, 1.0)
    return unit(flame + octaves(rng, 0.05, 0.6) * hiss)


def _crackles(count: int, per_second: float, rng: np.random.Generator) -> Samples:
    """Bursting cells of wood or wick: short, bright, few strong and many weak."""
    seconds = count / SAMPLE_RATE
    sound = np.zeros(count)
    for _ in range(4):
        times = rng.uniform(0.0, seconds - 0.02, max(2, rng.poisson(seconds * per_second / 4.0)))
        strengths = (rng.pareto(rng.uniform(1.0, 2.0), len(times)) + 0.2).clip(max=6.0)
        contact = octaves(rng, 1e-4, 3e-4)
        snap = ring(
            blows(count, times, strengths, contact), rng.uniform(700.0, 6500.0, 3), octaves(rng, 0.006, 0.02), 1.0
        )
        puff = bursts(count, times, strengths, 3e-4, octaves(rng, 0.008, 0.03)) * band_noise(rng, count, 1500.0, 7500.0)
        sound += octaves(rng, 0.5, 1.5) * unit(snap) + octaves(rng, 0.3, 1.5) * unit(puff)
    return unit(sound)


LANTERN = (crackling, embers, blaze, in_the_wind)
