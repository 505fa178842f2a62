"""Specs, hold-outs and captions of the closed world."""

import json
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from any_to_3d.backend.props.captions import (
    CLASS_WORDS,
    COLOUR_WORDS,
    closed_vocabulary,
    colour_free_prompt,
    prompt,
    sample_caption,
)
from any_to_3d.backend.props.holdout import holdout_pairs, is_held_out
from any_to_3d.backend.props.make_dataset import spec_from_record, spec_record
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES, SYMMETRIC_CLASSES, PropSpec, sample_spec


@pytest.fixture(scope="module")
def drawn() -> list[PropSpec]:
    rng = np.random.default_rng(0)
    return [sample_spec(rng) for _ in range(6000)]


def test_two_colours_of_each_class_and_four_classes_of_each_colour_are_held_out() -> None:
    pairs = holdout_pairs()
    assert Counter(name for name, _ in pairs) == dict.fromkeys(CLASSES, 2)
    assert Counter(colour for _, colour in pairs) == dict.fromkeys(COLOURS, 4)


def test_training_never_draws_a_held_out_pair_and_draws_all_others(drawn: list[PropSpec]) -> None:
    seen = {(spec.prop_class, spec.colour) for spec in drawn}
    assert seen == {(name, colour) for name in CLASSES for colour in COLOURS} - holdout_pairs()


def test_test_sets_draw_held_out_pairs_too() -> None:
    rng = np.random.default_rng(1)
    specs = [sample_spec(rng, with_holdouts=True) for _ in range(300)]
    assert 0.15 < np.mean([is_held_out(s.prop_class, s.colour) for s in specs]) < 0.35


def test_symmetric_classes_are_drawn_about_0_6_times_as_often(drawn: list[PropSpec]) -> None:
    counts = Counter(spec.prop_class for spec in drawn)
    symmetric = np.mean([counts[name] for name in SYMMETRIC_CLASSES])
    others = np.mean([counts[name] for name in CLASSES if name not in SYMMETRIC_CLASSES])
    assert symmetric / others == pytest.approx(0.6, abs=0.05)


def test_captions_use_only_the_closed_vocabulary_and_all_of_it(drawn: list[PropSpec]) -> None:
    rng = np.random.default_rng(2)
    words = {word for spec in drawn for word in sample_caption(spec, rng).split()}
    assert words == set(closed_vocabulary())
    assert len(words) <= 64


def test_colour_free_captions_name_neither_colour_nor_pattern(drawn: list[PropSpec]) -> None:
    rng = np.random.default_rng(3)
    words = {word for spec in drawn for word in sample_caption(spec, rng, with_colour=False).split()}
    assert words.isdisjoint({*COLOURS, "gray", "violet", "striped", "plain", "stripes"})


def test_prompts_take_the_right_article() -> None:
    assert prompt("chair", "red") == "a red chair"
    assert prompt("car", "orange") == "an orange car"
    assert colour_free_prompt("boat") == "a boat"
    rng = np.random.default_rng(4)
    captions = [sample_caption(PropSpec("car", "orange"), rng) for _ in range(200)]
    assert not [c for c in captions if " a orange" in f" {c}" or " an toy" in f" {c}" or " a automobile" in f" {c}"]


def test_no_word_names_two_classes_or_colours() -> None:
    for a, b in combinations([*CLASS_WORDS.values(), *COLOUR_WORDS.values()], 2):
        assert set(a).isdisjoint(b)


def test_unknown_word_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown class 'dragon'; the built-in world has: .*chair"):
        PropSpec("dragon", "red")


def test_spec_record_survives_json() -> None:
    spec = PropSpec("car", "green", "striped", "wide", 7)
    assert spec_from_record(json.loads(json.dumps(spec_record(spec)))) == spec
