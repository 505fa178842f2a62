"""Blades and tools at work: sword, axe, hammer. Each: (samples, rng) -> sound [samples]."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, sliding_noise, unit
from .resonators import blows, ring


def sword(count: int, rng: np.random.Generator) -> Samples:
    """Blades that clash irregularly and ring densely, often with a scrape along the edge."""
    times = onsets(rng, count, octaves(rng, 0.3, 0.9), 0.5, int(rng.integers(1, 7)))
    strengths = rng.uniform(0.4, 1.0, len(times))
    sound = np.zeros(count)
    for _ in range(2):
        modes = np.exp(rng.uniform(np.log(700.0), np.log(7500.0), 11))
        decays = octaves(rng, 0.35, 1.3) * (modes / 1500.0) ** -0.4 * rng.uniform(0.5, 1.3, len(modes))
        forces = blows(count, times + rng.uniform(0.0, 0.004), strengths, 1.3e-4)
        sound += ring(forces, modes, decays, rng.uniform(0.2, 1.0, len(modes)))
    sound = sound / np.abs(sound).max()
    spark = bursts(count, times, strengths, 5e-4, 0.06) * band_noise(rng, count, 2500.0, 7500.0)
    if rng.random() < 0.5:
        sound += rng.uniform(0.05, 0.3) * _scrape(count, times[-1:] + rng.uniform(0.02, 0.1), rng)
    return sound + rng.uniform(0.05, 0.25) * spark


def axe(count: int, rng: np.random.Generator) -> Samples:
    """Slow chops: the trunk's thud, the crack of the cut, and splinters after it."""
    times = onsets(rng, count, octaves(rng, 0.55, 1.3), 0.15)
    strengths = rng.uniform(0.6, 1.0, len(times))
    forces = blows(count, times, strengths, octaves(rng, 8e-4, 2e-3))
    trunk = octaves(rng, 80.0, 180.0) * np.array([1.0, 1.7, 2.6, 3.3])
    thud = unit(ring(forces, trunk, octaves(rng, 0.1, 0.28), [1.0, 0.7, 0.5, 0.4]))
    modes = octaves(rng, 350.0, 750.0) * np.array([1.0, 1.5, 2.3, 3.1])
    cut = blows(count, times, strengths, 3e-4)
    crack = unit(ring(cut, modes, octaves(rng, 0.04, 0.09), rng.uniform(0.4, 1.0, len(modes))))
    tearing = bursts(count, times, strengths, 5e-4, octaves(rng, 0.05, 0.12))
    splitting = unit(tearing * band_noise(rng, count, 500.0, 5000.0))
    chips = (times[:, None] + rng.exponential(0.07, (len(times), rng.integers(3, 12)))).ravel()
    chips = chips[chips < count / SAMPLE_RATE - 0.01]
    chipping: Samples = np.zeros(count)
    if len(chips):
        small = blows(count, chips, rng.exponential(0.5, len(chips)), 2e-4)
        chipping = unit(ring(small, rng.uniform(900.0, 3500.0, 3), 0.02, 1.0))
    return thud + rng.uniform(0.4, 1.0) * crack + rng.uniform(0.3, 0.8) * splitting + rng.uniform(0.05, 0.25) * chipping


def hammer(count: int, rng: np.random.Generator) -> Samples:
    """Quick steady blows on a nail in wood, or on an anvil that rings on."""
    is_anvil = rng.random() < 0.4
    times = onsets(rng, count, octaves(rng, 0.22, 0.55), 0.07)
    strengths = rng.uniform(0.6, 1.0, len(times))
    hard = blows(count, times, strengths, octaves(rng, 1.5e-4, 4e-4))
    pitch = octaves(rng, 1300.0, 2800.0)
    modes = pitch * np.array([1.0, rng.uniform(1.5, 1.8), rng.uniform(2.2, 2.7), rng.uniform(3.0, 3.8)])
    decay = octaves(rng, 0.3, 0.9) if is_anvil else octaves(rng, 0.05, 0.16)
    metal = unit(ring(hard, modes, decay * (modes / pitch) ** -0.5, rng.uniform(0.4, 1.0, len(modes))))
    soft = blows(count, times, strengths, 1e-3)
    wood = unit(ring(soft, octaves(rng, 160.0, 420.0) * np.array([1.0, 1.6, 2.4]), octaves(rng, 0.05, 0.12), 1.0))
    tick = unit(bursts(count, times, strengths, 3e-4, 0.02) * band_noise(rng, count, 1500.0, 7000.0))
    under = rng.uniform(0.1, 0.35) if is_anvil else rng.uniform(0.4, 1.0)
    return metal + under * wood + rng.uniform(0.1, 0.4) * tick


def _scrape(count: int, start: Samples, rng: np.random.Generator) -> Samples:
    """Steel drawn along steel: a rising band of noise that also rings the blade."""
    rise = np.linspace(rng.uniform(2000.0, 3500.0), rng.uniform(4000.0, 6500.0), count)
    noise = bursts(count, start, 1.0, 0.15, octaves(rng, 0.3, 0.8)) * sliding_noise(rng, rise, 0.5)
    sung = ring(noise, np.exp(rng.uniform(np.log(2000.0), np.log(7000.0), 5)), 0.15, 0.05)
    return noise + sung
