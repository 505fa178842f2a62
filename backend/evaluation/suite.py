"""What is asked for in an evaluation: prompts of the built-in world, and the pool they are told apart from."""

from collections.abc import Callable
from dataclasses import dataclass

from ..props.captions import prompt
from ..props.holdout import is_held_out
from ..props.palette import COLOURS
from ..props.spec import CLASSES


@dataclass(frozen=True)
class Subject:
    """One prompt, by the class and colour of the prop it names."""

    prop_class: str
    colour: str

    @property
    def text(self) -> str:
        return prompt(self.prop_class, self.colour)

    @property
    def is_held_out(self) -> bool:
        """Whether no training picture shows this class in this colour."""
        return is_held_out(self.prop_class, self.colour)


@dataclass(frozen=True)
class Suite:
    """Subjects, each generated with seeds 0 .. seeds - 1."""

    name: str
    subjects: tuple[Subject, ...]
    seeds: int


SMOKE = Suite(
    "smoke",
    (
        Subject("chair", "red"),
        Subject("boat", "blue"),
        Subject("mushroom", "red"),
        Subject("rocket", "yellow"),
        Subject("vase", "purple"),
        Subject("barrel", "brown"),
        Subject("lamp", "orange"),
        Subject("tree", "green"),
        Subject("house", "green"),
        Subject("mug", "yellow"),
        Subject("table", "brown"),
        Subject("car", "orange"),
    ),
    seeds=3,
)
"""Twelve classes; the last four pairs were held back from training."""

SUITES = {suite.name: suite for suite in (SMOKE,)}


def named_suite(name: str) -> Suite:
    """The suite called ``name``. Raises ValueError for any other name."""
    if name not in SUITES:
        raise ValueError(f"unknown suite {name!r}; there is: {', '.join(SUITES)}")
    return SUITES[name]


def pool(unknown_words: Callable[[str], tuple[str, ...]] = lambda text: ()) -> tuple[Subject, ...]:
    """Every class in every colour: what a picture's own prompt has to win against.

    unknown_words: of a text, those that the judging encoder was not taught. Prompts with any are left out: it cannot
    tell them apart, and networks trained on fewer classes are judged among those.
    """
    every = (Subject(prop_class, colour) for prop_class in CLASSES for colour in COLOURS)
    return tuple(subject for subject in every if not unknown_words(subject.text))
