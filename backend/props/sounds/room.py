"""Rooms by synthetic impulse responses: a direct sound, a few first reflections and a decaying diffuse tail."""

import numpy as np
from scipy import signal

from .chance import octaves
from .clip import SAMPLE_RATE, Samples

_DRY_SHARE = 0.25


def in_a_room(samples: Samples, rng: np.random.Generator) -> Samples:
    """The samples [T] as heard in a random room, from near or far; a quarter of them stay dry. Same length."""
    if rng.random() < _DRY_SHARE:
        return samples
    response = impulse_response(rng, octaves(rng, 0.12, 1.6), direct=octaves(rng, 0.4, 6.0))
    return np.asarray(signal.fftconvolve(samples, response)[: len(samples)])


def impulse_response(rng: np.random.Generator, reverberation: float, direct: float) -> Samples:
    """An impulse response; reverberation: seconds for 60 dB; direct: direct sound over the energy of all else.

    High frequencies die sooner than low ones, as walls and air take them first.
    """
    count = round(min(reverberation, 1.5) * SAMPLE_RATE)
    t = np.arange(count) / SAMPLE_RATE
    noise = rng.standard_normal(count)
    low = signal.lfilter([0.25], [1.0, -0.75], noise)
    tail = 2.0 * low * 10.0 ** (-3.0 * t / reverberation)
    tail += (noise - low) * 10.0 ** (-3.0 * t / (reverberation * rng.uniform(0.25, 0.7)))
    first = round(octaves(rng, 0.002, 0.03) * SAMPLE_RATE)
    tail[: min(first, count)] = 0.0
    for _ in range(rng.integers(2, 8)):
        tail[rng.integers(first, max(first + 1, min(count, first + 900)))] += 3.0 * rng.uniform(-1.0, 1.0)
    tail /= np.sqrt((tail**2).sum()) + 1e-9
    tail[0] = np.sqrt(direct)
    return tail
