"""A well: drops, a bucket, a stone, the winch; all of it answered by a deep stone shaft."""

import numpy as np
from scipy import signal

from .bubbles import bubbles
from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .friction import creak
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def dripping(count: int, rng: np.random.Generator) -> Samples:
    """Single drops, each a short plink."""
    times = onsets(rng, count, octaves(rng, 0.25, 1.2), 0.5)
    sound = bubbles(count, times, rng, (450.0, 2200.0), (0.04, 0.2))
    tick = ring(blows(count, times, 1.0, 2e-4), rng.uniform(2000.0, 5000.0, 2), 0.01, 1.0)
    return _in_the_shaft(sound + rng.uniform(0.0, 0.3) * tick, rng)


def bucket(count: int, rng: np.random.Generator) -> Samples:
    """A bucket falls in, fills, is lifted, and water runs back."""
    sound = _plunge(count, rng.uniform(0.05, 0.45) * count / SAMPLE_RATE, rng)
    times = rng.uniform(0.3, 0.98, int(count / SAMPLE_RATE * octaves(rng, 4.0, 25.0))) * count / SAMPLE_RATE
    return _in_the_shaft(sound + rng.uniform(0.3, 1.0) * bubbles(count, times, rng, (350.0, 1800.0)), rng)


def stone(count: int, rng: np.random.Generator) -> Samples:
    """A stone knocks against the wall on its way down, then a plunge and late drops."""
    fall = rng.uniform(0.15, 0.6) * count / SAMPLE_RATE
    knocks = rng.uniform(0.0, fall, rng.integers(0, 4))
    wall = ring(blows(count, knocks, 0.5, 5e-4), octaves(rng, 500.0, 1500.0) * np.array([1.0, 1.7, 2.6]), 0.03, 1.0)
    drops = fall + rng.exponential(0.5, rng.integers(2, 10))
    late = bubbles(count, drops[drops < count / SAMPLE_RATE - 0.05], rng, (500.0, 2000.0))
    return _in_the_shaft(wall + _plunge(count, fall, rng) + rng.uniform(0.2, 0.8) * late, rng)


def winch(count: int, rng: np.random.Generator) -> Samples:
    """The crank creaks and its pawl clicks while drops fall from the rising bucket."""
    turning = unit(creak(count, rng, (10.0, 90.0), (250.0, 700.0)))
    clicks = onsets(rng, count, octaves(rng, 0.12, 0.5), 0.15)
    pawl = ring(blows(count, clicks, 1.0, 3e-4), octaves(rng, 700.0, 1800.0) * np.array([1.0, 2.2, 3.4]), 0.05, 1.0)
    drops = onsets(rng, count, octaves(rng, 0.15, 0.6), 0.6)
    water = unit(_in_the_shaft(bubbles(count, drops, rng, (500.0, 2000.0), (0.05, 0.16)), rng))
    return water + rng.uniform(0.2, 0.7) * turning + rng.uniform(0.1, 0.6) * unit(pawl)


def poured_in(count: int, rng: np.random.Generator) -> Samples:
    """A thin stream falling deep, splashing below."""
    stream = bursts(count, np.array([rng.uniform(0.0, 0.3)]), 1.0, 0.1, octaves(rng, 1.5, 8.0))
    times = rng.choice(count, size=int(count / SAMPLE_RATE * octaves(rng, 25.0, 90.0)), p=stream / stream.sum())
    sound = bubbles(count, times / SAMPLE_RATE, rng, (400.0, 2200.0))
    splash = stream * band_noise(rng, count, 600.0, 4500.0) * (0.3 + np.abs(band_noise(rng, count, 8.0, 40.0)))
    return _in_the_shaft(unit(sound) + rng.uniform(0.1, 0.6) * unit(splash), rng)


def _plunge(count: int, time: float, rng: np.random.Generator) -> Samples:
    """Something heavy breaks the surface: a splash, the deep gulp of the cavity behind it, bubbles."""
    at = np.array([time])
    splash = bursts(count, at, 1.0, 0.01, octaves(rng, 0.25, 0.9)) * band_noise(rng, count, 250.0, 4000.0)
    gulp = bubbles(count, at + rng.uniform(0.02, 0.08), rng, (120.0, 400.0), (0.1, 0.3))
    after = time + rng.exponential(0.2, rng.integers(8, 35))
    fizz = bubbles(count, after[after < count / SAMPLE_RATE - 0.05], rng, (300.0, 1500.0))
    return rng.uniform(0.2, 0.9) * splash + rng.uniform(0.3, 1.0) * gulp + fizz


def _in_the_shaft(sound: Samples, rng: np.random.Generator) -> Samples:
    return np.asarray(signal.fftconvolve(sound, _shaft(rng))[: len(sound)])


def _shaft(rng: np.random.Generator) -> Samples:
    """A stone shaft's impulse response: echoes between water and mouth, each blurred more than the last."""
    decay = octaves(rng, 0.8, 2.5)
    t = np.arange(round(min(decay, 1.5) * SAMPLE_RATE)) / SAMPLE_RATE
    response = octaves(rng, 0.02, 0.08) * rng.standard_normal(len(t)) * 10.0 ** (-3.0 * t / decay)
    response = np.asarray(signal.lfilter([0.4], [1.0, -0.6], response))
    delay = octaves(rng, 0.015, 0.08)
    echoes = np.arange(1, int(t[-1] / delay))
    places = (echoes * delay * SAMPLE_RATE).astype(int)
    response[places] += rng.uniform(0.1, 0.7) * 10.0 ** (-3.0 * echoes * delay / decay)
    response[0] = 1.0
    return response


WELL = (dripping, bucket, stone, winch, poured_in)
