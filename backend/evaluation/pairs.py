"""Prompts of the built-in world: a class of prop in a colour."""

from collections.abc import Callable
from dataclasses import dataclass

from ..props.captions import prompt
from ..props.holdout import is_held_out
from ..props.palette import COLOURS
from ..props.spec import CLASSES


@dataclass(frozen=True)
class Pair:
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


UnknownWords = Callable[[str], tuple[str, ...]]
"""Of a text, the words that an encoder was not taught."""


def world_pairs(unknown_words: UnknownWords = lambda text: ()) -> tuple[Pair, ...]:
    """Every class in every colour.

    Prompts with unknown words are left out: an encoder that was not taught them cannot tell them apart, and networks
    trained on fewer classes are judged among those.
    """
    every = (Pair(prop_class, colour) for prop_class in CLASSES for colour in COLOURS)
    return tuple(pair for pair in every if not unknown_words(pair.text))
