"""Air under water: what drips, gurgles and splashes."""

import numpy as np

from .chance import octaves
from .clip import SAMPLE_RATE, Samples


def bubbles(
    count: int,
    times: Samples,
    rng: np.random.Generator,
    pitches: tuple[float, float],
    decays: tuple[float, float] = (0.03, 0.12),
) -> Samples:
    """Small bubbles at times [N] (s): each a decaying sine that rises as its bubble nears the surface.

    pitches: Hz.   decays: seconds for 60 dB.   Source: van den Doel, "Physically based liquid sounds" (2005).
    """
    sound = np.zeros(count)
    for time in times:
        decay = octaves(rng, *decays)
        t = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
        pitch = octaves(rng, *pitches)
        phase = 2.0 * np.pi * pitch * (t + rng.uniform(0.0, 3.0) * t**2 / (2.0 * decay))
        start = int(time * SAMPLE_RATE)
        wave = rng.uniform(0.3, 1.0) * np.sin(phase) * 10.0 ** (-3.0 * t / decay)
        sound[start : start + len(wave)] += wave[: max(0, count - start)]
    return sound
