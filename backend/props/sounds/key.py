"""Keys: a bunch shaken or carried, dropped, and one turned in a lock."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def shaken(count: int, rng: np.random.Generator) -> Samples:
    """Dozens of tiny blows a second, in shakes."""
    shakes = onsets(rng, count, octaves(rng, 0.15, 0.7), 0.3)
    spread = rng.exponential(octaves(rng, 0.04, 0.16), (len(shakes), int(rng.integers(5, 16))))
    times = (shakes[:, None] + spread).ravel()
    return _jingle(count, np.concatenate([times, _now_and_then(count, rng.uniform(1.0, 5.0), rng)]), rng)


def carried(count: int, rng: np.random.Generator) -> Samples:
    """On a belt, in step: few clinks, now and then."""
    return _jingle(count, _now_and_then(count, octaves(rng, 4.0, 25.0), rng), rng)


def dropped(count: int, rng: np.random.Generator) -> Samples:
    """Onto a table or floor: one hard fall, clinks that die out, a dull knock of what it fell on."""
    times = onsets(rng, count, octaves(rng, 0.7, 1.6), 0.3, int(rng.integers(1, 4)))
    after = (times[:, None] + rng.exponential(octaves(rng, 0.03, 0.12), (len(times), 14))).ravel()
    knock = ring(blows(count, times, 1.0, 1e-3), octaves(rng, 150.0, 500.0) * np.array([1.0, 1.8, 2.9]), 0.07, 1.0)
    return unit(_jingle(count, np.concatenate([times, after]), rng)) + rng.uniform(0.05, 0.4) * unit(knock)


def in_a_lock(count: int, rng: np.random.Generator) -> Samples:
    """Pushed over the pins in a quick rattle, turned with a heavy click, the rest of the bunch jingling."""
    start = rng.uniform(0.03, 0.4)
    pins = start + np.cumsum(rng.uniform(0.01, 0.035, rng.integers(4, 9)))
    turns = pins[-1] + np.cumsum(rng.uniform(0.15, 0.6, rng.integers(1, 4)))
    turns = turns[turns < count / SAMPLE_RATE - 0.05]
    clicks = np.concatenate([pins, turns])
    strengths = np.concatenate([rng.uniform(0.2, 0.6, len(pins)), rng.uniform(0.7, 1.0, len(turns))])
    lock = ring(blows(count, clicks, strengths, 4e-4), np.exp(rng.uniform(6.4, 8.3, 5)), octaves(rng, 0.02, 0.06), 1.0)
    rub = bursts(count, clicks, strengths, 1e-3, 0.04) * band_noise(rng, count, 1200.0, 6000.0)
    jingle = _jingle(count, _now_and_then(count, octaves(rng, 4.0, 20.0), rng), rng)
    return rng.uniform(0.3, 1.0) * unit(lock) + 0.3 * unit(rub) + rng.uniform(0.5, 1.3) * unit(jingle)


def _now_and_then(count: int, per_second: float, rng: np.random.Generator) -> Samples:
    seconds = count / SAMPLE_RATE
    return rng.uniform(0.0, seconds - 0.02, max(2, rng.poisson(per_second * seconds)))


def _jingle(count: int, times: Samples, rng: np.random.Generator) -> Samples:
    """Blows on a few small bright bodies, of steel or brass."""
    times = times[times < count / SAMPLE_RATE - 0.01]
    bodies = int(rng.integers(2, 7))
    owner = rng.integers(0, bodies, len(times))
    sound = np.zeros(count)
    for body in range(bodies):
        mine = times[owner == body]
        forces = blows(count, mine, rng.exponential(1.0, len(mine)) + 0.1, 1e-4)
        modes = octaves(rng, 2000.0, 5000.0) * np.array([1.0, rng.uniform(1.2, 1.7), rng.uniform(1.8, 2.6), 3.1])
        sound += ring(forces, modes, octaves(rng, 0.03, 0.35), rng.uniform(0.3, 1.0, 4))
    return sound


KEY = (shaken, carried, in_a_lock, dropped)
