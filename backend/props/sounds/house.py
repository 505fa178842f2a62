"""What is heard of a house from outside: its door is knocked at, creaks, falls shut, is locked; its bell rings."""

from collections.abc import Callable

import numpy as np

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .friction import creak, jerks
from .noises import band_noise, bursts, sliding_noise, unit
from .placing import add_at
from .resonators import blows, ring
from .tones import harmonics


def knocks(count: int, rng: np.random.Generator) -> Samples:
    """Knuckles, a fist or an iron knocker on a thin or a heavy door, two to five at a time."""
    times = onsets(rng, count, octaves(rng, 0.11, 0.35), 0.1, int(rng.integers(2, 6)))
    if count > 2 * SAMPLE_RATE and rng.random() < 0.6:
        again = times + times[-1] + rng.uniform(0.3, 0.9)
        times = np.concatenate([times, again[again < count / SAMPLE_RATE - 0.1]])
    strengths = rng.uniform(0.5, 1.0, len(times))
    panel = octaves(rng, 80.0, 320.0) * np.array([1.0, 1.45, 2.1, 2.9, 4.2]) * rng.uniform(0.9, 1.1, 5)
    forces = blows(count, times, strengths, octaves(rng, 5e-4, 5e-3))
    body = unit(ring(forces, panel, octaves(rng, 0.05, 0.25), [1.0, 0.8, 0.7, 0.4, 0.25]))
    knuckle = unit(bursts(count, times, strengths, 1e-3, 0.025) * band_noise(rng, count, 500.0, 3500.0))
    return body + octaves(rng, 0.05, 0.7) * knuckle


def slow_creak(count: int, rng: np.random.Generator) -> Samples:
    """A heavy door moved slowly: the jerks of its hinge can be counted."""
    return _opened_and_shut(count, lambda length: creak(length, rng, (8.0, 90.0), (250.0, 1100.0)), rng)


def quick_creak(count: int, rng: np.random.Generator) -> Samples:
    """Moved faster, the jerks melt into a rough tone that slides."""
    return _opened_and_shut(count, lambda length: creak(length, rng, (60.0, 400.0), (350.0, 1600.0)), rng)


def squeal(count: int, rng: np.random.Generator) -> Samples:
    """A dry iron hinge: a sung, rough, harmonic tone that rises and falls, and breaks off."""
    return _opened_and_shut(count, lambda length: _hinge(length, rng), rng)


def slammed(count: int, rng: np.random.Generator) -> Samples:
    """Thrown shut, once or twice: a deep thud of frame and walls, a crack of the latch, things that rattle after."""
    times = onsets(rng, count, octaves(rng, 0.8, 1.8), 0.3, int(rng.integers(1, 4)))
    sound = np.zeros(count)
    for time in times:
        if rng.random() < 0.5 and time > 0.25:
            gust = round(0.25 * SAMPLE_RATE)
            rub = np.linspace(0.0, 1.0, gust) ** 2 * band_noise(rng, gust, 80.0, 900.0)
            add_at(sound, time - 0.25, rng.uniform(0.02, 0.15) * rub)
        add_at(sound, time, rng.uniform(0.6, 1.0) * _slam(count, rng))
    return sound


def latched(count: int, rng: np.random.Generator) -> Samples:
    """Handle, latch and bolt: short iron clacks in wood, a few in a row, and the door's soft rub against its frame."""
    times = onsets(rng, count, octaves(rng, 0.15, 0.7), 0.5, int(rng.integers(2, 7)))
    strengths = rng.uniform(0.3, 1.0, len(times))
    iron = np.exp(rng.uniform(np.log(600.0), np.log(3500.0), 5))
    clack = ring(blows(count, times, strengths, octaves(rng, 3e-4, 1e-3)), iron, octaves(rng, 0.02, 0.07), 1.0)
    wood = ring(blows(count, times, strengths, 2e-3), octaves(rng, 120.0, 350.0) * np.array([1, 1.6, 2.4]), 0.1, 1.0)
    rub = bursts(count, times, strengths, 0.05, 0.3) * band_noise(rng, count, 200.0, 2500.0)
    return unit(clack) * rng.uniform(0.4, 1.0) + unit(wood) + rng.uniform(0.0, 0.25) * unit(rub)


