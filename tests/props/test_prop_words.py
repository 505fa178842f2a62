"""Specs, hold-outs and captions of the closed world."""

import json
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from any_to_3d.backend.props.captions import (
    FRAMES,
    LONGEST,
    ORDERS,
    colour_free_prompt,
    prompt,
    sample_caption,
    sample_statement,
)
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.props.holdout import (
    holdout_frames,
    holdout_materials,
    holdout_orders,
    holdout_pairs,
    is_held_out,
    is_material_held_out,
)
from any_to_3d.backend.props.make_dataset import spec_from_record, spec_record
from any_to_3d.backend.props.materials import MATERIALS
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES, SYMMETRIC_CLASSES, PropSpec, sample_spec
from any_to_3d.backend.props.words import (
    CLASS_PLURALS,
    CLASS_WORDS,
    COLOUR_WORDS,
    MATERIAL_WORDS,
    PATTERN_WORDS,
    closed_vocabulary,
)

FIRST_WORLD = {
    "crate": "purple yellow",
    "barrel": "blue grey",
    "chair": "orange brown",
    "table": "brown purple",
    "stool": "red grey",
    "lamp": "blue brown",
    "vase": "grey orange",
    "mug": "yellow red",
    "bottle": "purple brown",
    "mushroom": "green yellow",
    "tree": "red blue",
    "house": "green orange",
    "tower": "grey green",
    "rocket": "purple blue",
    "car": "orange yellow",
    "boat": "red green",
}
"""What the networks trained on sixteen classes and eight colours have never seen."""


@pytest.fixture(scope="module")
def drawn() -> list[PropSpec]:
    rng = np.random.default_rng(0)
    return [sample_spec(rng) for _ in range(12000)]


def test_three_colours_of_each_class_and_ten_classes_of_each_colour_are_held_out() -> None:
    pairs = holdout_pairs()
    assert Counter(name for name, _ in pairs) == dict.fromkeys(CLASSES, 3)
    assert Counter(colour for _, colour in pairs) == dict.fromkeys(COLOURS, 10)


def test_pairs_held_out_of_the_first_world_still_are() -> None:
    assert {(name, colour) for name, colours in FIRST_WORLD.items() for colour in colours.split()} < holdout_pairs()


def test_each_material_is_held_out_of_two_classes_that_are_usually_made_of_it_among_others() -> None:
    assert Counter(material for _, material in holdout_materials()) == dict.fromkeys(MATERIALS[1:], 2)
    for name, material in holdout_materials():
        assert material in CLASS_TABLE[name].materials
        assert len(CLASS_TABLE[name].materials) > 1


def test_training_never_draws_a_held_out_material_or_second_colour(drawn: list[PropSpec]) -> None:
    assert not any(is_material_held_out(spec.prop_class, spec.material) for spec in drawn)
    assert not any(spec.second_colour and is_held_out(spec.prop_class, spec.second_colour) for spec in drawn)
    assert not any(spec.is_held_out for spec in drawn)
    materials = {(spec.prop_class, spec.material) for spec in drawn if spec.material != "plain"}
    assert materials == {(name, m) for name in CLASSES for m in CLASS_TABLE[name].materials} - holdout_materials()


def test_training_never_draws_a_held_out_pair_and_draws_all_others(drawn: list[PropSpec]) -> None:
    seen = {(spec.prop_class, spec.colour) for spec in drawn}
    assert seen == {(name, colour) for name in CLASSES for colour in COLOURS} - holdout_pairs()


def test_test_sets_draw_held_out_pairs_too() -> None:
    rng = np.random.default_rng(1)
    specs = [sample_spec(rng, with_holdouts=True) for _ in range(300)]
    assert 0.15 < np.mean([is_held_out(s.prop_class, s.colour) for s in specs]) < 0.35
    assert any(is_material_held_out(s.prop_class, s.material) for s in specs)


def test_symmetric_classes_are_drawn_about_0_6_times_as_often(drawn: list[PropSpec]) -> None:
    counts = Counter(spec.prop_class for spec in drawn)
    symmetric = np.mean([counts[name] for name in SYMMETRIC_CLASSES])
    others = np.mean([counts[name] for name in CLASSES if name not in SYMMETRIC_CLASSES])
    assert symmetric / others == pytest.approx(0.6, abs=0.05)


def test_captions_use_only_the_closed_vocabulary_and_all_of_it(drawn: list[PropSpec]) -> None:
    rng = np.random.default_rng(2)
    words = {word for spec in (*drawn, *drawn, *drawn) for word in sample_caption(spec, rng).split()}
    assert words == set(closed_vocabulary())
    assert len(words) <= 256


