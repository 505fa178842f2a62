"""What a microphone, a cut and a file do to a sound: tone, limited band, noise floor, hum, clipping, level."""

import numpy as np
from scipy import signal

from .chance import octaves
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, unit


def recorded(samples: Samples, rng: np.random.Generator) -> Samples:
    """The samples [T] through a random microphone and level; within [-1, 1], never silent. Same length."""
    sound = unit(_equalised(samples, rng))
    if rng.random() < 0.25:
        sound = _in_a_narrow_band(sound, rng)
    if rng.random() < 0.2:
        sound = np.tanh(sound * octaves(rng, 0.2, 1.0))
    sound = unit(sound) + _floor(len(sound), rng)
    sos = signal.butter(1, 20.0, "highpass", fs=SAMPLE_RATE, output="sos")
    sound = signal.sosfiltfilt(sos, sound)
    sound -= sound.mean()
    return sound / np.abs(sound).max() * octaves(rng, 0.08, 0.98)


def best_window(samples: Samples, count: int, rng: np.random.Generator) -> Samples:
    """A random window [count] of a longer take that still holds at least a third of its average energy."""
    for _ in range(8):
        start = int(rng.integers(len(samples) - count + 1))
        window = samples[start : start + count]
        if (window**2).mean() >= (samples**2).mean() / 3.0:
            return window
    return samples[:count]


def _equalised(samples: Samples, rng: np.random.Generator) -> Samples:
    """Two or three broad peaks or dips, and a tilt towards the dark or the bright."""
    sound = samples
    for _ in range(rng.integers(1, 4)):
        b, a = _peak(octaves(rng, 100.0, 6000.0), rng.uniform(-9.0, 9.0), octaves(rng, 0.4, 2.0))
        sound = signal.lfilter(b, a, sound)
    tilt = rng.uniform(-0.45, 0.45)
    return np.asarray(signal.lfilter([1.0, tilt], [1.0], sound))


def _peak(frequency: float, decibels: float, quality: float) -> tuple[Samples, Samples]:
    """The peaking filter of R. Bristow-Johnson's audio equaliser cookbook."""
    angle = 2.0 * np.pi * frequency / SAMPLE_RATE
    amplitude, alpha = 10.0 ** (decibels / 40.0), np.sin(angle) / (2.0 * quality)
    b = np.array([1.0 + alpha * amplitude, -2.0 * np.cos(angle), 1.0 - alpha * amplitude])
    a = np.array([1.0 + alpha / amplitude, -2.0 * np.cos(angle), 1.0 - alpha / amplitude])
    return b / a[0], a / a[0]


def _in_a_narrow_band(samples: Samples, rng: np.random.Generator) -> Samples:
    edges = [octaves(rng, 40.0, 250.0), octaves(rng, 3000.0, 7500.0)]
    return np.asarray(signal.sosfilt(signal.butter(2, edges, "band", fs=SAMPLE_RATE, output="sos"), samples))


def _floor(count: int, rng: np.random.Generator) -> Samples:
    """Hiss, room rumble and mains hum, 10 to 50 dB below a sound of unit loudness."""
    white = rng.standard_normal(count)
    colour = rng.uniform(0.0, 0.97)
    floor = 0.6 * unit(signal.lfilter([1.0], [1.0, -colour], white))
    if rng.random() < 0.3:
        floor += octaves(rng, 0.1, 1.0) * band_noise(rng, count, 20.0, 180.0)
    if rng.random() < 0.3:
        mains = 2.0 * np.pi * rng.choice([50.0, 60.0]) * np.arange(count) / SAMPLE_RATE
        floor += rng.uniform(0.1, 0.6) * sum(np.sin(k * mains + k) / k for k in (1, 2, 3, 5))
    return 10.0 ** (-rng.uniform(10.0, 50.0) / 20.0) * floor
