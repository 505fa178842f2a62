"""The house's door by other means: knocks from a falling sine in a delay line, a sawing hinge, an FM chime."""

import numpy as np

from ..clip import SAMPLE_RATE, Samples
from .grains import laid, random_walk
from .loops import loop
from .modulation import fm_ping


def house(count: int, rng: np.random.Generator) -> Samples:
    """Knocking, a creaking hinge or a doorbell, or two of them in turn. (samples, rng) -> sound [samples]."""
    events = (_knocking, _chime, _hinge)
    picked = rng.choice(3, size=2, p=(0.55, 0.25, 0.2))
    first = events[picked[0]](count, rng)
    if count < 2.2 * SAMPLE_RATE or rng.random() < 0.6:
        return first
    half = count // 2
    second = events[picked[1]](count - half, rng)
    return np.concatenate([first[:half] * np.linspace(1.0, 0.0, half) ** 0.1, second])


def hinge(count: int, rng: np.random.Generator) -> Samples:
    """A jerky sawtooth that sings in two wooden delay lines."""
    rate = rng.uniform(30.0, 60.0) * 4.0 ** random_walk(rng, count, 3.0)
    saw = np.cumsum(rate) / SAMPLE_RATE
    cycle = np.floor(saw).astype(int)
    strength = rng.uniform(0.3, 1.0, cycle.max() + 1)[cycle]
    pulses = np.exp(-(saw - cycle) * 14.0) * strength
    pulses -= pulses.mean()
    pitch = rng.uniform(500.0, 1000.0)
    sung = loop(pulses, pitch, 0.8, 0.2) + 0.7 * loop(pulses, 1.7 * pitch, 0.8, 0.2)
    bright = np.diff(sung, prepend=0.0) * np.hanning(count) ** 0.3
    return bright / np.abs(bright).max()


def _hinge(count: int, rng: np.random.Generator) -> Samples:
    moving = int(count * rng.uniform(0.5, 0.8))
    sound = np.concatenate([hinge(moving, rng), np.zeros(count - moving)])
    if rng.random() < 0.5:
        slam = fm_ping(0.35, rng.uniform(90.0, 150.0), 1.31, 3.0, 0.35, -0.4)
        sound += laid(count, np.array([moving / SAMPLE_RATE]), lambda: rng.uniform(1.0, 2.0) * slam)
    return sound


def _knocking(count: int, rng: np.random.Generator) -> Samples:
    pitch = rng.uniform(140.0, 300.0)

    def knock() -> Samples:
        push = np.zeros(round(0.25 * SAMPLE_RATE))
        push[:40] = np.hanning(40) * (1.0 + 0.3 * np.convolve(rng.standard_normal(40), np.hanning(9), mode="same"))
        panel = loop(push, pitch, 0.75, 0.4) + 0.8 * loop(push, 1.47 * pitch, 0.7, 0.4)
        return rng.uniform(0.7, 1.0) * (panel - panel.mean())

    gap = rng.uniform(0.14, 0.25)
    rounds = 1 if count < 2 * SAMPLE_RATE else int(rng.integers(1, 3))
    number = int(rng.integers(2, 6))
    times = 0.05 + gap * np.arange(number) + rng.normal(0.0, 0.01, number).clip(-0.03, 0.03)
    pause = number * gap + rng.uniform(0.4, 0.7)
    return laid(count, np.concatenate([times + pause * turn for turn in range(rounds)]), knock)


def _chime(count: int, rng: np.random.Generator) -> Samples:
    high = rng.uniform(520.0, 830.0)
    low = high * rng.choice([0.794, 0.75, 0.841])
    decay = rng.uniform(0.9, 1.8)
    tones = iter([high, low, high, low])
    gap = rng.uniform(0.4, 0.7)
    turns = 4 if count > 2.6 * SAMPLE_RATE and rng.random() < 0.5 else 2
    return laid(count, 0.05 + gap * np.arange(float(turns)), lambda: fm_ping(decay, next(tones), 4.0, 0.4, decay))