def test_colour_free_captions_name_neither_colour_nor_pattern(drawn: list[PropSpec]) -> None:
    rng = np.random.default_rng(3)
    words = {word for spec in drawn for word in sample_caption(spec, rng, "shape").split()}
    told = {
        word for table in (COLOUR_WORDS, MATERIAL_WORDS, PATTERN_WORDS) for names in table.values() for word in names
    }
    assert words.isdisjoint(told)


def test_captions_may_leave_out_the_colours_alone(drawn: list[PropSpec]) -> None:
    rng = np.random.default_rng(3)
    captions = [sample_statement(spec, rng, "no colour") for spec in drawn]
    colours = {word for names in COLOUR_WORDS.values() for word in names}
    assert not [caption for caption in captions if colours & set(caption.text.split())]
    facts = [caption.facts for caption in captions]
    assert not [fact for fact in facts if fact.colour or fact.second_colour]
    assert {fact.material for fact in facts} == {None, *MATERIALS} - {"plain"}
    assert not [c.text for c in captions if c.text.endswith((" that is", " and", " of")) or "  " in c.text]


def test_every_usual_colour_is_shown_in_training() -> None:
    usual = {(name, facts.usual_colour) for name, facts in CLASS_TABLE.items()}
    assert all(colour in COLOURS for _, colour in usual)
    assert usual.isdisjoint(holdout_pairs())


def test_prompts_take_the_right_article() -> None:
    assert prompt("chair", "red") == "a red chair"
    assert prompt("car", "orange") == "an orange car"
    assert colour_free_prompt("boat") == "a boat"
    rng = np.random.default_rng(4)
    captions = [sample_caption(PropSpec("car", "orange"), rng) for _ in range(200)]
    assert not [c for c in captions if " a orange" in f" {c}" or " an toy" in f" {c}" or " a automobile" in f" {c}"]


def test_no_word_names_two_classes_or_colours() -> None:
    for a, b in combinations([*CLASS_WORDS.values(), *CLASS_PLURALS.values(), *COLOUR_WORDS.values()], 2):
        assert set(a).isdisjoint(b)


def test_unknown_word_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown class 'dragon'; the built-in world has: .*chair"):
        PropSpec("dragon", "red")


def test_spec_record_survives_json() -> None:
    spec = PropSpec("car", "green", "white", "metal", "striped", "wide", 7)
    assert spec_from_record(json.loads(json.dumps(spec_record(spec)))) == spec


def test_a_second_colour_like_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="the second colour is red like the first"):
        PropSpec("house", "red", "red")


def test_held_out_templates_exist_and_training_captions_never_use_them() -> None:
    assert holdout_frames() < set(FRAMES)
    assert holdout_orders() < set(ORDERS)
    rng = np.random.default_rng(5)
    spec = PropSpec("chair", "red", material="wood", pattern="striped")
    usual = {sample_caption(spec, rng) for _ in range(3000)}
    other = {sample_caption(spec, rng, from_holdouts=True) for _ in range(3000)}
    assert {"the toy red chair", "a wooden red chair", "a chair made of wood that is red"} <= other
    assert not usual & other


def test_held_out_captions_bring_no_new_words() -> None:
    rng = np.random.default_rng(6)
    captions = [sample_caption(sample_spec(rng, True), rng, from_holdouts=True) for _ in range(2000)]
    assert {word for caption in captions for word in caption.split()} <= set(closed_vocabulary())
    assert max(len(caption.split()) for caption in captions) <= LONGEST


def test_statement_says_what_its_facts_say_and_nothing_else() -> None:
    rng = np.random.default_rng(7)
    spec = PropSpec("house", "red", "blue", "wood", "striped", "tall")
    for statement in (sample_statement(spec, rng) for _ in range(500)):
        words, facts = set(statement.text.split()), statement.facts
        assert (facts.second_colour == "blue") == ("blue" in words)
        assert (facts.material == "wood") == bool(words & {"wood", "wooden"})
        assert (facts.pattern == "striped") == bool(words & {"striped", "stripes"})
        assert (facts.proportion == "tall") == ("tall" in words)
        assert facts.colour == "red"
        assert "red" in words
        assert words & {"house", "houses", "cottage", "cottages"}


def test_two_colours_are_told_in_each_of_the_usual_ways() -> None:
    rng = np.random.default_rng(8)
    house, drum = PropSpec("house", "red", "blue"), PropSpec("drum", "red", "blue")
    houses, drums = ({sample_caption(spec, rng) for _ in range(800)} for spec in (house, drum))
    assert {"a red house with a blue roof", "a red and blue house", "a red house with a roof that is blue"} <= houses
    assert {"a red and blue drum", "a red drum with blue hoops"} <= drums


def test_one_of_many_is_told_in_the_plural() -> None:
    rng = np.random.default_rng(9)
    captions = {sample_caption(PropSpec("axe", "red"), rng) for _ in range(500)}
    assert {"one of the red axes", "one red axe", "a single red axe"} <= captions
