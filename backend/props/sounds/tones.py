"""Tones with harmonics whose pitch moves."""

import numpy as np
import numpy.typing as npt

from .clip import SAMPLE_RATE, Samples


def harmonics(pitch: Samples, gains: npt.ArrayLike, rng: np.random.Generator) -> Samples:
    """A sum of multiples of ``pitch`` [T] (Hz) with these gains and random phases; none above the Nyquist limit."""
    phase = 2.0 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    highest = float(pitch.max())
    sound = np.zeros(len(pitch))
    for number, gain in enumerate(np.asarray(gains, dtype=float), start=1):
        if number * highest < 0.48 * SAMPLE_RATE:
            sound += gain * np.sin(number * phase + rng.uniform(0.0, 2.0 * np.pi))
    return sound
