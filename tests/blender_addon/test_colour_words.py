"""Colour words against colours that anybody would call so."""

import numpy as np
import pytest
from any_to_3d.blender_addon.request.colour_words import linear_of_srgb, palette_words, with_words, word_of


@pytest.mark.parametrize(
    ("srgb", "word"),
    [
        ((255, 0, 0), "red"),
        ((200, 30, 30), "red"),
        ((0, 0, 255), "blue"),
        ((10, 10, 100), "dark blue"),
        ((0, 128, 0), "green"),
        ((255, 255, 0), "yellow"),
        ((255, 140, 10), "orange"),
        ((110, 60, 25), "brown"),
        ((255, 192, 203), "pink"),
        ((128, 0, 128), "purple"),
        ((245, 245, 245), "white"),
        ((20, 20, 20), "black"),
        ((128, 128, 128), "grey"),
        ((0, 128, 128), "teal"),
    ],
)
def test_n11_a_shade_gets_its_usual_word(srgb, word):
    assert word_of(tuple(linear_of_srgb(np.array(srgb) / 255))) == word


def test_n11_brightness_is_compared_as_it_looks_and_not_as_light():
    # Half the light is a displayed grey of 188 of 255, far from the middle grey of 128.
    assert word_of((0.5, 0.5, 0.5)) == "light grey"
    np.testing.assert_allclose(linear_of_srgb(np.array([0.0, 0.5, 1.0])), [0, 0.21404, 1], atol=1e-5)


def test_n11_a_palette_is_what_most_of_the_surface_shows():
    colors = np.array([[1.0, 0, 0], [0.9, 0, 0], [1, 1, 1], [0, 0, 0]])
    assert palette_words(colors, np.array([3.0, 3.0, 5.0, 0.5])) == ("red", "white")
    assert palette_words(colors, np.zeros(4)) == ()
    assert palette_words(np.zeros((0, 3)), np.zeros(0)) == ()


@pytest.mark.parametrize(
    ("prompt", "words", "said"),
    [
        ("a chair", ("red", "white"), "a chair, red and white"),
        ("a chair", ("red", "white", "blue"), "a chair, red, white and blue"),
        ("A Red chair", ("red",), "A Red chair"),
        ("", ("red",), "red"),
    ],
)
def test_n11_the_words_stand_behind_the_prompt(prompt, words, said):
    assert with_words(prompt, words) == said
