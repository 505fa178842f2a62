"""A book: pages turned, leafed through, run along a thumb; closed. Paper: dry, bright, short."""

import numpy as np
from scipy import signal

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, sliding_noise, unit
from .placing import add_at
from .resonators import blows, ring


def turned_pages(count: int, rng: np.random.Generator) -> Samples:
    """Single leaves turned with a swish and a crinkle, silence between."""
    return _leaves(count, onsets(rng, count, octaves(rng, 0.5, 1.3), 0.25), (0.25, 0.6), rng)


def leafed_through(count: int, rng: np.random.Generator) -> Samples:
    """Page after page, quickly, looking for something."""
    return _leaves(count, onsets(rng, count, octaves(rng, 0.2, 0.5), 0.4), (0.12, 0.35), rng)


def riffled(count: int, rng: np.random.Generator) -> Samples:
    """Leaves snapping off a thumb, 12 to 65 a second, quicker and quicker, once or twice."""
    sound, start = np.zeros(count), rng.uniform(0.0, 0.2)
    while start < count / SAMPLE_RATE - 0.3:
        gaps = 1.0 / np.linspace(rng.uniform(12.0, 25.0), rng.uniform(30.0, 65.0), 200)
        times = start + np.cumsum(gaps * rng.uniform(0.7, 1.3, len(gaps)))
        times = times[times < min(count / SAMPLE_RATE - 0.02, start + octaves(rng, 0.6, 2.5))]
        snaps = bursts(count, times, rng.uniform(0.3, 1.0, len(times)), 1e-3, octaves(rng, 0.015, 0.06))
        sound += snaps * band_noise(rng, count, octaves(rng, 500.0, 1500.0), octaves(rng, 4500.0, 7500.0))
        start = times[-1] + octaves(rng, 0.3, 1.0)
    return unit(sound)


def closed(count: int, rng: np.random.Generator) -> Samples:
    """Some pages, then the covers clap together, softly or loudly."""
    make = (turned_pages, leafed_through, riffled)[rng.integers(3)]
    sound = unit(make(count, rng))
    time = np.array([rng.uniform(0.5, 0.9) * count / SAMPLE_RATE])
    sound[int(time[0] * SAMPLE_RATE) :] *= rng.uniform(0.0, 0.3)
    covers = octaves(rng, 100.0, 280.0) * np.array([1.0, 1.8, 2.7])
    clap = ring(blows(count, time, 1.0, 3e-3), covers, octaves(rng, 0.05, 0.12), 1.0)
    air = bursts(count, time, 1.0, 2e-3, octaves(rng, 0.05, 0.15)) * band_noise(rng, count, 300.0, 3500.0)
    return sound + octaves(rng, 0.7, 3.0) * clap / np.abs(clap).max() + octaves(rng, 0.4, 1.5) * air


def _leaves(count: int, times: Samples, lengths: tuple[float, float], rng: np.random.Generator) -> Samples:
    sound = np.zeros(count)
    density, crisp = octaves(rng, 0.005, 0.05), octaves(rng, 1.5, 10.0)
    for time in times:
        length = round(octaves(rng, *lengths) * SAMPLE_RATE)
        share = np.linspace(0.0, 1.0, length)
        swell = share ** rng.uniform(0.5, 2.0) * (1.0 - share) ** rng.uniform(0.4, 1.5)
        centre = np.linspace(octaves(rng, 1000.0, 3000.0), octaves(rng, 2000.0, 5500.0), length)
        crinkle = (rng.random(length) < density) * rng.standard_normal(length)
        swish = sliding_noise(rng, centre, rng.uniform(0.8, 1.5))
        add_at(sound, time, rng.uniform(0.5, 1.0) * swell * (swish + crisp * crinkle))
    sos = signal.butter(1, 600.0, "highpass", fs=SAMPLE_RATE, output="sos")
    return unit(signal.sosfilt(sos, sound))


BOOK = (turned_pages, riffled, closed, leafed_through)
