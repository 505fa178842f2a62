"""Struck bodies that ring: bell, drum, mug, and a bunch of keys. Each: (samples, rng) -> sound [samples]."""

import numpy as np
from scipy.special import jn_zeros

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts
from .resonators import blows, ring

# Partials of a tuned church bell over its strike note, hum to upper ones; and of a small hand bell, nearly a cup.
_CHURCH_BELL = np.array([0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796])
_HAND_BELL = np.array([1.0, 2.32, 2.76, 4.25, 5.4, 6.63, 8.93])

# An ideal membrane's modes over its lowest one: zeros of the Bessel functions J0 to J4 (Fletcher and Rossing).
_MEMBRANE = np.sort(np.concatenate([jn_zeros(order, 3) for order in range(5)])) / jn_zeros(0, 1)[0]


def bell(count: int, rng: np.random.Generator) -> Samples:
    """A church or hand bell, struck once or swung; each partial is a doublet that beats, as no bell is quite round."""
    is_church = rng.random() < 0.6
    pitch = octaves(rng, 220.0, 900.0) if is_church else octaves(rng, 700.0, 2200.0)
    partials = (_CHURCH_BELL if is_church else _HAND_BELL) * pitch
    partials = partials * (1.0 + 0.01 * rng.standard_normal(len(partials)))
    split = 1.0 + octaves(rng, 3e-4, 3e-3)
    longest = octaves(rng, 2.5, 8.0) if is_church else octaves(rng, 1.2, 4.0)
    decays = longest * (partials[0] / partials) ** rng.uniform(0.35, 0.8)
    gains = rng.uniform(0.4, 1.0, len(partials)) * (partials / partials[0]) ** -rng.uniform(0.0, 0.4)
    times = onsets(rng, count, octaves(rng, 0.3, 1.8), 0.15, int(rng.integers(1, 7)))
    forces = blows(count, times, rng.uniform(0.5, 1.0, len(times)), octaves(rng, 0.1, 0.35) / pitch)
    return ring(forces, partials, decays, gains) + 0.8 * ring(forces, partials * split, decays, gains)


def drum(count: int, rng: np.random.Generator) -> Samples:
    """A beat on one or two skins, deep or high, sometimes with snare wires."""
    step = octaves(rng, 0.11, 0.32)
    times = onsets(rng, count, step, 0.04)
    pattern = rng.random(rng.integers(3, 9)) < 0.65
    pattern[0] = True
    times = times[np.resize(pattern, len(times))]
    strengths = octaves(rng, 0.5, 1.0) * rng.uniform(0.5, 1.0, len(times))
    pitch = octaves(rng, 55.0, 230.0)
    is_high = rng.random(len(times)) < rng.choice([0.0, 0.4])
    wires = rng.uniform(0.0, 0.5) if rng.random() < 0.35 else 0.0
    sound = np.zeros(count)
    for chosen, skin in ((~is_high, pitch), (is_high, pitch * rng.uniform(1.3, 1.9))):
        forces = blows(count, times[chosen], strengths[chosen], octaves(rng, 1e-3, 5e-3))
        sound += _skin(forces, skin, octaves(rng, 0.25, 1.1), rng)
    level = float(np.abs(sound).max())
    stick = bursts(count, times, strengths, 0.001, octaves(rng, 0.03, 0.08)) * band_noise(rng, count, 300.0, 3000.0)
    rattle = bursts(count, times, strengths, 0.004, octaves(rng, 0.15, 0.35)) * band_noise(rng, count, 1500.0, 7000.0)
    return sound + level * (rng.uniform(0.02, 0.15) * stick + wires * 0.3 * rattle)


def mug(count: int, rng: np.random.Generator) -> Samples:
    """Glazed clay against clay, or a spoon stirring: few clean high modes that die quickly."""
    is_stirred = rng.random() < 0.35
    gap = octaves(rng, 0.14, 0.28) if is_stirred else octaves(rng, 0.3, 1.2)
    times = onsets(rng, count, gap, 0.25, None if is_stirred else int(rng.integers(1, 5)))
    forces = blows(count, times, octaves(rng, 0.5, 1.0) * rng.uniform(0.4, 1.0, len(times)), octaves(rng, 1e-4, 5e-4))
    sound = np.zeros(count)
    for _ in range(1 if is_stirred else 2):
        lowest = octaves(rng, 1100.0, 2900.0)
        modes = lowest * np.array([1.0, rng.uniform(1.02, 1.25), rng.uniform(1.9, 2.6), rng.uniform(3.1, 4.4)])
        decays = octaves(rng, 0.12, 0.5) * (lowest / modes) ** 0.6
        sound += ring(forces, modes, decays, [1.0, rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.6)])
    return sound


def key(count: int, rng: np.random.Generator) -> Samples:
    """A bunch of keys shaken: dozens of tiny blows a second on small bright bodies."""
    seconds = count / SAMPLE_RATE
    shakes = onsets(rng, count, octaves(rng, 0.22, 0.7), 0.3)
    number = max(4, int(rng.uniform(5.0, 14.0)))
    spread = rng.exponential(rng.uniform(0.05, 0.14), (len(shakes), number))
    times = np.concatenate([(shakes[:, None] + spread).ravel(), rng.uniform(0.0, seconds, int(4 * seconds))])
    times = times[times < seconds - 0.01]
    owner = rng.integers(0, 4, len(times))
    sound = np.zeros(count)
    for body in range(4):
        mine = times[owner == body]
        forces = blows(count, mine, rng.exponential(1.0, len(mine)) + 0.1, 1e-4)
        modes = octaves(rng, 2200.0, 4200.0) * np.array([1.0, rng.uniform(1.2, 1.7), rng.uniform(1.8, 2.6), 3.1])
        sound += ring(forces, modes, octaves(rng, 0.04, 0.3), rng.uniform(0.3, 1.0, 4))
    return sound


def _skin(forces: Samples, pitch: float, longest: float, rng: np.random.Generator) -> Samples:
    """Forces on a membrane; its lowest modes last longest, and where it is hit chooses their mix."""
    modes = pitch * _MEMBRANE * (1.0 + 0.01 * rng.standard_normal(len(_MEMBRANE)))
    return ring(forces, modes, longest * _MEMBRANE**-0.8, rng.uniform(0.2, 1.0, len(modes)) * _MEMBRANE**-1.2)
