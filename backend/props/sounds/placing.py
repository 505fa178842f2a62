"""Events set one after another into a clip."""

import numpy as np

from .clip import SAMPLE_RATE, Samples


def add_at(sound: Samples, seconds: float, event: Samples) -> None:
    """Add an event to a clip in place, cut where the clip ends."""
    start = min(max(0, round(seconds * SAMPLE_RATE)), len(sound))
    kept = event[: len(sound) - start]
    sound[start : start + len(kept)] += kept


def in_turn(count: int, *events: Samples) -> Samples:
    """Events directly one after another, cut or filled with silence to [count]."""
    sound = np.zeros(count)
    joined = np.concatenate(events)[:count]
    sound[: len(joined)] = joined
    return sound
