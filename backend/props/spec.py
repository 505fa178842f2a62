"""What a prop is, before it has a mesh: class, colours, material, pattern, proportion and a seed for the rest."""

from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np

from .class_table import CLASS_TABLE
from .holdout import is_held_out, is_material_held_out
from .materials import MATERIALS, PATTERNS, Material, Pattern
from .palette import COLOURS

Proportion = Literal["normal", "tall", "wide"]

PROPORTIONS: tuple[Proportion, ...] = get_args(Proportion)

CLASSES = tuple(CLASS_TABLE)

SYMMETRIC_CLASSES = tuple(name for name, facts in CLASS_TABLE.items() if facts.is_symmetric)
"""Classes that look (nearly) alike from all sides."""

# Classes without a front teach nothing about pose, which is the slowest thing to learn, so they are drawn less often.
_SYMMETRIC_WEIGHT = 0.6
_SECOND_COLOUR_SHARE = 0.25
_PLAIN_SHARE = 0.5
_PATTERN_SHARE_OF_PLAIN = 0.5
_PATTERN_SHARE_OF_OTHERS = 0.1
_PROPORTION_SHARES = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class PropSpec:
    """One prop, fully determined.

    second_colour: of the class's second part (class_table.py), as in a red house with a blue roof; None leaves that
    part its usual paint. seed: chooses the continuous variations (leg thickness, roof pitch ...); None takes the
    middle of every range. Raises ValueError for a word outside the closed world, or for twice the same colour.
    """

    prop_class: str
    colour: str
    second_colour: str | None = None
    material: Material = "plain"
    pattern: Pattern = "plain"
    proportion: Proportion = "normal"
    seed: int | None = None

    def __post_init__(self) -> None:
        _require("class", self.prop_class, CLASSES)
        _require("colour", self.colour, tuple(COLOURS))
        if self.second_colour is not None:
            _require("second colour", self.second_colour, tuple(COLOURS))
        _require("material", self.material, MATERIALS)
        _require("pattern", self.pattern, PATTERNS)
        _require("proportion", self.proportion, PROPORTIONS)
        if self.second_colour == self.colour:
            raise ValueError(f"the second colour is {self.colour} like the first; choose another or leave it out")

    @property
    def is_held_out(self) -> bool:
        """Whether training must not contain this prop, because of either of its colours or its material."""
        second = self.second_colour is not None and is_held_out(self.prop_class, self.second_colour)
        material = is_material_held_out(self.prop_class, self.material)
        return second or material or is_held_out(self.prop_class, self.colour)


def canonical(prop_class: str, colour: str) -> PropSpec:
    """The plain, normally proportioned prop with mid-range variations that an evaluation compares a result with."""
    return PropSpec(prop_class, colour)


def sample_spec(rng: np.random.Generator, with_holdouts: bool = False, prop_class: str | None = None) -> PropSpec:
    """Draw one prop: class by weight, then uniform colours and materials among those allowed for the class.

    with_holdouts: also draw what holdout.py keeps back; never set for training. prop_class: instead of drawing one.
    """
    if prop_class is None:
        weights = np.array([_SYMMETRIC_WEIGHT if name in SYMMETRIC_CLASSES else 1.0 for name in CLASSES])
        prop_class = CLASSES[rng.choice(len(CLASSES), p=weights / weights.sum())]
    else:
        _require("class", prop_class, CLASSES)
    facts = CLASS_TABLE[prop_class]
    colours = [colour for colour in COLOURS if with_holdouts or not is_held_out(prop_class, colour)]
    first, second = rng.choice(len(colours), size=2, replace=False)
    materials = [m for m in facts.materials if with_holdouts or not is_material_held_out(prop_class, m)]
    is_plain = rng.random() < _PLAIN_SHARE
    patterned = rng.random() < (_PATTERN_SHARE_OF_PLAIN if is_plain else _PATTERN_SHARE_OF_OTHERS)
    proportion = PROPORTIONS[rng.choice(len(PROPORTIONS), p=_PROPORTION_SHARES)]
    return PropSpec(
        prop_class=prop_class,
        colour=colours[first],
        second_colour=colours[second] if rng.random() < _SECOND_COLOUR_SHARE else None,
        material="plain" if is_plain else materials[rng.integers(len(materials))],
        pattern=PATTERNS[1 + rng.integers(len(PATTERNS) - 1)] if patterned else "plain",
        proportion=proportion if facts.has_proportions else "normal",
        seed=int(rng.integers(2**31)),
    )


def changed(
    spec: PropSpec,
    colour: str,
    second_colour: str | None,
    material: str | None,
    pattern: str | None,
    proportion: str | None,
) -> PropSpec:
    """The spec in these colours, and with what else is not None, from words that may be any.

    Raises ValueError for a word outside the closed world.
    """
    return PropSpec(
        spec.prop_class,
        colour,
        second_colour,
        spec.material if material is None else _one_of("material", material, MATERIALS),
        spec.pattern if pattern is None else _one_of("pattern", pattern, PATTERNS),
        spec.proportion if proportion is None else _one_of("proportion", proportion, PROPORTIONS),
        spec.seed,
    )


_Word = TypeVar("_Word", bound=str)


def _one_of(what: str, got: str, allowed: tuple[_Word, ...]) -> _Word:
    _require(what, got, allowed)
    return allowed[allowed.index(got)]


def _require(what: str, got: str, allowed: tuple[str, ...]) -> None:
    if got not in allowed:
        raise ValueError(f"unknown {what} {got!r}; the built-in world has: {', '.join(allowed)}")
