"""Water and a blown neck: boat, well, bottle. Each: (samples, rng) -> sound [samples]."""

import numpy as np
from scipy import signal

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .door import creak
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def boat(count: int, rng: np.random.Generator) -> Samples:
    """Waves that slap and gurgle against planks, and every other time the planks creak."""
    seconds = count / SAMPLE_RATE
    swells = onsets(rng, count, octaves(rng, 0.6, 1.5), 0.3)
    wave = bursts(count, swells, rng.uniform(0.5, 1.0, len(swells)), 0.25, octaves(rng, 0.8, 2.5)) + 0.12
    wash = band_noise(rng, count, octaves(rng, 120.0, 350.0), octaves(rng, 700.0, 2000.0)) * wave
    number = int(seconds * rng.uniform(15.0, 45.0))
    starts = rng.choice(count, size=number, p=wave / wave.sum()) / SAMPLE_RATE
    gurgle = unit(_bubbles(count, starts, rng, (250.0, 1500.0)))
    sound = wash / wash.std() * rng.uniform(0.4, 1.0) + gurgle
    if rng.random() < 0.5:
        length = min(count, round(rng.uniform(0.4, 1.0) * SAMPLE_RATE))
        start = int(rng.integers(count - length + 1))
        sound[start : start + length] += rng.uniform(0.4, 1.2) * creak(length, rng)
    return sound


def well(count: int, rng: np.random.Generator) -> Samples:
    """Drops, and sometimes a bucket, falling into water at the bottom of a shaft that answers for long."""
    times = onsets(rng, count, octaves(rng, 0.35, 1.0), 0.5)
    sound = _bubbles(count, times, rng, (600.0, 2000.0), (0.06, 0.16))
    sound += 0.2 * ring(blows(count, times, 1.0, 2e-4), rng.uniform(2000.0, 5000.0, 2), 0.01, 1.0)
    if rng.random() < 0.35:
        splash_time = np.array([rng.uniform(0.05, 0.5) * count / SAMPLE_RATE])
        splash = bursts(count, splash_time, 1.0, 0.02, octaves(rng, 0.3, 0.8)) * band_noise(rng, count, 250.0, 3500.0)
        after = splash_time + rng.exponential(0.15, 25)
        splash += _bubbles(count, after[after < count / SAMPLE_RATE - 0.05], rng, (300.0, 1200.0))
        sound += rng.uniform(0.2, 0.6) * splash
    return np.asarray(signal.fftconvolve(sound, _shaft(rng))[:count])


def bottle(count: int, rng: np.random.Generator) -> Samples:
    """A bottle's Helmholtz tone under a blowing mouth: almost a pure tone, in breath of about its own pitch."""
    number = int(rng.integers(1, 4)) if count > 1.5 * SAMPLE_RATE else 1
    t = np.arange(count) / SAMPLE_RATE
    length = count / SAMPLE_RATE / number
    starts = np.arange(number) * length + rng.uniform(0.0, 0.1)
    breath = np.zeros(count)
    for start in starts:
        blown = length * rng.uniform(0.7, 0.95)
        rise, fall = rng.uniform(0.05, 0.2), rng.uniform(0.08, 0.25)
        breath += np.clip((t - start) / rise, 0.0, 1.0) * np.clip((start + blown - t) / fall, 0.0, 1.0)
    pitch = octaves(rng, 100.0, 480.0) * (1.0 + 0.012 * (breath - 1.0)) * wandering(rng, count, 6.0, 0.995, 1.005)
    phase = 2.0 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    second, third = octaves(rng, 0.02, 0.2), octaves(rng, 0.01, 0.1)
    tone = np.sin(phase) + second * np.sin(2.0 * phase) + third * np.sin(3.0 * phase)
    tone *= breath**1.5 * wandering(rng, count, 12.0, 0.8, 1.0)
    low = float(pitch.mean())
    air = band_noise(rng, count, 0.8 * low, 4.0 * low) + 0.5 * band_noise(rng, count, 1500.0, 6000.0)
    return tone + octaves(rng, 0.03, 0.25) * breath * air


def _bubbles(
    count: int,
    times: Samples,
    rng: np.random.Generator,
    pitches: tuple[float, float],
    decays: tuple[float, float] = (0.03, 0.12),
) -> Samples:
    """Small bubbles: each a decaying sine that rises as its bubble nears the surface (van den Doel 2005)."""
    sound = np.zeros(count)
    for time in times:
        decay = octaves(rng, *decays)
        t = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
        pitch = octaves(rng, *pitches)
        phase = 2.0 * np.pi * pitch * (t + rng.uniform(0.0, 3.0) * t**2 / (2.0 * decay))
        start = int(time * SAMPLE_RATE)
        wave = rng.uniform(0.3, 1.0) * np.sin(phase) * 10.0 ** (-3.0 * t / decay)
        sound[start : start + len(wave)] += wave[: count - start]
    return sound


def _shaft(rng: np.random.Generator) -> Samples:
    """A stone shaft's impulse response: echoes between water and mouth, each blurred more than the last."""
    decay = octaves(rng, 0.8, 2.2)
    t = np.arange(round(min(decay, 1.5) * SAMPLE_RATE)) / SAMPLE_RATE
    response = 0.04 * rng.standard_normal(len(t)) * 10.0 ** (-3.0 * t / decay)
    response = np.asarray(signal.lfilter([0.4], [1.0, -0.6], response))
    delay = octaves(rng, 0.02, 0.07)
    echoes = np.arange(1, int(t[-1] / delay))
    places = (echoes * delay * SAMPLE_RATE).astype(int)
    response[places] += rng.uniform(0.3, 0.7) * 10.0 ** (-3.0 * echoes * delay / decay)
    response[0] = 1.0
    return response
