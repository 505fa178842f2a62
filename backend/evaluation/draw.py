"""Which prompts, props and pool the built-in suite uses: drawn with a fixed seed, so that nobody picked them."""

from collections.abc import Sequence

import numpy as np

from ..props.palette import COLOURS
from ..props.sounds import SOUNDING_CLASSES
from ..props.spec import CLASSES, PropSpec, sample_spec
from .case import PicturePart
from .pairs import Pair

PROMPTS_A_KIND = 18
"""Prompts of seen pairs, and as many of held-out ones."""

POOL_A_KIND = 68
"""Pairs of the pool that are seen, and as many that are held out (136 together, as the paper's prompts)."""

_SEED = 2024


def draw_prompts() -> tuple[Pair, ...]:
    """36 pairs of 36 classes, by turns one that training saw and one that it did not."""
    rng = np.random.default_rng(_SEED)
    classes = [CLASSES[number] for number in rng.permutation(len(CLASSES))[: 2 * PROMPTS_A_KIND]]
    return tuple(_drawn(prop_class, bool(number % 2), (), rng) for number, prop_class in enumerate(classes))


def draw_pool(prompts: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """136 pairs, half of them held out, with all of ``prompts`` and at least three of every class.

    prompts: at most one of a class.
    """
    rng = np.random.default_rng(_SEED + 1)
    chosen = list(prompts)
    order = [CLASSES[number] for number in rng.permutation(len(CLASSES))]
    for number, prop_class in enumerate(order):
        # One of each kind, and a third whose kind alternates from class to class, so that both come out even.
        kinds = [False, True, bool(number % 2)]
        for pair in prompts:
            if pair.prop_class == prop_class:
                kinds.remove(pair.is_held_out)
        for held_out in kinds:
            chosen.append(_drawn(prop_class, held_out, chosen, rng))
    while len(chosen) < 2 * POOL_A_KIND:
        held_out = sum(pair.is_held_out for pair in chosen) < POOL_A_KIND
        classes = [name for name in CLASSES if _left(name, held_out, chosen)]
        chosen.append(_drawn(classes[rng.integers(len(classes))], held_out, chosen, rng))
    return tuple(chosen)


def draw_pictures(count: int) -> tuple[PicturePart, ...]:
    """Photo-like pictures of ``count`` props of different classes that training never contained.

    Their colour is held out for their class, and none is plain all round in the middle of every range.
    """
    rng = np.random.default_rng(_SEED + 2)
    classes = [CLASSES[number] for number in rng.permutation(len(CLASSES))[:count]]
    parts = []
    for prop_class in classes:
        spec = _unseen_prop(prop_class, rng)
        azimuth, elevation = float(rng.uniform(-180, 180)), float(rng.uniform(5, 30))
        parts.append(PicturePart(spec, round(azimuth, 1), round(elevation, 1), int(rng.integers(2**31))))
    return tuple(parts)


def draw_sounds(count: int) -> tuple[tuple[str, int], ...]:
    """``count`` different sounding classes, each with the seed of a held-out sound."""
    rng = np.random.default_rng(_SEED + 3)
    order = rng.permutation(len(SOUNDING_CLASSES))[:count]
    return tuple((SOUNDING_CLASSES[number], int(rng.integers(2**31))) for number in order)


def _unseen_prop(prop_class: str, rng: np.random.Generator) -> PropSpec:
    while True:
        spec = sample_spec(rng, with_holdouts=True, prop_class=prop_class)
        is_ordinary = (spec.material, spec.pattern, spec.proportion) == ("plain", "plain", "normal")
        if Pair(prop_class, spec.colour).is_held_out and not is_ordinary:
            return spec


def _left(prop_class: str, held_out: bool, chosen: Sequence[Pair]) -> list[Pair]:
    every = (Pair(prop_class, colour) for colour in COLOURS)
    return [pair for pair in every if pair.is_held_out is held_out and pair not in chosen]


def _drawn(prop_class: str, held_out: bool, chosen: Sequence[Pair], rng: np.random.Generator) -> Pair:
    left = _left(prop_class, held_out, chosen)
    return left[rng.integers(len(left))]
