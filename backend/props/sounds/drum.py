"""Drums: a beat on skins, a kit, a roll, one great drum, hands on a skin."""

import numpy as np
from scipy.special import jn_zeros

from .chance import octaves, onsets
from .clip import Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring

# An ideal membrane's modes over its lowest one: zeros of the Bessel functions J0 to J4 (Fletcher and Rossing).
_MEMBRANE = np.sort(np.concatenate([jn_zeros(order, 3) for order in range(5)])) / jn_zeros(0, 1)[0]


def beat(count: int, rng: np.random.Generator) -> Samples:
    """A rhythm on one or two skins, deep or high, sometimes with snare wires."""
    times = _rhythm(count, octaves(rng, 0.11, 0.32), rng)
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
    return sound + level * (rng.uniform(0.02, 0.15) * stick + 0.3 * wires * _wires(count, times, strengths, rng))


def kit(count: int, rng: np.random.Generator) -> Samples:
    """Bass drum, snare drum and mostly a hi-hat between them, in time."""
    step = octaves(rng, 0.14, 0.3)
    grid = onsets(rng, count, step, 0.01)
    bass, snare = grid[::4], grid[2::4]
    sound = unit(_skin(blows(count, bass, 1.0, 4e-3), octaves(rng, 45.0, 80.0), octaves(rng, 0.2, 0.5), rng))
    if len(snare):
        body = _skin(blows(count, snare, 1.0, 1.5e-3), octaves(rng, 150.0, 260.0), octaves(rng, 0.12, 0.3), rng)
        sound += rng.uniform(0.5, 1.0) * unit(unit(body) + rng.uniform(0.5, 1.5) * _wires(count, snare, 1.0, rng))
    if rng.random() < 0.6:
        hat = bursts(count, grid, rng.uniform(0.5, 1.0, len(grid)), 5e-4, octaves(rng, 0.03, 0.2))
        sound += rng.uniform(0.05, 0.3) * hat * band_noise(rng, count, 4500.0, 7800.0)
    return sound


def roll(count: int, rng: np.random.Generator) -> Samples:
    """Strokes too quick to count, swelling or fading."""
    times = onsets(rng, count, octaves(rng, 0.035, 0.08), 0.25)
    begin, end = rng.uniform(0.15, 1.0, 2)
    swell = np.linspace(begin, end, len(times)) * rng.uniform(0.7, 1.0, len(times))
    pitch = octaves(rng, 70.0, 260.0)
    sound = unit(_skin(blows(count, times, swell, octaves(rng, 1e-3, 4e-3)), pitch, octaves(rng, 0.15, 0.7), rng))
    return sound + rng.choice([0.0, rng.uniform(0.2, 0.9)]) * unit(_wires(count, times, swell, rng))


def great_drum(count: int, rng: np.random.Generator) -> Samples:
    """A timpano or a taiko: single blows, deep and long."""
    times = onsets(rng, count, octaves(rng, 0.5, 1.6), 0.15, int(rng.integers(1, 6)))
    strengths = rng.uniform(0.5, 1.0, len(times))
    sound = _skin(blows(count, times, strengths, octaves(rng, 3e-3, 9e-3)), octaves(rng, 45.0, 140.0), 2.0, rng)
    thud = bursts(count, times, strengths, 0.003, octaves(rng, 0.08, 0.3)) * band_noise(rng, count, 40.0, 400.0)
    return unit(sound) + rng.uniform(0.0, 0.4) * unit(thud)


def hand_drum(count: int, rng: np.random.Generator) -> Samples:
    """Congas or a djembe: open tones, deep palms and sharp slaps of bare hands."""
    times = _rhythm(count, octaves(rng, 0.12, 0.26), rng)
    strokes = rng.integers(3, size=len(times))
    pitch = octaves(rng, 90.0, 220.0)
    sound = np.zeros(count)
    for stroke, (ratio, decay, contact) in enumerate(((1.0, 0.35, 3e-3), (0.6, 0.5, 5e-3), (1.7, 0.12, 7e-4))):
        forces = blows(count, times[strokes == stroke], rng.uniform(0.6, 1.0), contact)
        sound += _skin(forces, pitch * ratio, decay * octaves(rng, 0.6, 1.6), rng)
    slap = bursts(count, times[strokes == 2], 1.0, 5e-4, octaves(rng, 0.02, 0.07))
    return unit(sound) + rng.uniform(0.1, 0.6) * slap * band_noise(rng, count, 700.0, 5000.0)


def _rhythm(count: int, step: float, rng: np.random.Generator) -> Samples:
    times = onsets(rng, count, step, 0.04)
    pattern = rng.random(rng.integers(3, 9)) < 0.65
    pattern[0] = True
    return times[np.resize(pattern, len(times))]


def _skin(forces: Samples, pitch: float, longest: float, rng: np.random.Generator) -> Samples:
    """Forces on a membrane; its lowest modes last longest, and where it is hit chooses their mix."""
    modes = pitch * _MEMBRANE * (1.0 + 0.01 * rng.standard_normal(len(_MEMBRANE)))
    return ring(forces, modes, longest * _MEMBRANE**-0.8, rng.uniform(0.2, 1.0, len(modes)) * _MEMBRANE**-1.2)


def _wires(count: int, times: Samples, strengths: Samples | float, rng: np.random.Generator) -> Samples:
    """Snare wires that rattle against the lower skin."""
    return bursts(count, times, strengths, 0.004, octaves(rng, 0.12, 0.35)) * band_noise(rng, count, 1500.0, 7000.0)


DRUM = (beat, kit, hand_drum, great_drum, roll)
