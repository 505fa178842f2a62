"""What is heard of things that drive or fly past."""

from dataclasses import dataclass

import numpy as np

from .chance import octaves
from .clip import SAMPLE_RATE, Samples

_SPEED_OF_SOUND = 340.0


@dataclass(frozen=True)
class Passing:
    """loudness: [T], 1 at the nearest point.   pitch: [T], heard over sent frequency."""

    loudness: Samples
    pitch: Samples


def passing_by(count: int, rng: np.random.Generator, speeds: tuple[float, float]) -> Passing:
    """On a straight line at constant speed (m/s), nearest at some moment of the clip; quieter and lower afterwards."""
    speed, nearest = octaves(rng, *speeds), octaves(rng, 3.0, 25.0)
    moment = rng.uniform(0.15, 0.8) * count / SAMPLE_RATE
    along = speed * (np.arange(count) / SAMPLE_RATE - moment)
    distance = np.sqrt(along**2 + nearest**2)
    approach = -speed * along / distance
    return Passing(nearest / distance, 1.0 / (1.0 - approach.clip(-300.0, 250.0) / _SPEED_OF_SOUND))
