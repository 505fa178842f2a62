"""Filtered noise and the envelopes that shape it."""

import numpy as np
from scipy import signal

from .clip import SAMPLE_RATE, Samples

_NYQUIST = SAMPLE_RATE / 2


def band_noise(rng: np.random.Generator, count: int, low: float, high: float, order: int = 1) -> Samples:
    """Unit-variance Gaussian noise [count] between low and high (Hz)."""
    edges = [max(low, 10.0) / _NYQUIST, min(high, 0.98 * _NYQUIST) / _NYQUIST]
    sos = signal.butter(order, edges, btype="band", output="sos")
    return unit(signal.sosfilt(sos, rng.standard_normal(count)))


def sliding_noise(rng: np.random.Generator, centre: Samples, share: float) -> Samples:
    """Unit-variance noise [T] whose band follows ``centre`` (Hz, [T]), about ``share`` times the centre wide.

    Low-passed noise is shifted up by a moving carrier, so that the band slides without steps.
    """
    width = max(20.0, share * float(centre.mean()) / 2.0)
    sos = signal.butter(2, min(width, 0.9 * _NYQUIST) / _NYQUIST, output="sos")
    real, imaginary = signal.sosfilt(sos, rng.standard_normal((2, len(centre))))
    phase = 2.0 * np.pi * np.cumsum(centre) / SAMPLE_RATE
    return unit(real * np.cos(phase) + imaginary * np.sin(phase))


def bursts(count: int, times: Samples, strengths: Samples | float, attack: float, decay: float) -> Samples:
    """Envelopes [count] that rise within ``attack`` and fall by 60 dB within ``decay`` seconds after each time."""
    length = min(count, round((attack + decay) * SAMPLE_RATE) + 1)
    t = np.arange(length) / SAMPLE_RATE
    shape = (1.0 - np.exp(-4.0 * t / attack)) * 10.0 ** (-3.0 * t / decay)
    shape /= shape.max()
    envelope = np.zeros(count + length)
    for time, strength in zip(times, np.broadcast_to(strengths, times.shape), strict=True):
        start = min(int(time * SAMPLE_RATE), count - 1)
        envelope[start : start + length] += strength * shape
    return envelope[:count]


def unit(samples: Samples) -> Samples:
    """The same samples with a standard deviation of one; silence stays silent."""
    return samples / max(float(samples.std()), 1e-9)
