"""Swords: blades that meet, slide, are drawn, cut the air and ring on. Steel with many modes, in no rhythm."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, sliding_noise, unit
from .placing import add_at
from .resonators import blows, ring


def clash(count: int, rng: np.random.Generator) -> Samples:
    """Single hard meetings of two blades, with a spark of noise."""
    times = onsets(rng, count, octaves(rng, 0.35, 1.1), 0.5, int(rng.integers(1, 5)))
    return _met(count, times, octaves(rng, 0.35, 1.5), rng)


def duel(count: int, rng: np.random.Generator) -> Samples:
    """Flurries of quick blows, pauses, slides between them."""
    times = np.cumsum(rng.exponential(octaves(rng, 0.12, 0.35), 40)) + rng.uniform(0.0, 0.2)
    times = times[times < count / SAMPLE_RATE - 0.1]
    sound = _met(count, times if len(times) else np.array([0.2]), octaves(rng, 0.12, 0.8), rng)
    for time in times[rng.random(len(times)) < 0.25]:
        add_at(sound, time + 0.03, rng.uniform(0.2, 0.8) * _slide(octaves(rng, 0.15, 0.5), rng))
    return sound


def drawn(count: int, rng: np.random.Generator) -> Samples:
    """Out of its sheath: a scrape that rises and ends in a free ring; sometimes pushed back in."""
    sound = np.zeros(count)
    length = octaves(rng, 0.25, 1.0)
    start = rng.uniform(0.0, 0.4)
    add_at(sound, start, _slide(length, rng))
    modes, decays = _blade(rng, octaves(rng, 0.4, 2.5))
    freed = ring(blows(count, np.array([start + length]), 1.0, 2e-4), modes, decays, rng.uniform(0.2, 1.0, len(modes)))
    sound += rng.uniform(0.2, 1.2) * unit(freed)
    if rng.random() < 0.4:
        add_at(sound, start + length + rng.uniform(0.4, 1.2), rng.uniform(0.5, 1.0) * _slide(length, rng)[::-1])
    return sound


def sliding(count: int, rng: np.random.Generator) -> Samples:
    """Blades that meet and slide along each other before they part."""
    times = onsets(rng, count, octaves(rng, 0.5, 1.4), 0.4, int(rng.integers(1, 4)))
    sound = unit(_met(count, times, octaves(rng, 0.3, 1.0), rng))
    for time in times:
        add_at(sound, time + rng.uniform(0.0, 0.06), rng.uniform(0.4, 1.5) * _slide(octaves(rng, 0.2, 0.7), rng))
    return sound


def swing_and_hit(count: int, rng: np.random.Generator) -> Samples:
    """The blade cuts the air, then meets the other."""
    times = onsets(rng, count, octaves(rng, 0.6, 1.5), 0.3, int(rng.integers(1, 4))) + 0.15
    sound = unit(_met(count, times, octaves(rng, 0.25, 1.5), rng))
    for time in times:
        length = round(octaves(rng, 0.12, 0.35) * SAMPLE_RATE)
        share = np.linspace(0.0, 1.0, length)
        centre = octaves(rng, 500.0, 1500.0) * (1.0 + rng.uniform(0.5, 2.0) * np.sin(np.pi * share))
        whoosh = np.sin(np.pi * share) ** 2 * sliding_noise(rng, centre, 0.8)
        add_at(sound, time - length / SAMPLE_RATE, octaves(rng, 0.2, 1.5) * whoosh)
    return sound


def long_ring(count: int, rng: np.random.Generator) -> Samples:
    """Struck lightly and left to sing; the beats of close modes are heard."""
    times = onsets(rng, count, octaves(rng, 0.6, 2.0), 0.4, int(rng.integers(1, 4)))
    return _met(count, times, octaves(rng, 1.2, 3.5), rng)


def _met(count: int, times: Samples, longest: float, rng: np.random.Generator) -> Samples:
    """Blades that touch at these times: both ring, chattering as thin steel bounces, with broad noise at each touch."""
    strengths = rng.uniform(0.3, 1.0, len(times))
    bounces = int(rng.integers(0, 4))
    gaps = np.cumsum(rng.exponential(octaves(rng, 0.004, 0.02), (len(times), bounces)), axis=1)
    touches = np.concatenate([times, (times[:, None] + gaps).ravel()])
    forces = np.concatenate([strengths, (strengths[:, None] * 0.6 ** np.arange(1, bounces + 1)).ravel()])
    kept = touches < count / SAMPLE_RATE - 0.02
    touches, forces = touches[kept], forces[kept]
    contact = octaves(rng, 8e-5, 3e-4)
    sound = np.zeros(count)
    for _ in range(2):
        modes, decays = _blade(rng, longest)
        push = blows(count, touches, forces, contact)
        sound += octaves(rng, 0.4, 1.0) * unit(ring(push, modes, decays, rng.uniform(0.1, 1.0, len(modes))))
    spark = bursts(count, touches, forces, 5e-4, octaves(rng, 0.02, 0.12))
    spark *= band_noise(rng, count, octaves(rng, 800.0, 3000.0), 7500.0)
    return sound + octaves(rng, 0.05, 0.8) * unit(spark)


def _blade(rng: np.random.Generator, longest: float) -> tuple[Samples, Samples]:
    """Modes (Hz) and decays (s): a free bar's, crowded by taper and fuller; or drawn at random, as dense."""
    if rng.random() < 0.5:
        numbers = np.arange(2.0, 2.0 + rng.integers(10, 22))
        modes = octaves(rng, 40.0, 160.0) * (numbers + 0.5) ** rng.uniform(1.5, 2.0) / 2.25
        modes = modes * (1.0 + 0.04 * rng.standard_normal(len(modes)))
    else:
        modes = np.exp(rng.uniform(np.log(octaves(rng, 350.0, 1300.0)), np.log(7600.0), rng.integers(6, 22)))
    modes = modes[(modes > 250.0) & (modes < 7700.0)]
    slope = rng.uniform(-0.1, 0.7)
    return modes, longest * (modes / 1500.0) ** -slope * rng.uniform(0.5, 1.3, len(modes))


def _slide(seconds: float, rng: np.random.Generator) -> Samples:
    """Steel drawn along steel: a rising band of noise, gritty, that also rings the blade."""
    count = max(400, round(seconds * SAMPLE_RATE))
    share = np.linspace(0.0, 1.0, count)
    rise = np.linspace(octaves(rng, 1200.0, 3500.0), octaves(rng, 3000.0, 6500.0), count)
    grit = 1.0 + rng.uniform(0.0, 0.6) * band_noise(rng, count, 30.0, 200.0)
    swell = share ** rng.uniform(0.2, 1.5) * np.minimum(1.0, 8.0 * (1.0 - share))
    noise = swell * grit * sliding_noise(rng, rise, octaves(rng, 0.25, 1.2))
    modes, _ = _blade(rng, 0.3)
    return unit(noise + octaves(rng, 0.1, 1.5) * unit(ring(noise, modes, octaves(rng, 0.05, 0.4), 0.3)))


SWORD = (clash, duel, drawn, sliding, swing_and_hit, long_ring)
