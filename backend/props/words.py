"""Every word that the captions of the built-in world use."""

from .class_table import CLASS_TABLE
from .materials import Material, Pattern
from .palette import COLOURS
from .spec import Proportion

CLASS_WORDS: dict[str, tuple[str, ...]] = {name: facts.words for name, facts in CLASS_TABLE.items()}
"""Class -> its word and then its synonyms."""

CLASS_PLURALS: dict[str, tuple[str, ...]] = {name: facts.plurals for name, facts in CLASS_TABLE.items()}
"""Class -> the plurals of CLASS_WORDS, in order."""

COLOUR_WORDS: dict[str, tuple[str, ...]] = {name: (name,) for name in COLOURS} | {
    "grey": ("grey", "gray"),
    "purple": ("purple", "violet"),
    "turquoise": ("turquoise", "teal"),
}

MATERIAL_WORDS: dict[Material, tuple[str, ...]] = {
    "wood": ("wooden", "wood"),
    "stone": ("stone",),
    "metal": ("metal", "metallic"),
    "plastic": ("plastic",),
    "cloth": ("cloth", "fabric"),
    "glass": ("glass",),
}
"""Material -> words that stand before the noun; among them all of MATERIAL_NOUNS."""

MATERIAL_NOUNS: dict[Material, tuple[str, ...]] = {
    "wood": ("wood",),
    "stone": ("stone",),
    "metal": ("metal",),
    "plastic": ("plastic",),
    "cloth": ("cloth", "fabric"),
    "glass": ("glass",),
}
"""Material -> words for what a thing is made of."""

PATTERN_ADJECTIVES: dict[Pattern, tuple[str, ...]] = {
    "plain": ("plain",),
    "striped": ("striped",),
    "dotted": ("dotted", "spotted"),
    "checked": ("checked", "checkered"),
}
PATTERN_NOUNS: dict[Pattern, tuple[str, ...]] = {
    "striped": ("stripes",),
    "dotted": ("dots", "spots"),
    "checked": ("checks",),
}
PATTERN_WORDS: dict[Pattern, tuple[str, ...]] = {
    pattern: (*words, *PATTERN_NOUNS.get(pattern, ())) for pattern, words in PATTERN_ADJECTIVES.items()
}
"""Pattern -> all of its words, before and after the noun."""

PROPORTION_WORDS: dict[Proportion, tuple[str, ...]] = {"tall": ("tall",), "wide": ("wide",)}

# What orders and frames of captions.py are made of besides.
_OTHER_WORDS = (
    "a",
    "an",
    "and",
    "game",
    "is",
    "made",
    "model",
    "of",
    "one",
    "picture",
    "single",
    "that",
    "the",
    "this",
    "toy",
    "with",
)


def closed_vocabulary() -> tuple[str, ...]:
    """Every word that a caption can contain, sorted; a prompt's other words mean nothing to the built-in models."""
    tables = (
        *(CLASS_WORDS, CLASS_PLURALS, COLOUR_WORDS),
        *(MATERIAL_WORDS, MATERIAL_NOUNS, PATTERN_WORDS, PROPORTION_WORDS),
    )
    words = {word for table in tables for synonyms in table.values() for word in synonyms}
    return tuple(sorted(words.union(_OTHER_WORDS, (facts.second_part for facts in CLASS_TABLE.values()))))
