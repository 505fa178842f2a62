"""What training never shows or says, read from holdouts.json: the honest test of composition.

Colours of a class: three of twelve are kept back for each class, and each colour for ten classes, so that neither a
class nor a colour is rarer in training than another. Materials of a class: a whole usual material is kept back for
twelve classes, each material for two. Caption templates: the frames and word orders of captions.py that only
evaluation uses, made of words that training uses elsewhere.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

HOLDOUTS_FILE = Path(__file__).with_name("holdouts.json")


class CaptionHoldouts(TypedDict):
    """Names of held-out templates, as captions.FRAMES and captions.ORDERS call them."""

    frames: list[str]
    orders: list[str]


class Holdouts(TypedDict):
    """The content of holdouts.json. colours, materials: class -> what is kept back for it."""

    colours: dict[str, list[str]]
    materials: dict[str, list[str]]
    caption_templates: CaptionHoldouts


@cache
def _holdouts() -> Holdouts:
    content: Holdouts = json.loads(HOLDOUTS_FILE.read_text("utf-8"))
    return content


def holdout_pairs() -> frozenset[tuple[str, str]]:
    """All (class, colour) pairs that training must not contain."""
    return frozenset((name, colour) for name, colours in _holdouts()["colours"].items() for colour in colours)


def holdout_materials() -> frozenset[tuple[str, str]]:
    """All (class, material) pairs that training must not contain."""
    return frozenset((name, material) for name, kept in _holdouts()["materials"].items() for material in kept)


def holdout_frames() -> frozenset[str]:
    """The caption frames that training must not use."""
    return frozenset(_holdouts()["caption_templates"]["frames"])


def holdout_orders() -> frozenset[str]:
    """The word orders that training captions must not use."""
    return frozenset(_holdouts()["caption_templates"]["orders"])


def is_held_out(prop_class: str, colour: str) -> bool:
    """Whether the class in this colour is kept back from training."""
    return colour in _holdouts()["colours"][prop_class]


def is_material_held_out(prop_class: str, material: str) -> bool:
    """Whether the class of this material is kept back from training."""
    return material in _holdouts()["materials"].get(prop_class, ())
