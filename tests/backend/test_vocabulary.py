"""The built-in vocabulary: where it is read from, and what it tells of words that it lacks."""

import json
from pathlib import Path

import pytest
from any_to_3d.backend.models.word_reader import WordReader
from any_to_3d.backend.vocabulary import TOKENIZER_FILE, Vocabulary, read_vocabulary

BUILTIN = read_vocabulary()


def test_the_vocabulary_is_read_from_the_tokenizers_own_file(tmp_path: Path) -> None:
    path = tmp_path / TOKENIZER_FILE
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"model": {"vocab": {"<pad>": 0, "<unk>": 1, "chair": 2, "red": 3}}}))
    path.with_name("tokenizer_config.json").write_text(json.dumps({"model_max_length": 16}))
    assert read_vocabulary(tmp_path) == Vocabulary(WordReader(frozenset({"chair", "red"}), 14))


def test_a_damaged_tokenizer_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / TOKENIZER_FILE
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json is damaged"):
        read_vocabulary(tmp_path)


def test_without_installed_models_the_words_of_the_captions_count(tmp_path: Path) -> None:
    vocabulary = read_vocabulary(tmp_path)
    assert {"chair", "red", "striped"} <= vocabulary.reader.known
    assert "chair" in vocabulary.props
    assert "red" not in vocabulary.props


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("a red sofa", "'bench' or 'chair' or 'bed'"),
        ("two couches", "'bench' or 'chair' or 'bed' for 'couches'"),
        ("a bicycle", "'wheel' or 'car'"),
        ("a chiar", "'chair'"),
        ("a tabel", "'table'"),
        ("a rde chiar", "'red' for 'rde' and 'chair' for 'chiar'"),
        ("a purpel chiar", "'purple' for 'purpel' and 'chair' for 'chiar'"),
        ("a crimson gizmo", "'red' for 'crimson'"),
        ("a lmap", "'lamp'"),
    ],
)
def test_what_a_refused_text_has_unknown_brings_up_the_nearest_by_meaning_or_else_by_spelling(
    text: str, nearest: str
) -> None:
    assert BUILTIN.refusal(text)[1].startswith(f"Did you mean {nearest}? Known objects: ")


@pytest.mark.parametrize("text", ["a dragon", "a horse", "for my cat", "a goat", "a top"])
def test_no_object_is_suggested_where_none_is_near(text: str) -> None:
    assert BUILTIN.refusal(text)[1].startswith("Known objects: ")


@pytest.mark.parametrize(("word", "nearest"), [("moshroom", "mushroom"), ("moshrooms", "mushrooms")])
def test_of_singular_and_plural_only_the_nearer_is_suggested(word: str, nearest: str) -> None:
    assert f"Did you mean '{nearest}'? " in BUILTIN.refusal(word)[1]


def test_a_refusal_lists_objects_colours_and_materials() -> None:
    hint = BUILTIN.refusal("a dragon")[1]
    assert hint.startswith("Known objects: axe, barrel, ")
    assert "Known colours: red, orange, " in hint
    assert "Known materials: wooden, stone, metal, plastic, cloth, glass. Profile 'full'" in hint


def test_a_misspelt_colour_of_a_known_object_brings_up_the_colour() -> None:
    assert "'rde' (nearest: 'red') in" in BUILTIN.notices(["a rde chair"])[0]


def test_a_colour_and_a_material_that_are_not_known_bring_up_their_nearest() -> None:
    assert BUILTIN.notices(["a crimson marble table for my cat"]) == [
        "The built-in models do not know 'crimson' (nearest: 'red'), 'marble' (nearest: 'stone', 'white'), 'for', 'my'"
        " and 'cat' in the prompt 'a crimson marble table for my cat' and will ignore them."
    ]


def test_each_text_has_a_sentence_of_its_own_about_unknown_words_and_the_negative_one_is_named() -> None:
    assert BUILTIN.notices(["a scarlet car", "a gizmo", "a scarlet car"], negative="dragon, crimson") == [
        "The built-in models do not know 'scarlet' (nearest: 'red') in the prompt 'a scarlet car' and will ignore it.",
        "The built-in models do not know 'gizmo' in the prompt 'a gizmo' and will ignore it.",
        "The built-in models do not know 'dragon' and 'crimson' (nearest: 'red')"
        " in the negative prompt 'dragon, crimson' and will ignore them.",
    ]


def test_of_very_many_unknown_words_the_rest_is_counted() -> None:
    words = " ".join(f"gizmo{number}" for number in range(11))
    assert "'gizmo7' and 3 more in the prompt" in BUILTIN.notices([f"{words} car"])[0]


def test_no_second_object_is_suggested_to_a_text_that_names_one() -> None:
    assert "'oak' (nearest: 'wooden') in" in BUILTIN.notices(["an oak table"])[0]
    assert "'oak' (nearest: 'wooden', 'tree') in" in BUILTIN.notices(["red oak"])[0]


def test_only_words_that_these_models_know_are_suggested() -> None:
    vocabulary = Vocabulary(WordReader(frozenset({"a", "chair", "car"})))
    assert vocabulary.refusal("a sofa")[1].startswith("Did you mean 'chair'? Known objects: car, chair.")


def test_a_shade_is_announced_and_is_no_object() -> None:
    assert BUILTIN.notices(["a light blue chair"]) == ["The built-in models know no shades and will ignore 'light'."]
    assert BUILTIN.kinds("a light blue chair") == {"chair": "chair"}
    assert BUILTIN.kinds("a blue light") == {"lamp": "light"}


def test_two_kinds_in_one_prompt_are_announced() -> None:
    assert BUILTIN.notices(["a pine table"]) == [
        "'a pine table' names 2 kinds of object, pine (tree) and table;"
        " the built-in models make one object and may mix them."
    ]
    assert "3 kinds of object, car, boat and house;" in BUILTIN.notices(["cars, boats, a house"])[0]


@pytest.mark.parametrize("text", ["a car, an automobile", "a bookshelf with red books", "a glass bottle"])
def test_a_synonym_a_part_and_a_material_are_no_second_kind(text: str) -> None:
    assert BUILTIN.notices([text]) == []


def test_a_negative_prompt_may_name_several_kinds() -> None:
    assert BUILTIN.notices(["a red car"], negative="boat, house") == []
