"""Which words of a text a closed vocabulary takes in."""

from any_to_3d.backend.models.word_reader import FRAME_WORDS, Reading, WordReader
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.props.words import (
    CLASS_PLURALS,
    CLASS_WORDS,
    COLOUR_WORDS,
    MATERIAL_WORDS,
    PATTERN_WORDS,
    PROPORTION_WORDS,
    closed_vocabulary,
)

READER = WordReader(frozenset({"a", "of", "red", "blue", "chair", "light", "boat"}))


def test_unknown_words_are_left_out_and_listed_once_in_order() -> None:
    assert READER.read("A shiny RED, zebra-shiny chair!") == Reading(("a", "red", "chair"), ("shiny", "zebra"))


def test_only_words_that_are_known_take_places() -> None:
    reader = WordReader(READER.known, longest=2)
    assert reader.read("my very red chair") == Reading(("red", "chair"), ("my", "very"))
    assert reader.read("a red chair") == Reading(("a", "red"), is_cut=True)


def test_frame_words_have_no_meaning() -> None:
    for text in ("", "?!", "a", "a gizmo", "of a"):
        assert not READER.read(text).has_meaning
    assert READER.read("red").has_meaning


def test_what_is_cut_has_no_meaning() -> None:
    assert not WordReader(READER.known, longest=2).read("of a chair").has_meaning


def test_a_shade_word_before_a_describing_word_is_left_out() -> None:
    assert READER.read("a light blue chair") == Reading(("a", "blue", "chair"), shades=("light",))
    assert READER.read("a bright light blue chair") == Reading(("a", "blue", "chair"), shades=("bright", "light"))
    assert READER.read("a light") == Reading(("a", "light"))
    assert READER.read("a light of blue") == Reading(("a", "light", "of", "blue"))
    assert READER.read("a dark gizmo") == Reading(("a",), ("dark", "gizmo"))


def test_slips_are_near_and_other_words_are_not() -> None:
    assert READER.nearest("chiar") == READER.nearest("chairs") == ("chair",)
    assert READER.nearest("baot") == ("boat",)
    for word in ("cat", "couch", "goat", "hut"):
        assert READER.nearest(word, frozenset({"hat", "cloth", "boat"})) == ()


def test_the_frame_words_are_those_of_the_captions_that_describe_nothing() -> None:
    tables = (CLASS_WORDS, CLASS_PLURALS, COLOUR_WORDS, MATERIAL_WORDS, PATTERN_WORDS, PROPORTION_WORDS)
    describing = {word for table in tables for words in table.values() for word in words}
    describing |= {facts.second_part for facts in CLASS_TABLE.values()}
    assert set(closed_vocabulary()) - describing == FRAME_WORDS
