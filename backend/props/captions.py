"""The words of the built-in world and the sentences that training pairs with its pictures."""

import numpy as np

from .palette import COLOURS
from .spec import PropSpec

CLASS_WORDS: dict[str, tuple[str, ...]] = {
    "crate": ("crate", "box"),
    "barrel": ("barrel", "cask"),
    "stool": ("stool",),
    "lamp": ("lamp", "light"),
    "vase": ("vase",),
    "bottle": ("bottle", "flask"),
    "mushroom": ("mushroom", "toadstool"),
    "tree": ("tree", "pine"),
    "tower": ("tower", "keep"),
    "rocket": ("rocket", "spaceship"),
    "chair": ("chair", "seat"),
    "table": ("table", "desk"),
    "mug": ("mug", "cup"),
    "house": ("house", "cottage"),
    "car": ("car", "automobile"),
    "boat": ("boat", "sailboat"),
}
"""Class -> its word and then its synonyms."""

COLOUR_WORDS: dict[str, tuple[str, ...]] = {name: (name,) for name in COLOURS} | {
    "grey": ("grey", "gray"),
    "purple": ("purple", "violet"),
}

_OTHER_WORDS = ("a", "an", "the", "that", "is", "of", "with", "model", "toy", "picture", "stripes")
_SHAPE_WORDS = ("plain", "striped", "tall", "wide")

# A synonym or a rare phrasing must not drown the plain caption that most prompts use.
_SYNONYM_SHARE = 0.25


def closed_vocabulary() -> tuple[str, ...]:
    """Every word that a caption can contain, sorted; a prompt's other words mean nothing to the built-in models."""
    words = set(_OTHER_WORDS) | set(_SHAPE_WORDS)
    for synonyms in (*CLASS_WORDS.values(), *COLOUR_WORDS.values()):
        words |= set(synonyms)
    return tuple(sorted(words))


def prompt(prop_class: str, colour: str) -> str:
    """The plain prompt of a pair: "a red chair", "an orange car"."""
    return _with_article(f"{colour} {prop_class}")


def colour_free_prompt(prop_class: str) -> str:
    """The plain prompt of a class: "a chair". Normal maps, which show no colour, are trained with these."""
    return _with_article(prop_class)


def sample_caption(spec: PropSpec, rng: np.random.Generator, with_colour: bool = True) -> str:
    """One true sentence about a prop, in words of closed_vocabulary().

    with_colour: False leaves out colour and pattern, for pictures that show neither.
    Pattern and proportion are named half of the time when they are out of the ordinary.
    """
    noun = _word(CLASS_WORDS[spec.prop_class], rng)
    colour = _word(COLOUR_WORDS[spec.colour], rng) if with_colour else ""
    shape = [spec.proportion] if spec.proportion != "normal" and rng.random() < 0.5 else []
    striped = with_colour and spec.pattern == "striped" and rng.random() < 0.7
    if striped and rng.random() < 0.3:
        return _with_article(" ".join([*shape, colour, noun, "with stripes"]))
    pattern = (
        ["striped"] if striped else ["plain"] if with_colour and spec.pattern == "plain" and rng.random() < 0.05 else []
    )
    adjectives = [*shape, *pattern]
    if not with_colour:
        return _phrased(" ".join([*adjectives, noun]), rng)
    if rng.random() < 0.12:
        return f"{_with_article(' '.join([*adjectives, noun]))} that is {colour}"
    return _phrased(" ".join([*adjectives, colour, noun]), rng)


def _phrased(words: str, rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < 0.6:
        return _with_article(words)
    if draw < 0.72:
        return words
    if draw < 0.8:
        return f"the {words}"
    if draw < 0.88:
        return f"a toy {words}"
    if draw < 0.94:
        return f"a model of {_with_article(words)}"
    return f"a picture of {_with_article(words)}"


def _word(words: tuple[str, ...], rng: np.random.Generator) -> str:
    if len(words) > 1 and rng.random() < _SYNONYM_SHARE:
        return words[1 + rng.integers(len(words) - 1)]
    return words[0]


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
