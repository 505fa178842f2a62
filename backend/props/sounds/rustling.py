"""Air, fire, leaves and paper: tree, lantern, candle, book. Each: (samples, rng) -> sound [samples]."""

import numpy as np
from scipy import signal

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, sliding_noise, unit
from .resonators import blows, ring


def tree(count: int, rng: np.random.Generator) -> Samples:
    """Gusts in the crown: a band of noise that slides with the wind, and leaves that hiss as it grows."""
    wind = wandering(rng, count, octaves(rng, 0.6, 2.0), 0.15, 1.0)
    howl = sliding_noise(rng, octaves(rng, 300.0, 800.0) * (0.6 + 0.8 * wind), 0.9)
    flutter = np.abs(band_noise(rng, count, 10.0, 40.0)) + 0.4
    leaves = band_noise(rng, count, octaves(rng, 700.0, 2500.0), octaves(rng, 4500.0, 7700.0)) * flutter
    return rng.uniform(0.2, 0.8) * wind * howl + wind**1.8 * leaves


def lantern(count: int, rng: np.random.Generator) -> Samples:
    """A small fire: soft low flutter, a faint hiss, and crackles of very unequal strength."""
    seconds = count / SAMPLE_RATE
    flame = band_noise(rng, count, 40.0, octaves(rng, 150.0, 400.0)) * wandering(rng, count, 9.0, 0.3, 1.0)
    hiss = band_noise(rng, count, 1500.0, 7500.0) * wandering(rng, count, 6.0, 0.2, 1.0)
    sound = 0.15 * flame * octaves(rng, 0.5, 2.0) + 0.03 * hiss * octaves(rng, 0.5, 2.0)
    for _ in range(4):
        times = rng.uniform(0.0, seconds - 0.02, max(3, rng.poisson(seconds * octaves(rng, 3.0, 10.0))))
        strengths = (rng.pareto(1.3, len(times)) + 0.2).clip(max=6.0)
        snap = ring(blows(count, times, strengths, octaves(rng, 1e-4, 3e-4)), rng.uniform(700.0, 6500.0, 3), 0.015, 1.0)
        sound += 0.25 * snap + 0.1 * bursts(count, times, strengths, 3e-4, 0.02) * band_noise(rng, count, 1500, 7500)
    return sound


def candle(count: int, rng: np.random.Generator) -> Samples:
    """One to three short breaths that blow a flame out: sudden, dark, turbulent, then nothing."""
    number = int(rng.integers(1, 3)) if count < 2 * SAMPLE_RATE else int(rng.integers(1, 4))
    times = onsets(rng, count, rng.uniform(0.7, 1.1), 0.2, number)
    strengths = rng.uniform(0.5, 1.0, len(times))
    pressure = octaves(rng, 1.0, 8.0)  # full lungs hold the breath at its strongest for a while
    puff = np.tanh(pressure * bursts(count, times, strengths, octaves(rng, 0.02, 0.08), octaves(rng, 0.4, 1.0)))
    gusty = 0.6 + 0.4 * np.abs(band_noise(rng, count, 12.0, 60.0))
    lips = band_noise(rng, count, octaves(rng, 250.0, 600.0), octaves(rng, 1500.0, 3500.0))
    blast = octaves(rng, 0.3, 2.0) * band_noise(rng, count, 30.0, octaves(rng, 120.0, 300.0))
    hiss = octaves(rng, 0.02, 0.2) * band_noise(rng, count, 2500.0, 7000.0)
    return puff * (gusty * (lips + blast) + hiss)


def book(count: int, rng: np.random.Generator) -> Samples:
    """Pages: single leaves turned with a swish and a crinkle, or a thumb run along the edge; sometimes closed."""
    is_riffled = rng.random() < 0.35
    sound = _riffle(count, rng) if is_riffled else _turned_pages(count, rng)
    if rng.random() < 0.3:
        time = np.array([rng.uniform(0.6, 0.9) * count / SAMPLE_RATE])
        clap = ring(blows(count, time, 1.0, 3e-3), octaves(rng, 120.0, 250.0) * np.array([1.0, 1.8, 2.7]), 0.09, 1.0)
        sound += rng.uniform(1.0, 3.0) * clap / np.abs(clap).max()
        sound += bursts(count, time, 1.0, 2e-3, 0.1) * band_noise(rng, count, 300.0, 3000.0)
    return sound


def _turned_pages(count: int, rng: np.random.Generator) -> Samples:
    times = onsets(rng, count, octaves(rng, 0.5, 1.1), 0.25)
    crinkle = (rng.random(count) < octaves(rng, 0.01, 0.04)) * rng.standard_normal(count)
    sound = np.zeros(count)
    for time in times:
        length = min(round(octaves(rng, 0.25, 0.6) * SAMPLE_RATE), count - int(time * SAMPLE_RATE))
        start = int(time * SAMPLE_RATE)
        share = np.linspace(0.0, 1.0, length)
        swell = share ** rng.uniform(0.8, 2.0) * (1.0 - share) ** rng.uniform(0.4, 1.0)
        centre = np.linspace(octaves(rng, 1200.0, 2500.0), octaves(rng, 2500.0, 5000.0), length)
        sound[start : start + length] += swell * sliding_noise(rng, centre, 1.3) * rng.uniform(0.5, 1.0)
        sound[start : start + length] += 6.0 * swell * crinkle[start : start + length]
    sos = signal.butter(1, 600.0, "highpass", fs=SAMPLE_RATE, output="sos")
    return unit(signal.sosfilt(sos, sound))


def _riffle(count: int, rng: np.random.Generator) -> Samples:
    """Leaves snapping off a thumb, 15 to 60 a second, quicker and quicker."""
    seconds = count / SAMPLE_RATE
    gaps = 1.0 / np.linspace(rng.uniform(12.0, 25.0), rng.uniform(30.0, 65.0), 200)
    times = rng.uniform(0.0, 0.2) + np.cumsum(gaps * rng.uniform(0.7, 1.3, len(gaps)))
    times = times[times < min(seconds - 0.02, times[0] + rng.uniform(0.8, 2.5))]
    snaps = bursts(count, times, rng.uniform(0.3, 1.0, len(times)), 1e-3, octaves(rng, 0.02, 0.06))
    return unit(snaps * band_noise(rng, count, octaves(rng, 500.0, 1200.0), 6000.0))
