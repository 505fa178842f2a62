"""The ways in which each sounding class is heard, one file a class, and a drawn sound before any room or microphone.

A way is a function (samples, rng) -> sound [samples], dry and at any level. Each class names the most usual way first.
"""

from collections.abc import Callable, Mapping

import numpy as np

from .axe import AXE
from .bell import BELL
from .boat import BOAT
from .book import BOOK
from .bottle import BOTTLE
from .candle import CANDLE
from .car import CAR
from .clip import Samples, require_sounding
from .drum import DRUM
from .hammer import HAMMER
from .house import HOUSE
from .key import KEY
from .lantern import LANTERN
from .mug import MUG
from .noises import unit
from .rocket import ROCKET
from .sword import SWORD
from .tent import TENT
from .tree import TREE
from .well import WELL

Source = Callable[[int, np.random.Generator], Samples]

_SECOND_SHARE = 0.2

_SOURCES: Mapping[str, tuple[Source, ...]] = {
    "bell": BELL,
    "drum": DRUM,
    "car": CAR,
    "boat": BOAT,
    "lantern": LANTERN,
    "candle": CANDLE,
    "bottle": BOTTLE,
    "house": HOUSE,
    "sword": SWORD,
    "axe": AXE,
    "hammer": HAMMER,
    "rocket": ROCKET,
    "tree": TREE,
    "mug": MUG,
    "well": WELL,
    "key": KEY,
    "book": BOOK,
    "tent": TENT,
}


def variants_of(prop_class: str) -> tuple[str, ...]:
    """Names of the ways in which a class is heard. Raises ValueError for a class outside SOUNDING_CLASSES."""
    require_sounding(prop_class)
    return tuple(source.__name__ for source in _SOURCES[prop_class])


def dry_sound(prop_class: str, count: int, rng: np.random.Generator, variants: tuple[str, ...]) -> Samples:
    """One of the named variants [count]; a fifth have a second one quietly beneath.

    The n-th most usual is 1/n as likely as the first: rare ways should be known, but not blur what a class mostly is.
    Raises ValueError for a class without a sound and for variants that it does not have.
    """
    known = variants_of(prop_class)
    if not variants or not set(variants) <= set(known):
        raise ValueError(f"{prop_class} is heard as {', '.join(known)}, not as {', '.join(variants) or 'nothing'}")
    allowed = [source for source in _SOURCES[prop_class] if source.__name__ in variants]
    usual = 1.0 / np.arange(1, len(allowed) + 1)
    first, second = rng.choice(len(allowed), size=2, p=usual / usual.sum())
    sound = allowed[first](count, rng)
    if rng.random() < _SECOND_SHARE:
        sound = unit(sound) + 10.0 ** (-rng.uniform(3.0, 15.0) / 20.0) * unit(allowed[second](count, rng))
    return sound
