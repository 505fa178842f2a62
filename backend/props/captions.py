"""True sentences about props, in a closed vocabulary, that training pairs with their pictures.

A sentence is a noun phrase in some word order (ORDERS) inside a frame (FRAMES). holdouts.json names the frames and
orders that training never uses; they are made of words that training uses elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .class_table import CLASS_TABLE
from .holdout import holdout_frames, holdout_orders
from .materials import Material, Pattern
from .spec import Proportion, PropSpec
from .words import (
    CLASS_PLURALS,
    CLASS_WORDS,
    COLOUR_WORDS,
    MATERIAL_NOUNS,
    MATERIAL_WORDS,
    PATTERN_ADJECTIVES,
    PATTERN_NOUNS,
    PROPORTION_WORDS,
)

LONGEST = 14
"""Words of the longest caption: the text tower reads no more."""

# A synonym or a rare phrasing must not drown the plain caption that most prompts use.
_SYNONYM_SHARE = 0.25
_TOLD_SHARE = 0.7
_SAID_TO_BE_PLAIN_SHARE = 0.05
_PLAIN_FRAME_SHARE = 0.5
_PLAIN_ORDER_SHARE = 0.75


@dataclass(frozen=True)
class Facts:
    """What a sentence says about a prop; None where it leaves something out."""

    prop_class: str
    colour: str | None = None
    second_colour: str | None = None
    material: Material | None = None
    pattern: Pattern | None = None
    proportion: Proportion | None = None


@dataclass(frozen=True)
class Caption:
    """A true sentence, and what it says."""

    text: str
    facts: Facts


def prompt(prop_class: str, colour: str) -> str:
    """The plain prompt of a pair: "a red chair", "an orange car"."""
    return _with_article(f"{colour} {prop_class}")


def colour_free_prompt(prop_class: str) -> str:
    """The plain prompt of a class: "a chair". Normal maps, which show no colour, are trained with these."""
    return _with_article(prop_class)


def description(spec: PropSpec) -> str:
    """All that can be told of a prop, in the plainest words: "a tall red wooden house with a blue roof"."""
    told = Facts(
        spec.prop_class,
        spec.colour,
        spec.second_colour,
        None if spec.material == "plain" else spec.material,
        None if spec.pattern == "plain" else spec.pattern,
        None if spec.proportion == "normal" else spec.proportion,
    )
    words = _chosen_words(told, None)
    return _with_article(ORDERS["adjectives"].phrase(words, words.noun))


Telling = Literal["all", "no colour", "shape"]
"""What a sentence may speak of: everything, everything but colours, or neither colours nor material nor pattern."""


def sample_caption(
    spec: PropSpec, rng: np.random.Generator, telling: Telling = "all", from_holdouts: bool = False
) -> str:
    """The text of one sample_statement."""
    return sample_statement(spec, rng, telling, from_holdouts).text


def sample_statement(
    spec: PropSpec, rng: np.random.Generator, telling: Telling = "all", from_holdouts: bool = False
) -> Caption:
    """One true sentence about a prop, in words of closed_vocabulary(), at most LONGEST of them.

    telling: "shape" is for pictures that show nothing else; "no colour" for those of the class's usual one.
    from_holdouts: use a frame or a word order that training never uses, instead of only those that it does.
    What is out of the ordinary about the prop is told mostly but not always.
    """
    facts = _chosen_facts(spec, rng, telling)
    fitting = [name for name, order in ORDERS.items() if order.fits(facts)]
    kept_back = [name for name in fitting if name in holdout_orders()]
    usual = [name for name in fitting if name not in holdout_orders()]
    order, frame = _first_mostly(usual, _PLAIN_ORDER_SHARE, rng), _first_mostly(_USUAL_FRAMES, _PLAIN_FRAME_SHARE, rng)
    if from_holdouts and kept_back and rng.random() < 0.5:
        order = kept_back[rng.integers(len(kept_back))]
    elif from_holdouts:
        frame = sorted(holdout_frames())[rng.integers(len(holdout_frames()))]
    if not ORDERS[order].tells_second:
        facts = replace(facts, second_colour=None)
    words = _chosen_words(facts, rng)
    phrases = [ORDERS[order].phrase(words, noun) for noun in (words.noun, words.plural)]
    text = FRAMES[frame](*phrases)
    return Caption(text if len(text.split()) <= LONGEST else _with_article(phrases[0]), facts)


def _chosen_facts(spec: PropSpec, rng: np.random.Generator, telling: Telling) -> Facts:
    def told(share: float = _TOLD_SHARE) -> bool:
        return bool(rng.random() < share)

    facts = Facts(spec.prop_class)
    if spec.proportion != "normal" and told():
        facts = replace(facts, proportion=spec.proportion)
    if telling == "shape":
        return facts
    if spec.material != "plain" and told():
        facts = replace(facts, material=spec.material)
    if telling == "all":
        facts = replace(facts, colour=spec.colour)
        if spec.second_colour is not None and told():
            facts = replace(facts, second_colour=spec.second_colour)
    is_ordinary = spec.pattern == "plain" and spec.material == "plain" and spec.second_colour is None
    if told(_SAID_TO_BE_PLAIN_SHARE) if is_ordinary else spec.pattern != "plain" and told():
        facts = replace(facts, pattern=spec.pattern)
    return facts


@dataclass(frozen=True)
class _Words:
    """One word for each fact, or an empty one where it is not told; some facts have two forms."""

    noun: str
    plural: str
    proportion: str
    pattern: str
    pattern_noun: str
    colour: str
    material: str
    material_noun: str
    second_colour: str
    second_part: str


def _chosen_words(facts: Facts, rng: np.random.Generator | None) -> _Words:
    """Mostly the first synonym of each; always without a generator."""

    def one_of(words: tuple[str, ...]) -> str:
        if not words or rng is None:
            return words[0] if words else ""
        return _first_mostly(words, 1.0 - _SYNONYM_SHARE, rng)

    singulars = CLASS_WORDS[facts.prop_class]
    noun = one_of(singulars)
    return _Words(
        noun=noun,
        plural=CLASS_PLURALS[facts.prop_class][singulars.index(noun)],
        proportion=one_of(PROPORTION_WORDS[facts.proportion]) if facts.proportion else "",
        pattern=one_of(PATTERN_ADJECTIVES[facts.pattern]) if facts.pattern else "",
        pattern_noun=one_of(PATTERN_NOUNS.get(facts.pattern, ())) if facts.pattern else "",
        colour=one_of(COLOUR_WORDS[facts.colour]) if facts.colour else "",
        material=one_of(MATERIAL_WORDS[facts.material]) if facts.material else "",
        material_noun=one_of(MATERIAL_NOUNS[facts.material]) if facts.material else "",
        second_colour=one_of(COLOUR_WORDS[facts.second_colour]) if facts.second_colour else "",
        second_part=CLASS_TABLE[facts.prop_class].second_part,
    )


@dataclass(frozen=True)
class Order:
    """A word order. phrase: words and the noun in its number -> noun phrase without an article.

    fits: whether these facts give it all that it needs. tells_second: whether it says a second colour.
    """

    phrase: Callable[[_Words, str], str]
    fits: Callable[[Facts], bool]
    tells_second: bool = False


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _adjectives(w: _Words, noun: str) -> str:
    return _joined(w.proportion, w.pattern, w.colour, w.material, noun)


def _with_second_part(w: _Words, noun: str) -> str:
    if not w.second_colour:
        return _adjectives(w, noun)
    part = f"{w.second_colour} {w.second_part}"
    return f"{_adjectives(w, noun)} with {part if _is_plural(w.second_part) else _with_article(part)}"


def _is_plural(noun: str) -> bool:
    return noun.endswith("s")


def _has_single_second_part(facts: Facts) -> bool:
    return facts.second_colour is not None and not _is_plural(CLASS_TABLE[facts.prop_class].second_part)


def _has_pattern(facts: Facts) -> bool:
    return facts.pattern is not None and facts.pattern != "plain"


ORDERS: dict[str, Order] = {
    "adjectives": Order(_with_second_part, lambda f: True, tells_second=True),
    "that_is_colour": Order(
        lambda w, noun: _joined(w.proportion, w.pattern, w.material, noun, "that is", w.colour),
        lambda f: f.colour is not None,
    ),
    "made_of": Order(
        lambda w, noun: _joined(w.proportion, w.pattern, w.colour, noun, "made of", w.material_noun),
        lambda f: f.material is not None,
    ),
    "with_pattern": Order(
        lambda w, noun: _joined(w.proportion, w.colour, w.material, noun, "with", w.pattern_noun),
        _has_pattern,
    ),
    "that_is_pattern": Order(
        lambda w, noun: _joined(w.proportion, w.colour, w.material, noun, "that is", w.pattern),
        _has_pattern,
    ),
    "two_colours": Order(
        lambda w, noun: _joined(w.proportion, w.pattern, w.colour, "and", w.second_colour, w.material, noun),
        lambda f: f.second_colour is not None,
        tells_second=True,
    ),
    "part_that_is": Order(
        lambda w, noun: _joined(_adjectives(w, noun), "with", _with_article(w.second_part), "that is", w.second_colour),
        _has_single_second_part,
        tells_second=True,
    ),
    "colour_after_material": Order(
        lambda w, noun: _joined(w.proportion, w.pattern, w.material, w.colour, noun),
        lambda f: f.material is not None,
    ),
    "material_that_is_colour": Order(
        lambda w, noun: _joined(w.proportion, w.pattern, noun, "made of", w.material_noun, "that is", w.colour),
        lambda f: f.material is not None and f.colour is not None,
    ),
    "pattern_and_colour": Order(
        lambda w, noun: _joined(w.proportion, w.material, noun, "that is", w.pattern, "and", w.colour),
        lambda f: _has_pattern(f) and f.colour is not None,
    ),
}
"""Name -> word order. A second colour is only ever told together with the first."""

FRAMES: dict[str, Callable[[str, str], str]] = {
    "article": lambda phrase, plural: _with_article(phrase),
    "bare": lambda phrase, plural: phrase,
    "the": lambda phrase, plural: f"the {phrase}",
    "toy": lambda phrase, plural: f"a toy {phrase}",
    "model": lambda phrase, plural: f"a model of {_with_article(phrase)}",
    "game_model": lambda phrase, plural: f"a game model of {_with_article(phrase)}",
    "picture": lambda phrase, plural: f"a picture of {_with_article(phrase)}",
    "this_is": lambda phrase, plural: f"this is {_with_article(phrase)}",
    "one": lambda phrase, plural: f"one {phrase}",
    "single": lambda phrase, plural: f"a single {phrase}",
    "one_of_the": lambda phrase, plural: f"one of the {plural}",
    "the_toy": lambda phrase, plural: f"the toy {phrase}",
    "picture_of_the": lambda phrase, plural: f"a picture of the {phrase}",
    "model_of_one": lambda phrase, plural: f"a model of one {phrase}",
}
"""Name -> frame, which makes a sentence of a noun phrase, given in the singular and in the plural."""

_USUAL_FRAMES = tuple(name for name in FRAMES if name not in holdout_frames())


def _first_mostly(names: tuple[str, ...] | list[str], share: float, rng: np.random.Generator) -> str:
    """The first of the names with this probability, any of the others otherwise."""
    if len(names) == 1 or rng.random() < share:
        return names[0]
    return names[1 + rng.integers(len(names) - 1)]


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
