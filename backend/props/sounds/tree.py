"""A tree: wind in its crown, leaf on leaf, boughs that creak. Never quite silent, slow to change."""

import numpy as np

from .chance import octaves, wandering
from .clip import SAMPLE_RATE, Samples
from .friction import creak
from .noises import band_noise, bursts, sliding_noise, unit
from .placing import add_at
from .resonators import blows, ring


def gusts(count: int, rng: np.random.Generator) -> Samples:
    """A band of noise that slides with the wind, and leaves that hiss as it grows."""
    wind = wandering(rng, count, octaves(rng, 0.5, 2.0), octaves(rng, 0.05, 0.4), 1.0)
    howl = sliding_noise(rng, octaves(rng, 250.0, 900.0) * (0.6 + 0.8 * wind), rng.uniform(0.5, 1.2))
    return octaves(rng, 0.1, 1.2) * wind * howl + wind ** rng.uniform(1.0, 2.2) * _crown(count, rng)


def breeze(count: int, rng: np.random.Generator) -> Samples:
    """A steady hush that hardly changes."""
    wind = wandering(rng, count, octaves(rng, 0.3, 1.5), rng.uniform(0.5, 0.9), 1.0)
    return wind * _crown(count, rng) + octaves(rng, 0.03, 0.4) * band_noise(rng, count, 60.0, 500.0)


def rustling_leaves(count: int, rng: np.random.Generator) -> Samples:
    """Near by: hundreds of dry leaves that tap and rub each other, more of them when the wind is stronger."""
    wind = wandering(rng, count, octaves(rng, 0.6, 2.5), octaves(rng, 0.1, 0.4), 1.0)
    sound = np.zeros(count)
    for _ in range(3):
        leaves = int(count / SAMPLE_RATE * octaves(rng, 40.0, 300.0))
        times = rng.choice(count, size=leaves, p=wind**1.5 / (wind**1.5).sum()) / SAMPLE_RATE
        rubs = bursts(count, times, rng.exponential(1.0, leaves).clip(max=3.0), 2e-3, octaves(rng, 0.015, 0.08))
        low = octaves(rng, 900.0, 3000.0)
        sound += unit(rubs * band_noise(rng, count, low, low * rng.uniform(1.8, 4.0)))
    return sound + octaves(rng, 0.1, 1.0) * wind * band_noise(rng, count, 150.0, octaves(rng, 700.0, 3000.0))


def conifer(count: int, rng: np.random.Generator) -> Samples:
    """Needles sing softly: a deep whoosh without a hiss, whose pitch follows the wind."""
    wind = wandering(rng, count, octaves(rng, 0.4, 1.5), rng.uniform(0.1, 0.5), 1.0)
    centre = octaves(rng, 250.0, 1000.0) * (0.5 + wind)
    whoosh = sliding_noise(rng, centre, rng.uniform(0.5, 1.3))
    return wind**1.3 * whoosh + octaves(rng, 0.05, 0.4) * wind * band_noise(rng, count, 600.0, 4000.0)


def creaking_boughs(count: int, rng: np.random.Generator) -> Samples:
    """Wind that bends the trunk: slow low creaks, sometimes twigs that knock, in the hiss of the crown."""
    sound = unit(gusts(count, rng))
    for _ in range(rng.integers(1, 4)):
        length = min(count, round(octaves(rng, 0.3, 1.2) * SAMPLE_RATE))
        wood = creak(length, rng, (10.0, 120.0), (180.0, 600.0))
        add_at(sound, rng.uniform(0.0, (count - length) / SAMPLE_RATE), rng.uniform(0.2, 0.9) * wood)
    if rng.random() < 0.4:
        times = rng.uniform(0.0, count / SAMPLE_RATE - 0.05, rng.integers(2, 8))
        twigs = ring(blows(count, times, rng.uniform(0.3, 1.0, len(times)), 5e-4), rng.uniform(500, 2500, 4), 0.03, 1.0)
        sound += rng.uniform(0.2, 0.8) * unit(twigs)
    return sound


def _crown(count: int, rng: np.random.Generator) -> Samples:
    """Far leaves by the thousand: bright noise that flutters."""
    flutter = np.abs(band_noise(rng, count, octaves(rng, 4.0, 15.0), 40.0)) * rng.uniform(0.0, 1.0) + 0.5
    return unit(band_noise(rng, count, octaves(rng, 500.0, 3000.0), octaves(rng, 4000.0, 7700.0)) * flutter)


TREE = (gusts, rustling_leaves, breeze, conifer, creaking_boughs)