def chime(count: int, rng: np.random.Generator) -> Samples:
    """Ding dong on two bars, a third or a fourth apart."""
    high = octaves(rng, 450.0, 950.0)
    tones = (high, high / rng.choice([1.2, 1.26, 1.335]))
    between, start = rng.uniform(0.3, 0.8), rng.uniform(0.02, 0.2)
    sound = np.zeros(count)
    for number in range(4 if count > 2.5 * SAMPLE_RATE and rng.random() < 0.5 else 2):
        time = np.array([start + number * between])
        if time[0] < count / SAMPLE_RATE - 0.1:
            bar = tones[number % 2] * np.array([1.0, 2.0, 2.756, 5.404])
            gains = [1.0, rng.uniform(0.05, 0.3), rng.uniform(0.1, 0.3), 0.08]
            sound += ring(blows(count, time, 1.0, 5e-4), bar, octaves(rng, 0.9, 2.0) * (tones[0] / bar) ** 0.7, gains)
    return sound


def _opened_and_shut(count: int, moved: Callable[[int], Samples], rng: np.random.Generator) -> Samples:
    """A clack as it comes loose, the hinge for a while or in several swings, and often the door falling shut."""
    sound = np.zeros(count)
    time = rng.uniform(0.0, 0.2)
    if rng.random() < 0.4:
        add_at(sound, time, rng.uniform(0.3, 1.0) * latched(round(0.3 * SAMPLE_RATE), rng))
        time += 0.2
    end = count / SAMPLE_RATE * rng.uniform(0.55, 1.0)
    while time < end - 0.15:
        length = min(octaves(rng, 0.25, 2.5), end - time)
        add_at(sound, time, rng.uniform(0.5, 1.0) * moved(round(length * SAMPLE_RATE)))
        time += length + rng.exponential(0.15)
    if rng.random() < 0.55:
        add_at(sound, end, octaves(rng, 0.5, 2.5) * _slam(SAMPLE_RATE, rng))
    return sound


def _hinge(count: int, rng: np.random.Generator) -> Samples:
    pitch = wandering(rng, count, octaves(rng, 1.0, 5.0), octaves(rng, 180.0, 500.0), octaves(rng, 500.0, 1200.0))
    rough = 1.0 + octaves(rng, 0.002, 0.05) * band_noise(rng, count, 20.0, 200.0)
    tone = harmonics(pitch * rough.clip(0.7, 1.3), np.arange(1, 12) ** -rng.uniform(0.3, 1.5), rng)
    stick = ring(jerks(pitch / 4.0, 0.3, rng), octaves(rng, 500.0, 1500.0) * np.array([1.0, 1.7, 2.9]), 0.02, 1.0)
    swell = np.sin(np.pi * np.linspace(0.0, 1.0, count)) ** 0.5
    air = sliding_noise(rng, 2.0 * pitch, 0.6)
    return unit(swell * (unit(tone) + rng.uniform(0.0, 0.6) * unit(stick) + rng.uniform(0.05, 0.4) * air))


def _slam(count: int, rng: np.random.Generator) -> Samples:
    """Peak about 1."""
    at = np.array([0.0])
    frame = octaves(rng, 50.0, 130.0) * np.array([1.0, 1.7, 2.6, 3.9])
    thud = ring(blows(count, at, 1.0, octaves(rng, 2e-3, 6e-3)), frame, octaves(rng, 0.15, 0.5), [1.0, 0.8, 0.5, 0.3])
    crack = bursts(count, at, 1.0, 1e-3, octaves(rng, 0.04, 0.25)) * band_noise(rng, count, 150.0, 3500.0)
    rattle = at + rng.exponential(0.06, rng.integers(1, 8))
    loose = ring(blows(count, rattle, rng.uniform(0.1, 0.4, len(rattle)), 4e-4), rng.uniform(500, 3000, 3), 0.04, 1.0)
    sound = unit(thud) + rng.uniform(0.3, 1.2) * unit(crack) + rng.uniform(0.05, 0.4) * unit(loose)
    return sound / np.abs(sound).max()


HOUSE = (knocks, slow_creak, quick_creak, slammed, chime, latched, squeal)
