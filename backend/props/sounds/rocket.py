"""Rockets: a jet's roar at lift-off, in flight and from afar."""

import numpy as np
from scipy import signal

from .chance import octaves, wandering
from .clip import SAMPLE_RATE, Samples
from .motion import passing_by
from .noises import band_noise, sliding_noise, unit


def lift_off(count: int, rng: np.random.Generator) -> Samples:
    """Ignition, a bang or a swell, then a steady roar that crackles."""
    t = np.arange(count) / SAMPLE_RATE - rng.uniform(0.0, 0.25) * count / SAMPLE_RATE
    lit = np.where(t > 0.0, 1.0 - np.exp(-t.clip(0.0) / octaves(rng, 0.02, 0.6)), 0.0)
    bang = 1.0 + rng.uniform(0.0, 1.5) * np.exp(-t.clip(0.0) / 0.3)
    return _driven(_roar(count, rng) * lit * bang, rng)


def steady_burn(count: int, rng: np.random.Generator) -> Samples:
    """An engine at full thrust for as long as one listens."""
    return _driven(_roar(count, rng) * wandering(rng, count, octaves(rng, 0.5, 2.0), 0.85, 1.0), rng)


def climbing(count: int, rng: np.random.Generator) -> Samples:
    """Going away: weaker and duller, as the air takes high sounds first."""
    t = np.linspace(0.0, 1.0, count)
    roar = _roar(count, rng) * np.exp(-t * rng.uniform(0.5, 2.5))
    far = signal.lfilter([0.15], [1.0, -0.85], roar)
    return _driven(roar * (1.0 - t) + 1.5 * far * t, rng)


def flying_past(count: int, rng: np.random.Generator) -> Samples:
    """A roar that comes, tears past and drops."""
    past = passing_by(count, rng, (60.0, 200.0))
    shriek = sliding_noise(rng, octaves(rng, 400.0, 1500.0) * past.pitch, rng.uniform(0.4, 1.2))
    roar = _roar(count, rng) + rng.uniform(0.2, 1.0) * shriek
    return _driven(roar * past.loudness ** rng.uniform(0.4, 0.9), rng)


def far_rumble(count: int, rng: np.random.Generator) -> Samples:
    """A launch kilometres away: deep, rolling, crackling in flurries."""
    deep = band_noise(rng, count, 20.0, octaves(rng, 80.0, 200.0), 2) * wandering(rng, count, 4.0, 0.6, 1.0)
    crackle = _tears(rng, count, 30.0, octaves(rng, 300.0, 1200.0)) * wandering(rng, count, 8.0, 0.1, 1.0)
    return deep + rng.uniform(0.2, 0.8) * unit(crackle)


def _roar(count: int, rng: np.random.Generator) -> Samples:
    """A jet's noise: a rumble, a broad body, and sharp tears of its shock waves."""
    deep = band_noise(rng, count, 20.0, octaves(rng, 90.0, 300.0), int(rng.integers(1, 3)))
    body = band_noise(rng, count, octaves(rng, 50.0, 150.0), octaves(rng, 500.0, 2500.0))
    tears = _tears(rng, count, 50.0, octaves(rng, 1000.0, 3000.0))
    roar = octaves(rng, 0.4, 1.5) * deep + octaves(rng, 0.4, 1.5) * body + octaves(rng, 0.05, 0.6) * unit(tears)
    return unit(roar * wandering(rng, count, 20.0, 0.75, 1.0))


def _tears(rng: np.random.Generator, count: int, low: float, high: float) -> Samples:
    return np.diff(np.maximum(band_noise(rng, count, low, high), 0.0) ** 2, prepend=0.0)


def _driven(roar: Samples, rng: np.random.Generator) -> Samples:
    """Loud enough to strain the air and the microphone."""
    return np.asarray(np.tanh(roar * octaves(rng, 0.3, 1.5)))


ROCKET = (lift_off, steady_burn, climbing, flying_past, far_rumble)
