"""A hammer: nails in wood, an anvil, iron, a chisel. Steady blows."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def nail(count: int, rng: np.random.Generator) -> Samples:
    """Quick steady blows; the nail's tone rises a little as it goes in, the board knocks with it."""
    times = _steady(count, octaves(rng, 0.2, 0.6), rng)
    strengths = rng.uniform(0.6, 1.0, len(times))
    pitch, rise = octaves(rng, 1100.0, 3000.0), rng.uniform(0.0, 0.06)
    ratios = np.array([1.0, rng.uniform(1.5, 1.8), rng.uniform(2.2, 2.7), rng.uniform(3.0, 3.8)])
    gains, decay = rng.uniform(0.4, 1.0, 4), octaves(rng, 0.04, 0.18)
    metal = np.zeros(count)
    for number, time in enumerate(times):
        force = blows(count, np.array([time]), strengths[number], 2.5e-4)
        metal += ring(force, pitch * ratios * (1.0 + rise * number), decay * ratios**-0.5, gains)
    board = ring(blows(count, times, strengths, 1e-3), _board(rng), octaves(rng, 0.04, 0.14), 1.0)
    return unit(metal) + octaves(rng, 0.4, 1.6) * unit(board) + _tick(count, times, strengths, rng)


def anvil(count: int, rng: np.random.Generator) -> Samples:
    """A smith's blows: a high hard ring that lasts; between blows the hammer may bounce on the face."""
    times = _steady(count, octaves(rng, 0.3, 0.9), rng)
    strengths = rng.uniform(0.6, 1.0, len(times))
    if rng.random() < 0.4:
        bounce = times + rng.uniform(0.1, 0.18)
        times = np.concatenate([times, bounce[bounce < count / SAMPLE_RATE - 0.05]])
        strengths = np.concatenate([strengths, np.full(len(times) - len(strengths), rng.uniform(0.15, 0.4))])
    pitch = octaves(rng, 900.0, 3000.0)
    modes = pitch * np.array([1.0, rng.uniform(1.4, 1.8), rng.uniform(2.1, 2.7), rng.uniform(2.9, 3.8)])
    metal = ring(blows(count, times, strengths, 2.5e-4), modes, octaves(rng, 0.3, 1.3), rng.uniform(0.2, 1.0, 4))
    block = ring(blows(count, times, strengths, 1.5e-3), _board(rng), 0.1, 1.0)
    return unit(metal) + rng.uniform(0.05, 0.4) * unit(block) + _tick(count, times, strengths, rng)


def on_iron(count: int, rng: np.random.Generator) -> Samples:
    """A sledge on a steel plate or post: a lower clang, dull or long."""
    times = _steady(count, octaves(rng, 0.4, 1.0), rng)
    strengths = rng.uniform(0.7, 1.0, len(times))
    modes = octaves(rng, 300.0, 900.0) * np.cumprod(np.concatenate([[1.0], rng.uniform(1.25, 1.7, 6)]))
    clang = ring(blows(count, times, strengths, 4e-4), modes, octaves(rng, 0.1, 0.6), rng.uniform(0.3, 1.0, 7))
    return unit(clang) + _tick(count, times, strengths, rng)


def chisel(count: int, rng: np.random.Generator) -> Samples:
    """Light quick taps on a chisel in stone or wood: a short bright chink each, crumbs falling."""
    times = _steady(count, octaves(rng, 0.18, 0.45), rng)
    strengths = rng.uniform(0.5, 1.0, len(times))
    modes = octaves(rng, 1800.0, 3800.0) * np.array([1.0, rng.uniform(1.3, 1.7), rng.uniform(1.9, 2.3)])
    chink = ring(blows(count, times, strengths, 1.5e-4), modes, octaves(rng, 0.06, 0.3), rng.uniform(0.3, 1.0, 3))
    crumbs = bursts(count, times, strengths, 2e-3, octaves(rng, 0.05, 0.15)) * band_noise(rng, count, 900.0, 5500.0)
    return unit(chink) + rng.uniform(0.1, 0.6) * unit(crumbs) + _tick(count, times, strengths, rng)


def _steady(count: int, gap: float, rng: np.random.Generator) -> Samples:
    return onsets(rng, count, gap, octaves(rng, 0.02, 0.15))


def _board(rng: np.random.Generator) -> Samples:
    return octaves(rng, 140.0, 480.0) * np.array([1.0, 1.6, 2.4]) * rng.uniform(0.92, 1.08, 3)


def _tick(count: int, times: Samples, strengths: Samples, rng: np.random.Generator) -> Samples:
    """The contact itself, at a random small level."""
    tick = bursts(count, times, strengths, 3e-4, octaves(rng, 0.012, 0.04)) * band_noise(rng, count, 1500.0, 7000.0)
    return octaves(rng, 0.08, 0.5) * unit(tick)


HAMMER = (nail, anvil, on_iron, chisel)
