"""The table of everyday words."""

from any_to_3d.backend.props.everyday_words import EVERYDAY_WORDS, nearest_prop_words
from any_to_3d.backend.props.words import closed_vocabulary


def test_every_suggestion_is_a_word_of_the_world_and_no_entry_is() -> None:
    known = set(closed_vocabulary())
    assert {near for words in EVERYDAY_WORDS.values() for near in words} < known
    assert known.isdisjoint(EVERYDAY_WORDS)


def test_plurals_have_the_entry_of_their_singular() -> None:
    assert nearest_prop_words("couches") == nearest_prop_words("couch") == ("bench", "chair", "bed")
    assert nearest_prop_words("trucks") == ("car",)
    assert nearest_prop_words("cats") == ()


def test_a_word_outside_the_table_is_told_from_one_that_nothing_comes_near() -> None:
    assert nearest_prop_words("moshroom") is None
    assert nearest_prop_words("dragon") == ()
