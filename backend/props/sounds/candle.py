"""A candle: the breath that blows its flame out. Sudden, dark, turbulent, then nothing."""

import numpy as np

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, sliding_noise


def puffs(count: int, rng: np.random.Generator) -> Samples:
    """One to three breaths, as strong as it takes."""
    number = int(rng.integers(1, 3)) if count < 2 * SAMPLE_RATE else int(rng.integers(1, 4))
    times = onsets(rng, count, rng.uniform(0.7, 1.1), 0.2, number)
    pressure = octaves(rng, 1.0, 8.0)  # full lungs hold the breath at its strongest for a while
    swells = bursts(count, times, rng.uniform(0.5, 1.0, len(times)), octaves(rng, 0.02, 0.08), octaves(rng, 0.4, 1.0))
    return _blown(np.tanh(pressure * swells), rng)


def long_breath(count: int, rng: np.random.Generator) -> Samples:
    """All candles of a cake: one breath of a second or more that grows weaker towards its end."""
    t = np.arange(count) / SAMPLE_RATE - rng.uniform(0.0, 0.3)
    length = min(octaves(rng, 0.8, 2.5), 0.85 * count / SAMPLE_RATE)
    shape = np.clip(t / octaves(rng, 0.04, 0.25), 0.0, 1.0) * np.clip((length - t) / (0.6 * length), 0.0, 1.0)
    return _blown(shape ** rng.uniform(0.5, 1.5), rng)


def sharp_puffs(count: int, rng: np.random.Generator) -> Samples:
    """Short hard blows that pop on the lips, a few in quick succession."""
    times = onsets(rng, count, octaves(rng, 0.25, 0.7), 0.3, int(rng.integers(1, 5)))
    strengths = rng.uniform(0.5, 1.0, len(times))
    burst = bursts(count, times, strengths, octaves(rng, 4e-3, 0.02), octaves(rng, 0.12, 0.4))
    pop = bursts(count, times, strengths, 2e-3, octaves(rng, 0.03, 0.08)) * band_noise(rng, count, 25.0, 200.0)
    return _blown(burst, rng) + rng.uniform(0.3, 2.0) * pop


def rounded_lips(count: int, rng: np.random.Generator) -> Samples:
    """Lips nearly closed: the breath has a soft pitch that falls as it ends."""
    number = int(rng.integers(1, 3))
    times = onsets(rng, count, rng.uniform(0.8, 1.3), 0.2, number)
    puff = bursts(count, times, rng.uniform(0.6, 1.0, len(times)), octaves(rng, 0.03, 0.15), octaves(rng, 0.5, 1.2))
    whoo = sliding_noise(rng, octaves(rng, 500.0, 1200.0) * (0.5 + 0.5 * puff / puff.max()), rng.uniform(0.3, 0.8))
    return _blown(puff, rng) + octaves(rng, 0.3, 1.5) * puff * whoo


def _blown(puff: Samples, rng: np.random.Generator) -> Samples:
    """Turbulent air of given strength [T]: noise of the lips, deep blast on whoever listens, a little hiss."""
    count = len(puff)
    gusty = 0.6 + rng.uniform(0.1, 0.5) * np.abs(band_noise(rng, count, 12.0, 60.0)) * wandering(
        rng, count, 8.0, 0.6, 1.0
    )
    lips = band_noise(rng, count, octaves(rng, 200.0, 600.0), octaves(rng, 1200.0, 4000.0))
    blast = octaves(rng, 0.2, 2.5) * band_noise(rng, count, 30.0, octaves(rng, 120.0, 300.0))
    hiss = octaves(rng, 0.02, 0.3) * band_noise(rng, count, 2500.0, 7000.0)
    return puff * (gusty * (lips + blast) + hiss)


CANDLE = (puffs, rounded_lips, long_breath, sharp_puffs)
