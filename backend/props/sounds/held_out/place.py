"""The held-out clips' rooms and recorders: loops instead of impulse responses, drawn equalisers, coarse digits."""

import numpy as np
from scipy import signal

from ..clip import SAMPLE_RATE, Samples
from .loops import all_pass, loop


def in_a_place(sound: Samples, rng: np.random.Generator) -> Samples:
    """Schroeder's reverberator at a random size and share; a third of the sounds stay dry."""
    if rng.random() < 0.33:
        return sound
    size, seconds = rng.uniform(0.5, 1.3), rng.uniform(0.2, 1.3)
    wet = np.zeros_like(sound)
    for period in np.array([0.0297, 0.0371, 0.0411, 0.0437]) * size:
        wet += loop(sound, 1.0 / period, 10.0 ** (-3.0 * period / seconds), rng.uniform(0.1, 0.4))
    for period in (0.005, 0.0017):
        wet = all_pass(wet, period * size, 0.7)
    return sound + rng.uniform(0.05, 0.35) * wet


def captured(sound: Samples, rng: np.random.Generator) -> Samples:
    """A drawn equaliser, a noise floor, perhaps a cheap converter, and a level; within [-1, 1], without DC."""
    sound = sound / (sound.std() + 1e-12)
    points = np.array([0.0, 120.0, 400.0, 1200.0, 3000.0, 5500.0, SAMPLE_RATE / 2])
    gains = 10.0 ** (rng.uniform(-7.0, 7.0, len(points)) / 20.0)
    sound = signal.fftconvolve(sound, signal.firwin2(257, points, gains, fs=SAMPLE_RATE), mode="same")
    slope = rng.uniform(0.0, 1.0)
    spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
    spectrum *= (np.arange(len(spectrum)) + 20.0) ** -slope
    floor = np.fft.irfft(spectrum, len(sound))
    sound = sound / sound.std() + floor / floor.std() * 10.0 ** (-rng.uniform(18.0, 50.0) / 20.0)
    if rng.random() < 0.2:
        sound = signal.resample_poly(signal.resample_poly(sound, 1, 2), 2, 1)[: len(sound)]
    sound = sound - signal.fftconvolve(sound, np.full(801, 1.0 / 801.0), mode="same")
    sound = sound - sound.mean()
    sound *= rng.uniform(0.15, 0.95) / np.abs(sound).max()
    if rng.random() < 0.2:
        sound = np.round(sound * 256.0) / 256.0
    return sound - sound.mean()
