"""What is heard of a house from outside: somebody knocks, the door creaks, the doorbell goes."""

import numpy as np

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def house(count: int, rng: np.random.Generator) -> Samples:
    """Knuckles on a door, a hinge, or a two-tone bell; sometimes one after the other. (samples, rng) -> [samples]."""
    first, second = rng.choice(3, size=2, p=(0.55, 0.2, 0.25))
    events = (_knocks, _creak_and_latch, _doorbell)
    if count < 2 * SAMPLE_RATE or rng.random() < 0.6:
        return events[first](count, rng)
    cut = count // 2 + int(rng.integers(-2000, 2000))
    return np.concatenate([events[first](cut, rng), rng.uniform(0.5, 1.0) * events[second](count - cut, rng)])


def creak(count: int, rng: np.random.Generator) -> Samples:
    """Stick and slip of dry wood: a train of small jerks that quickens and slows, through the wood's modes."""
    rate = wandering(rng, count, 3.0, octaves(rng, 25.0, 70.0), octaves(rng, 90.0, 260.0))
    phase = np.cumsum(rate * (1.0 + 0.15 * rng.standard_normal(count))) / SAMPLE_RATE
    jerks = np.diff(np.floor(phase), prepend=0.0).clip(0.0, 1.0) * rng.uniform(0.5, 1.0, count)
    modes = octaves(rng, 400.0, 900.0) * np.array([1.0, 1.6, 2.3, 3.4, 4.9])
    swell = np.sin(np.pi * np.linspace(0.0, 1.0, count)) ** 0.6
    return unit(swell * ring(jerks, modes, octaves(rng, 0.015, 0.06), [1.0, 0.9, 0.7, 0.5, 0.3]))


def _knocks(count: int, rng: np.random.Generator) -> Samples:
    gap = octaves(rng, 0.13, 0.26)
    times = onsets(rng, count, gap, 0.1, int(rng.integers(2, 6)))
    if count > 2 * SAMPLE_RATE and rng.random() < 0.6:
        again = times + times[-1] + rng.uniform(0.4, 0.8)
        times = np.concatenate([times, again[again < count / SAMPLE_RATE - 0.1]])
    strengths = rng.uniform(0.6, 1.0, len(times))
    forces = blows(count, times, strengths, octaves(rng, 1e-3, 2.5e-3))
    panel = octaves(rng, 110.0, 260.0) * np.array([1.0, 1.45, 2.1, 2.9, 4.2])
    body = unit(ring(forces, panel, octaves(rng, 0.08, 0.22), [1.0, 0.8, 0.7, 0.4, 0.25]))
    knuckle = unit(bursts(count, times, strengths, 1e-3, 0.025) * band_noise(rng, count, 500.0, 2500.0))
    return body + rng.uniform(0.05, 0.25) * knuckle


def _creak_and_latch(count: int, rng: np.random.Generator) -> Samples:
    """A hinge, and mostly the door falling shut at the end."""
    moving = round(count * rng.uniform(0.5, 0.85))
    sound = np.concatenate([creak(moving, rng), np.zeros(count - moving)])
    if rng.random() < 0.6:
        shut = np.array([moving / SAMPLE_RATE + 0.02])
        forces = blows(count, shut, 1.0, 4e-3)
        slam = ring(forces, octaves(rng, 60.0, 110.0) * np.array([1.0, 1.7, 2.6, 3.9]), 0.3, [1.0, 0.8, 0.5, 0.3])
        sound += rng.uniform(2.0, 5.0) * slam / np.abs(slam).max()
    return sound


def _doorbell(count: int, rng: np.random.Generator) -> Samples:
    """Ding dong on two chime bars, a third or a fourth apart."""
    high = octaves(rng, 500.0, 850.0)
    tones = (high, high / rng.choice([1.2, 1.26, 1.335]))
    between = rng.uniform(0.4, 0.7)
    start = rng.uniform(0.02, 0.1)
    sound = np.zeros(count)
    for number in range(4 if count > 2.5 * SAMPLE_RATE and rng.random() < 0.5 else 2):
        time = np.array([start + number * between])
        if time[0] < count / SAMPLE_RATE - 0.1:
            bar = tones[number % 2] * np.array([1.0, 2.0, 2.756, 5.404])
            gains = [1.0, rng.uniform(0.05, 0.3), rng.uniform(0.1, 0.3), 0.08]
            sound += ring(blows(count, time, 1.0, 5e-4), bar, octaves(rng, 0.9, 2.0) * (tones[0] / bar) ** 0.7, gains)
    return unit(sound)
