"""What a prop is, before it has a mesh: class, colour, pattern, proportion and the seed of its small variations."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from .holdout import is_held_out
from .palette import COLOURS

Pattern = Literal["plain", "striped"]
Proportion = Literal["normal", "tall", "wide"]

PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
PROPORTIONS: tuple[Proportion, ...] = get_args(Proportion)

SYMMETRIC_CLASSES = ("crate", "barrel", "stool", "lamp", "vase", "bottle", "mushroom", "tree", "tower", "rocket")
"""Classes that look (nearly) alike from all sides."""

ASYMMETRIC_CLASSES = ("chair", "table", "mug", "house", "car", "boat")
"""Classes whose view depends strongly on the azimuth."""

CLASSES = (*SYMMETRIC_CLASSES, *ASYMMETRIC_CLASSES)

# Classes without a front teach nothing about pose, which is the slowest thing to learn, so they are drawn less often.
_SYMMETRIC_WEIGHT = 0.6
_STRIPED_SHARE = 0.35
_PROPORTION_SHARES = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class PropSpec:
    """One prop, fully determined.

    seed: chooses the continuous variations (leg thickness, roof pitch ...); None takes the middle of every range.
    Raises ValueError for a word outside the closed world.
    """

    prop_class: str
    colour: str
    pattern: Pattern = "plain"
    proportion: Proportion = "normal"
    seed: int | None = None

    def __post_init__(self) -> None:
        _require("class", self.prop_class, CLASSES)
        _require("colour", self.colour, tuple(COLOURS))
        _require("pattern", self.pattern, PATTERNS)
        _require("proportion", self.proportion, PROPORTIONS)


def canonical(prop_class: str, colour: str) -> PropSpec:
    """The plain, normally proportioned prop with mid-range variations that an evaluation compares a result with."""
    return PropSpec(prop_class, colour)


def sample_spec(rng: np.random.Generator, with_holdouts: bool = False) -> PropSpec:
    """Draw one prop: class by weight, then a uniform colour among those allowed for the class.

    with_holdouts: also draw the pairs of holdout.py; never set for training.
    """
    weights = np.array([_SYMMETRIC_WEIGHT if name in SYMMETRIC_CLASSES else 1.0 for name in CLASSES])
    prop_class = CLASSES[rng.choice(len(CLASSES), p=weights / weights.sum())]
    allowed = [colour for colour in COLOURS if with_holdouts or not is_held_out(prop_class, colour)]
    return PropSpec(
        prop_class=prop_class,
        colour=allowed[rng.integers(len(allowed))],
        pattern="striped" if rng.random() < _STRIPED_SHARE else "plain",
        proportion=PROPORTIONS[rng.choice(len(PROPORTIONS), p=_PROPORTION_SHARES)],
        seed=int(rng.integers(2**31)),
    )


def _require(what: str, got: str, allowed: tuple[str, ...]) -> None:
    if got not in allowed:
        raise ValueError(f"unknown {what} {got!r}; the built-in world has: {', '.join(allowed)}")
