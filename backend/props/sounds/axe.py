"""An axe: chops into a trunk, splits logs, cuts dry wood that rings, is heard across a clearing."""

import numpy as np

from .chance import octaves, onsets
from .clip import SAMPLE_RATE, Samples
from .noises import band_noise, bursts, unit
from .resonators import blows, ring


def chops(count: int, rng: np.random.Generator) -> Samples:
    """Slow blows into a trunk: its thud, the crack of the cut, splinters after it."""
    times = onsets(rng, count, octaves(rng, 0.5, 1.4), 0.2)
    strengths = rng.uniform(0.5, 1.0, len(times))
    sound = unit(_thud(count, times, strengths, rng))
    sound += rng.uniform(0.4, 1.0) * unit(_cut(count, times, strengths, (350.0, 800.0), rng))
    return sound + rng.uniform(0.1, 0.4) * unit(_chips(count, times, rng))


def split_log(count: int, rng: np.random.Generator) -> Samples:
    """One or two blows: the log tears along its grain, and its halves tumble."""
    times = onsets(rng, count, octaves(rng, 0.8, 2.0), 0.3, int(rng.integers(1, 4)))
    strengths = rng.uniform(0.6, 1.0, len(times))
    tears = bursts(count, times, strengths, 5e-4, octaves(rng, 0.08, 0.25)) * band_noise(rng, count, 400.0, 5500.0)
    after = times[-1] + np.cumsum(rng.uniform(0.08, 0.3, rng.integers(2, 7)))
    after = after[after < count / SAMPLE_RATE - 0.05]
    falls = ring(blows(count, after, 0.6, 1.5e-3), octaves(rng, 200.0, 600.0) * np.array([1.0, 1.6, 2.7]), 0.06, 1.0)
    sound = unit(_thud(count, times, strengths, rng)) + rng.uniform(0.5, 1.2) * unit(tears)
    return sound + rng.uniform(0.2, 0.8) * unit(falls) + 0.3 * unit(_chips(count, times, rng))


def dry_wood(count: int, rng: np.random.Generator) -> Samples:
    """Seasoned wood that answers with a clear hollow tok."""
    times = onsets(rng, count, octaves(rng, 0.4, 1.2), 0.25)
    strengths = rng.uniform(0.5, 1.0, len(times))
    hollow = octaves(rng, 250.0, 900.0) * np.array([1.0, rng.uniform(1.4, 2.0), rng.uniform(2.4, 3.2)])
    tok = ring(
        blows(count, times, strengths, octaves(rng, 4e-4, 1.2e-3)), hollow, octaves(rng, 0.05, 0.15), [1, 0.6, 0.3]
    )
    return unit(tok) + rng.uniform(0.2, 0.9) * unit(_cut(count, times, strengths, (500.0, 1300.0), rng))


def across_a_clearing(count: int, rng: np.random.Generator) -> Samples:
    """From afar: dull knocks, each answered by the edge of the wood."""
    sound = chops(count, rng)
    far = np.zeros(count)
    for delay, gain in zip(rng.uniform(0.08, 0.5, 3), rng.uniform(0.1, 0.45, 3), strict=True):
        late = round(delay * SAMPLE_RATE)
        far[late:] += gain * sound[: count - late]
    smooth = np.exp(-np.arange(24) / octaves(rng, 1.0, 8.0))
    return np.convolve(sound + far, smooth / smooth.sum(), mode="same")


def green_wood(count: int, rng: np.random.Generator) -> Samples:
    """A wet trunk: a dead thump, the blade's dull bite, a squeak as it is levered out."""
    times = onsets(rng, count, octaves(rng, 0.6, 1.5), 0.25)
    strengths = rng.uniform(0.5, 1.0, len(times))
    bite = bursts(count, times, strengths, 2e-3, octaves(rng, 0.03, 0.1)) * band_noise(rng, count, 200.0, 2500.0)
    steel = ring(blows(count, times, strengths, 4e-4), np.exp(rng.uniform(7.0, 8.5, 4)), 0.08, 1.0)
    sound = unit(_thud(count, times, strengths, rng)) + rng.uniform(0.4, 1.2) * unit(bite)
    return sound + rng.choice([0.0, rng.uniform(0.03, 0.2)]) * unit(steel) + 0.15 * unit(_chips(count, times, rng))


def _thud(count: int, times: Samples, strengths: Samples, rng: np.random.Generator) -> Samples:
    trunk = octaves(rng, 60.0, 200.0) * np.array([1.0, 1.7, 2.6, 3.3])
    forces = blows(count, times, strengths, octaves(rng, 8e-4, 3e-3))
    return ring(forces, trunk, octaves(rng, 0.08, 0.3), [1.0, 0.7, 0.5, 0.4])


def _cut(
    count: int, times: Samples, strengths: Samples, lowest: tuple[float, float], rng: np.random.Generator
) -> Samples:
    """The edge enters: short modes of the wood near it, and fibres that tear."""
    modes = octaves(rng, *lowest) * np.array([1.0, 1.5, 2.3, 3.1])
    crack = ring(blows(count, times, strengths, 3e-4), modes, octaves(rng, 0.03, 0.1), rng.uniform(0.4, 1.0, 4))
    tearing = bursts(count, times, strengths, 5e-4, octaves(rng, 0.03, 0.14)) * band_noise(rng, count, 500.0, 5000.0)
    return unit(crack) + octaves(rng, 0.3, 1.5) * unit(tearing)


def _chips(count: int, times: Samples, rng: np.random.Generator) -> Samples:
    """Splinters that fly off and land."""
    flown = (times[:, None] + rng.exponential(0.08, (len(times), rng.integers(2, 12)))).ravel()
    flown = flown[flown < count / SAMPLE_RATE - 0.01]
    small = blows(count, flown, rng.exponential(0.5, len(flown)), 2e-4)
    return ring(small, rng.uniform(900.0, 3500.0, 3), 0.02, 1.0)


AXE = (chops, split_log, green_wood, dry_wood, across_a_clearing)
