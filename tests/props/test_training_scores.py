"""What the scores of a training mean: cases small enough to count by hand."""

import math

import pytest
import torch
from any_to_3d.backend.props.captions import Facts
from any_to_3d.backend.props.holdout import is_held_out
from any_to_3d.backend.props.spec import PropSpec
from any_to_3d.backend.props.training.results.figures import Figure, figures
from any_to_3d.backend.props.training.results.novel_views import (
    TURNS_DEGREES,
    TurnedObject,
    object_scores,
    sides_differ,
)
from any_to_3d.backend.props.training.results.prompted_samples import drawn_pairs, speckle_ratio
from any_to_3d.backend.props.training.results.retrieval import caption_scores, is_true_of
from any_to_3d.backend.props.training.results.samples import psnr
from any_to_3d.backend.props.training.results.speckle import smooth_places, speckle

TURNS = len(TURNS_DEGREES)


def flat(*levels: float) -> torch.Tensor:
    """Pictures of one grey each."""
    return torch.tensor(levels)[:, None, None, None].expand(-1, 3, 4, 4)


def turned(turned: torch.Tensor, truth: torch.Tensor) -> TurnedObject:
    return TurnedObject(flat(0.0), flat(0.1), flat(0.2), turned, truth, truth)


def test_a_single_grey_level_of_error_is_20_db() -> None:
    torch.testing.assert_close(psnr(flat(0.6, 0.5), flat(0.5, 0.5)), torch.tensor([20.0, 60.0]))


def test_speckle_is_what_single_pixels_add_to_a_smooth_object() -> None:
    plain = torch.full((3, 8, 8), 0.5)
    edge, speck, ground = plain.clone(), plain.clone(), torch.ones(3, 8, 8)
    edge[:, :, 4:] = 0.9
    speck[:, 3, 3] = ground[:, 3, 3] = 0.2
    expected = torch.tensor([0.0, 0.0, 0.3 / 8.0, 0.0])
    torch.testing.assert_close(speckle(torch.stack([plain, edge, speck, ground])), expected)


def test_thin_parts_and_edges_are_no_smooth_places() -> None:
    picture = torch.ones(1, 3, 16, 16)
    picture[:, :, :, 1] = 0.3
    picture[:, :, :, 6:] = 0.3
    assert smooth_places(picture)[0, 8].nonzero().flatten().tolist() == list(range(7, 16))


def test_the_speckle_ratio_is_how_many_times_a_sample_has_what_its_truth_has() -> None:
    assert speckle_ratio([2.0, 0.5], [1.0, 1.0]).mean == 1.0
    assert speckle_ratio([6.0, 0.0], [2.0, 0.0]) == Figure(1.73, 1.0, 3.0, 2)


def test_a_figure_counts_its_values_and_empty_groups_have_none() -> None:
    assert Figure.of([0.5, 0.5]) == Figure(0.5, 0.5, 0.5, 2)
    some = figures({"seen": [0.0, 1.0] * 8, "held_out": []})
    assert set(some) == {"seen"}
    assert 0.2 < some["seen"].low < some["seen"].mean == 0.5 < some["seen"].high < 0.8


def test_turning_the_right_way_scores_one_and_the_wrong_way_none() -> None:
    left, right = torch.rand(2, TURNS, 3, 4, 4)
    truth = torch.cat([left, right])
    followed, reversed_ = (object_scores(turned(made, truth)) for made in (truth, torch.cat([right, left])))
    assert followed["left_right"] == 1.0
    assert reversed_["left_right"] == 0.0
    assert followed["right_way"] == pytest.approx(60.0)
    assert followed["wrong_way"] == reversed_["right_way"] < 20.0
    assert all(followed[f"left_right_{turn}"] == 1.0 for turn in TURNS_DEGREES)


def test_one_picture_for_both_sides_is_right_half_of_the_time() -> None:
    left, right, copied = torch.rand(3, TURNS, 3, 4, 4)
    assert object_scores(turned(torch.cat([copied, copied]), torch.cat([left, right])))["left_right"] == 0.5


def test_an_object_that_looks_alike_from_both_sides_asks_nothing() -> None:
    side = torch.rand(TURNS, 3, 4, 4)
    scores = object_scores(turned(torch.rand(2 * TURNS, 3, 4, 4), torch.cat([side, side])))
    assert set(scores) == {"predicted", "copied"}
    assert scores["predicted"] == pytest.approx(20.0)
    assert scores["copied"] == pytest.approx(-20.0 * math.log10(0.2))


def test_sides_differ_when_they_are_3_db_beyond_what_the_autoencoder_loses() -> None:
    truth, decoded = flat(0.0, 0.0), flat(0.1, 0.1)
    assert sides_differ(truth, flat(0.13, 0.15), decoded).tolist() == [False, True]


def test_a_sentence_is_true_of_every_prop_that_is_what_it_says() -> None:
    house = PropSpec("house", "red", "blue", "wood", "plain", "tall")
    assert is_true_of(Facts("house"), house)
    assert is_true_of(Facts("house", "red", "blue", "wood", "plain", "tall"), house)
    assert not is_true_of(Facts("house", "red", "green"), house)
    assert not is_true_of(Facts("house", "red", proportion="wide"), house)


def test_caption_scores_count_both_directions_by_whose_pair_is_held_out() -> None:
    similar = torch.tensor([[0.9, 0.1, 0.0], [0.8, 0.2, 0.1], [0.0, 0.1, 0.3]])
    scores = caption_scores(similar, torch.eye(3, dtype=torch.bool), [False, True, False])
    assert scores["picture_of_caption_seen"] == Figure(1.0, 1.0, 1.0, 2)
    assert scores["picture_of_caption_held_out"] == Figure(0.0, 0.0, 0.0, 1)
    assert scores["caption_of_picture_held_out"] == Figure(1.0, 1.0, 1.0, 1)
    assert scores["chance"] == pytest.approx(1 / 3, abs=1e-4)


def test_half_of_the_pairs_that_samples_are_asked_for_are_held_out() -> None:
    pairs = drawn_pairs(20, seed=0)
    assert len(set(pairs)) == 20
    assert [is_held_out(*pair) for pair in pairs] == [False] * 10 + [True] * 10
