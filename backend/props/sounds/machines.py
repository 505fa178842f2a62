"""Things that run or burn: car, rocket, tent (its zip). Each: (samples, rng) -> sound [samples]."""

import numpy as np
from scipy import signal

from .chance import octaves, wandering
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, unit
from .resonators import ring

_ENGINE_ORDERS = 30


def car(count: int, rng: np.random.Generator) -> Samples:
    """A piston engine that idles, revs or drives by: harmonics of half the shaft's rate under an exhaust's tone."""
    idle = octaves(rng, 9.0, 22.0)
    turns = idle * wandering(rng, count, octaves(rng, 0.5, 1.5), 1.0, rng.choice([1.15, 2.0, 3.5]))
    phase = 2.0 * np.pi * np.cumsum(turns * (1.0 + 0.02 * rng.standard_normal(count))) / SAMPLE_RATE
    cylinders = int(rng.choice([3, 4, 4, 6]))
    peak, width = octaves(rng, 60.0, 180.0), rng.uniform(0.7, 1.3)
    basis = np.exp(1j * phase / 2.0)
    tone, power = np.zeros(count), np.ones(count, dtype=complex)
    for order in range(1, _ENGINE_ORDERS + 1):
        power = power * basis
        formant = np.exp(-(np.log(order * turns.mean() / 2.0 / peak) ** 2) / (2.0 * width**2))
        firing = 1.0 if order % cylinders == 0 else rng.uniform(0.05, 0.3)
        tone += formant * firing * (power * np.exp(2j * np.pi * rng.random())).real
    puff = 0.5 + 0.5 * np.cos(phase / 2.0 * cylinders + rng.uniform(0.0, 6.0))
    intake = band_noise(rng, count, 150.0, octaves(rng, 800.0, 2500.0)) * puff**2
    valves = band_noise(rng, count, 1500.0, 5000.0) * puff**6
    sound = unit(tone) + rng.uniform(0.1, 0.5) * intake + rng.uniform(0.02, 0.12) * valves
    return sound * turns / turns.mean()


def rocket(count: int, rng: np.random.Generator) -> Samples:
    """A rocket's roar: broad deep noise whose sharp positive jumps crackle; it lights, or burns on and goes away."""
    deep = band_noise(rng, count, 25.0, octaves(rng, 120.0, 300.0))
    body = band_noise(rng, count, 80.0, octaves(rng, 600.0, 1500.0))
    tear = np.diff(np.maximum(band_noise(rng, count, 50.0, 1500.0), 0.0) ** 2, prepend=0.0)
    roar = deep + rng.uniform(0.6, 1.2) * body + rng.uniform(0.1, 0.4) * unit(tear)
    roar *= wandering(rng, count, 20.0, 0.75, 1.0)
    t = np.linspace(0.0, 1.0, count)
    match rng.integers(3):
        case 0:
            roar *= 1.0 - np.exp(-t / rng.uniform(0.03, 0.3))
        case 1:
            roar *= np.exp(-t * rng.uniform(0.5, 2.0))
            far = signal.lfilter([0.15], [1.0, -0.85], roar)
            roar = roar * (1.0 - t) + 1.5 * far * t
    return np.asarray(np.tanh(roar * octaves(rng, 0.3, 1.2)))


def tent(count: int, rng: np.random.Generator) -> Samples:
    """A zip run up and down: a buzz of teeth that quickens and slows, bright, with a stop at each end."""
    sound, start = np.zeros(count), int(rng.uniform(0.0, 0.15) * SAMPLE_RATE)
    modes = octaves(rng, 1300.0, 2400.0) * np.array([1.0, rng.uniform(1.4, 1.8), rng.uniform(2.2, 3.0)])
    while start < count - SAMPLE_RATE // 5:
        length = min(round(octaves(rng, 0.35, 1.3) * SAMPLE_RATE), count - start)
        share = np.linspace(0.0, 1.0, length)
        speed = np.sin(np.pi * share ** rng.uniform(0.6, 1.5)).clip(0.05) ** 0.7
        phase = np.cumsum(octaves(rng, 110.0, 280.0) * speed * (1.0 + 0.3 * rng.standard_normal(length))) / SAMPLE_RATE
        teeth = np.diff(np.floor(phase), prepend=0.0).clip(0.0, 1.0) * rng.uniform(0.5, 1.0, length)
        rasp = unit(ring(teeth * speed, modes, 0.008, 1.0))
        rub = band_noise(rng, length, 900.0, 6500.0) * speed * (0.5 + 0.5 * np.cos(2.0 * np.pi * phase))
        pull = rasp + rng.uniform(0.2, 0.6) * rub
        pull[-60:] += rng.uniform(1.0, 3.0) * np.hanning(60)
        sound[start : start + length] += pull * rng.uniform(0.6, 1.0)
        start += length + round(octaves(rng, 0.05, 0.4) * SAMPLE_RATE)
    return sound
