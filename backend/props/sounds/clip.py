"""What every sound clip of the built-in world is: its rate, its length, and the classes that have one."""

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples a second."""

SECONDS = (1.0, 4.0)
"""Shortest and longest clip."""

SOUNDING_CLASSES = (
    "bell",
    "drum",
    "car",
    "boat",
    "lantern",
    "candle",
    "bottle",
    "house",
    "sword",
    "axe",
    "hammer",
    "rocket",
    "tree",
    "mug",
    "well",
    "key",
    "book",
    "tent",
)
"""Classes with a sound that a listener would name: ring, beat, engine, water, fire, breath that blows a flame out,
blown neck, door, clash, chops, nail blows, roar, wind in leaves, clink, drips in a shaft, jingle, pages, zip."""

Samples = npt.NDArray[np.float64]
"""[T] mono."""


def require_sounding(prop_class: str) -> None:
    """Raise ValueError for a class without a sound of its own."""
    if prop_class not in SOUNDING_CLASSES:
        raise ValueError(f"{prop_class!r} has no sound of its own; these have: {', '.join(SOUNDING_CLASSES)}")
