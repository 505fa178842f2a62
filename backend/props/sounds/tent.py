"""A tent: its zip, run up and down; its canvas in the wind."""

import numpy as np

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .friction import jerks
from .noises import band_noise, bursts, unit
from .placing import add_at
from .resonators import blows, ring


def zip_up_and_down(count: int, rng: np.random.Generator) -> Samples:
    """A coarse zip in long pulls: a buzz of teeth that quickens and slows, with a stop at each end."""
    return _pulls(count, octaves(rng, 0.4, 1.4), octaves(rng, 70.0, 280.0), octaves(rng, 1000.0, 2400.0), rng)


def fine_zip(count: int, rng: np.random.Generator) -> Samples:
    """Small teeth, quick pulls: the buzz becomes a hiss with a pitch that slides."""
    return _pulls(count, octaves(rng, 0.15, 0.7), octaves(rng, 280.0, 1000.0), octaves(rng, 1800.0, 4200.0), rng)


def tugged_zip(count: int, rng: np.random.Generator) -> Samples:
    """A slow zip that sticks: tooth by tooth, in short tugs."""
    return _pulls(count, octaves(rng, 0.12, 0.45), octaves(rng, 25.0, 120.0), octaves(rng, 900.0, 3000.0), rng)


def canvas(count: int, rng: np.random.Generator) -> Samples:
    """Cloth that fills and snaps in gusts: dull flaps with a sharp edge, a few a second, in no rhythm."""
    times = onsets(rng, count, octaves(rng, 0.07, 0.3), 0.8)
    gust = wandering(rng, count, 1.5, 0.2, 1.0)
    strengths = gust[(times * SAMPLE_RATE).astype(int)] * rng.uniform(0.3, 1.0, len(times))
    flap = ring(blows(count, times, strengths, 4e-3), octaves(rng, 60.0, 160.0) * np.array([1.0, 1.9, 3.1]), 0.08, 1.0)
    snap = bursts(count, times, strengths**2, 1e-3, octaves(rng, 0.02, 0.08)) * band_noise(rng, count, 500.0, 6000.0)
    return unit(flap) + rng.uniform(0.4, 1.2) * unit(snap) + 0.15 * gust * band_noise(rng, count, 100.0, 900.0)


def _pulls(count: int, length: float, teeth: float, lowest: float, rng: np.random.Generator) -> Samples:
    """Pulls of about ``length`` seconds over ``teeth`` a second, through the slider's modes from ``lowest`` up."""
    modes = lowest * np.array([1.0, rng.uniform(1.4, 1.8), rng.uniform(2.2, 3.0)])
    ringing, rubbing, stop = octaves(rng, 0.004, 0.015), octaves(rng, 0.15, 1.2), rng.uniform(0.0, 3.0)
    sound, start = np.zeros(count), rng.uniform(0.0, 0.15)
    while start < count / SAMPLE_RATE - 0.1:
        samples = max(800, round(length * octaves(rng, 0.6, 1.5) * SAMPLE_RATE))
        share = np.linspace(0.0, 1.0, samples)
        speed = np.sin(np.pi * share ** rng.uniform(0.5, 2.0)).clip(0.05) ** rng.uniform(0.3, 1.0)
        bite = jerks(octaves(rng, 0.8, 1.25) * teeth * speed, 0.3, rng)
        rub = band_noise(rng, samples, 900.0, 6500.0) * np.convolve(bite, np.hanning(41), mode="same")
        pull = speed * (unit(ring(bite, modes, ringing, 1.0)) + rubbing * unit(rub))
        pull[-60:] += stop * np.hanning(60)
        add_at(sound, start, pull * rng.uniform(0.5, 1.0))
        start += samples / SAMPLE_RATE + octaves(rng, 0.03, 0.4)
    return sound


TENT = (zip_up_and_down, fine_zip, tugged_zip, canvas)
