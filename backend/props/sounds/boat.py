"""A boat: water on its planks in many moods, oars, the mooring, the rigging, the wake. Something is always wet."""

import numpy as np
from scipy import signal

from .bubbles import bubbles
from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .friction import creak
from .noises import band_noise, bursts, unit
from .placing import add_at
from .resonators import blows, ring


def lapping(count: int, rng: np.random.Generator) -> Samples:
    """Small waves that slap and gurgle under the planks."""
    swells = onsets(rng, count, octaves(rng, 0.5, 1.5), 0.3)
    wave = bursts(count, swells, rng.uniform(0.5, 1.0, len(swells)), 0.25, octaves(rng, 0.8, 2.5))
    wave += octaves(rng, 0.02, 0.12)
    wash = band_noise(rng, count, octaves(rng, 120.0, 350.0), octaves(rng, 700.0, 2000.0)) * wave
    starts = rng.choice(count, size=int(count / SAMPLE_RATE * octaves(rng, 6.0, 50.0)), p=wave / wave.sum())
    gurgle = unit(bubbles(count, starts / SAMPLE_RATE, rng, (250.0, 1500.0)))
    sound = unit(wash) * octaves(rng, 0.4, 2.0) + gurgle
    return _with_planks(sound, rng) if rng.random() < 0.4 else sound


def slaps(count: int, rng: np.random.Generator) -> Samples:
    """Waves hitting the hull, without one bubble: a dull flat blow each, then water running off."""
    times = onsets(rng, count, octaves(rng, 0.4, 1.8), 0.6)
    strengths = rng.uniform(0.3, 1.0, len(times))
    hull = octaves(rng, 60.0, 180.0) * np.array([1.0, 1.6, 2.5, 3.8])
    blow = ring(blows(count, times, strengths, octaves(rng, 4e-3, 1.2e-2)), hull, octaves(rng, 0.08, 0.25), 1.0)
    runs = bursts(count, times, strengths, octaves(rng, 0.01, 0.08), octaves(rng, 0.5, 1.6))
    off = runs * band_noise(rng, count, octaves(rng, 150.0, 500.0), octaves(rng, 1200.0, 4500.0))
    return octaves(rng, 0.2, 1.2) * unit(blow) + unit(off) + octaves(rng, 0.2, 0.8) * _open_water(count, rng)


def swell(count: int, rng: np.random.Generator) -> Samples:
    """Slow waves that rise and sink along the side, each brighter at its crest; foam fizzes after it."""
    pace = octaves(rng, 0.25, 1.1)
    height = wandering(rng, count, 2.0 * pace, 0.0, 1.0) ** rng.uniform(0.8, 2.0)
    dark = band_noise(rng, count, octaves(rng, 60.0, 200.0), octaves(rng, 400.0, 1000.0))
    bright = band_noise(rng, count, octaves(rng, 400.0, 900.0), octaves(rng, 2000.0, 6000.0))
    late = signal.lfilter([2e-4], [1.0, -(1.0 - 2e-4)], height)
    body = dark * (octaves(rng, 0.03, 0.25) + height)
    return body + octaves(rng, 0.15, 1.0) * bright * (height**2 + rng.uniform(0.0, 0.6) * late)


def rowing(count: int, rng: np.random.Generator) -> Samples:
    """Strokes: the rowlock creaks or knocks, blades enter and pull water, drops fall off them."""
    period = octaves(rng, 0.8, 2.2)
    sound = octaves(rng, 0.1, 0.4) * _open_water(count, rng)
    for start in np.arange(rng.uniform(-0.3, 0.3), count / SAMPLE_RATE, period):
        length = round(0.55 * period * SAMPLE_RATE)
        pull = np.sin(np.pi * np.linspace(0.0, 1.0, length) ** rng.uniform(0.5, 0.9)) ** 2
        low, high = octaves(rng, 150.0, 400.0), octaves(rng, 1000.0, 3500.0)
        add_at(sound, start, rng.uniform(0.7, 1.2) * pull * band_noise(rng, length, low, high))
        if rng.random() < 0.6:
            wood = creak(length // 2, rng, (15.0, 120.0), (250.0, 800.0))
            add_at(sound, start + 0.1 * period, rng.uniform(0.2, 0.8) * wood)
        drops = rng.uniform(0.0, 0.4 * period, rng.integers(2, 14))
        add_at(sound, start + 0.6 * period, rng.uniform(0.5, 1.5) * bubbles(length, drops, rng, (700.0, 2600.0)))
    return sound


def moored(count: int, rng: np.random.Generator) -> Samples:
    """At a jetty: the hull bumps dully, ropes and planks creak, water moves beneath."""
    times = onsets(rng, count, octaves(rng, 0.5, 2.0), 0.6)
    wood = octaves(rng, 80.0, 260.0) * np.array([1.0, 1.5, 2.3, 3.2])
    bump = ring(blows(count, times, rng.uniform(0.3, 1.0, len(times)), 5e-3), wood, octaves(rng, 0.1, 0.3), 1.0)
    water = unit(_open_water(count, rng) + 0.7 * unit(_trickle(count, rng)))
    return _with_planks(water + rng.uniform(0.2, 0.9) * unit(bump), rng)


def under_sail(count: int, rng: np.random.Generator) -> Samples:
    """Way through the water: a rushing wake along the planks, and mostly halyards that ping on the mast."""
    rush = band_noise(rng, count, octaves(rng, 150.0, 400.0), octaves(rng, 1500.0, 5000.0))
    sound = unit(rush * wandering(rng, count, octaves(rng, 2.0, 6.0), 0.4, 1.0)) + 0.7 * unit(_trickle(count, rng))
    if rng.random() < 0.6:
        times = onsets(rng, count, octaves(rng, 0.25, 0.9), 0.4)
        mast = octaves(rng, 500.0, 1500.0) * np.array([1.0, 2.76, 5.4])
        ping = ring(blows(count, times, rng.uniform(0.2, 1.0, len(times)), 4e-4), mast, octaves(rng, 0.2, 0.7), 1.0)
        sound += rng.uniform(0.15, 0.6) * unit(ping)
    return sound


def _open_water(count: int, rng: np.random.Generator) -> Samples:
    """The lake or sea around: soft noise that never quite stops and never stays the same."""
    noise = band_noise(rng, count, octaves(rng, 80.0, 250.0), octaves(rng, 600.0, 2500.0))
    return unit(noise * wandering(rng, count, octaves(rng, 0.8, 4.0), 0.15, 1.0))


def _trickle(count: int, rng: np.random.Generator) -> Samples:
    """Many small bubbles in no order."""
    seconds = count / SAMPLE_RATE
    times = rng.uniform(0.0, seconds - 0.05, max(3, int(seconds * octaves(rng, 8.0, 60.0))))
    return bubbles(count, times, rng, (octaves(rng, 200.0, 500.0), octaves(rng, 900.0, 2500.0)))


def _with_planks(sound: Samples, rng: np.random.Generator) -> Samples:
    heard = unit(sound)
    length = min(len(sound), round(rng.uniform(0.4, 1.2) * SAMPLE_RATE))
    wood = creak(length, rng, (12.0, 160.0), (250.0, 900.0))
    add_at(heard, rng.uniform(0.0, (len(sound) - length) / SAMPLE_RATE), rng.uniform(0.3, 1.2) * wood)
    return heard


BOAT = (lapping, slaps, swell, rowing, moored, under_sail)
