"""A bottle: its neck blown at all qualities, its cork drawn, its water poured out."""

import numpy as np

from .bubbles import bubbles
from .chance import octaves, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring
from .tones import harmonics


def blown(count: int, rng: np.random.Generator) -> Samples:
    """Long soft notes of one bottle, with breath around them."""
    number = int(rng.integers(1, 4)) if count > 1.5 * SAMPLE_RATE else 1
    pitch = octaves(rng, 80.0, 600.0)
    breath = _breaths(count, number, rng)
    return _note(breath, pitch, octaves(rng, 0.03, 0.6), rng)


def pure_tone(count: int, rng: np.random.Generator) -> Samples:
    """Blown well: nearly a sine, one long note that drifts and trembles a little."""
    breath = _breaths(count, 1, rng)
    tremble = np.sin(2.0 * np.pi * octaves(rng, 3.0, 7.0) * np.arange(count) / SAMPLE_RATE)
    pitch = octaves(rng, 80.0, 700.0) * (1.0 + octaves(rng, 1e-3, 2e-2) * tremble)
    return _note(breath * (1.0 + rng.uniform(0.0, 0.25) * tremble), pitch, octaves(rng, 0.005, 0.05), rng)


def breathy(count: int, rng: np.random.Generator) -> Samples:
    """Blown badly: more air than tone, the tone coming and going."""
    breath = _breaths(count, int(rng.integers(1, 4)), rng) * wandering(rng, count, octaves(rng, 3.0, 10.0), 0.3, 1.0)
    pitch = octaves(rng, 90.0, 500.0)
    air = band_noise(rng, count, 0.9 * pitch, 1.1 * pitch) + octaves(rng, 0.1, 0.5) * band_noise(rng, count, 800, 6000)
    return unit(_note(breath, pitch, 0.5, rng)) * rng.uniform(0.2, 0.8) + unit(breath * air)


def puffs(count: int, rng: np.random.Generator) -> Samples:
    """Short toots, of one bottle or of a few in a tune."""
    number = max(2, round(count / SAMPLE_RATE / octaves(rng, 0.25, 0.6)))
    breath = _breaths(count, number, rng)
    notes = octaves(rng, 100.0, 400.0) * rng.choice([[1.0] * 5, [1.0, 1.122, 1.26, 1.5, 1.68]])
    steps = np.repeat(rng.choice(notes, number), int(np.ceil(count / number)))[:count]
    return _note(breath, steps, octaves(rng, 0.03, 0.5), rng)


def cork(count: int, rng: np.random.Generator) -> Samples:
    """The cork squeaks in the neck, pops, and the neck rings hollow for a moment; sparkling wine hisses on."""
    time = np.array([rng.uniform(0.1, 0.6) * count / SAMPLE_RATE])
    pitch = octaves(rng, 250.0, 900.0)
    pop = ring(
        blows(count, time, 1.0, octaves(rng, 6e-4, 2e-3)), pitch * np.array([1.0, 2.9, 5.1]), 0.06, [1, 0.3, 0.1]
    )
    burst = bursts(count, time, 1.0, 5e-4, octaves(rng, 0.02, 0.08)) * band_noise(rng, count, 200.0, 4000.0)
    sound = unit(pop) + rng.uniform(0.2, 0.8) * unit(burst)
    if rng.random() < 0.5:
        fizz = bursts(count, time, 1.0, 0.05, octaves(rng, 1.0, 4.0)) * band_noise(rng, count, 2500.0, 7800.0)
        sound += rng.uniform(0.02, 0.2) * fizz
    return sound


def glugs(count: int, rng: np.random.Generator) -> Samples:
    """Poured out: air gulps in at an even pace, each gulp a tone that rises, lower as the bottle empties."""
    rate = octaves(rng, 2.5, 7.0)
    times = np.arange(rng.uniform(0.02, 0.2), count / SAMPLE_RATE - 0.1, 1.0 / rate)
    times = times * (1.0 + 0.03 * rng.standard_normal(len(times)))
    first = octaves(rng, 200.0, 600.0)
    gulps = np.zeros(count)
    for number, time in enumerate(times):
        pitch = first * (1.0 - rng.uniform(0.1, 0.5) * number / len(times))
        gulps += bubbles(count, np.array([max(0.0, time)]), rng, (0.95 * pitch, 1.05 * pitch), (0.12, 0.35))
    stream = band_noise(rng, count, 500.0, octaves(rng, 2000.0, 6000.0))
    stream *= 0.3 + np.abs(np.sin(np.pi * rate * np.arange(count) / SAMPLE_RATE))
    return unit(gulps) + rng.uniform(0.05, 0.4) * unit(stream)


def _breaths(count: int, number: int, rng: np.random.Generator) -> Samples:
    """Pressure [count] of ``number`` breaths, 0 to 1, with a rise and a fall each."""
    t = np.arange(count) / SAMPLE_RATE
    length = count / SAMPLE_RATE / number
    breath = np.zeros(count)
    for start in np.arange(number) * length + rng.uniform(0.0, min(0.1, 0.1 * length)):
        blown_for = length * rng.uniform(0.65, 0.97)
        rise, fall = (min(octaves(rng, 0.03, 0.3), 0.4 * blown_for) for _ in range(2))
        breath += np.clip((t - start) / rise, 0.0, 1.0) * np.clip((start + blown_for - t) / fall, 0.0, 1.0)
    return breath


def _note(breath: Samples, pitch: Samples | float, air: float, rng: np.random.Generator) -> Samples:
    """A Helmholtz tone under a breath [T]: nearly a sine, sharper when blown harder, in air of its own pitch."""
    count = len(breath)
    moved = pitch * (1.0 + 0.012 * (breath - 1.0)) * wandering(rng, count, 6.0, 0.995, 1.005)
    gains = [1.0, octaves(rng, 0.005, 0.3), octaves(rng, 0.003, 0.15), octaves(rng, 0.001, 0.05)]
    tone = harmonics(moved, gains, rng) * breath**1.5 * wandering(rng, count, 12.0, rng.uniform(0.6, 0.95), 1.0)
    low = float(np.mean(pitch))
    noise = band_noise(rng, count, 0.8 * low, 4.0 * low) + octaves(rng, 0.1, 1.0) * band_noise(rng, count, 1500, 6000)
    return tone + air * breath * noise


BOTTLE = (blown, pure_tone, puffs, breathy, glugs, cork)
