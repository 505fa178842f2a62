"""Which words and which numbers tell a network about the view."""

import math

import torch
from any_to_3d.backend.models.view_features import view_features
from any_to_3d.backend.models.view_words import VIEWS, view_index, view_prompts
from tiny_checkpoints import cameras


def test_the_view_is_named_by_azimuth_and_elevation() -> None:
    views = {
        (0, 0): "front",
        (0, 44): "front",
        (0, 46): "side",
        (0, -44): "front",
        (0, 316): "front",
        (0, 90): "side",
        (0, -90): "side",
        (0, 136): "back",
        (0, 180): "back",
        (0, -136): "back",
        (59, 0): "front",
        (61, 0): "overhead",
        (61, 180): "overhead",
        (-61, 180): "back",
    }
    named = [VIEWS[index] for index in view_index(cameras(*views)).tolist()]
    assert named == list(views.values())


def test_a_prompt_gets_every_view_and_an_empty_one_none() -> None:
    assert view_prompts("a chair")[1] == "a chair, front view"
    assert len(view_prompts("a chair")) == len(VIEWS)
    assert view_prompts("") == ("",)


def test_view_features_are_sines_then_cosines_per_angle() -> None:
    quarter, zero = torch.tensor([math.pi / 2]), torch.zeros(1)
    features = view_features([quarter, zero], harmonics=2, gain=3.0)
    expected = torch.tensor([[3.0, 0.0, 0.0, -3.0, 0.0, 0.0, 3.0, 3.0]])
    torch.testing.assert_close(features, expected, atol=1e-6, rtol=0)


def test_view_features_do_not_see_a_full_turn() -> None:
    angle = torch.tensor([0.3, -2.0])
    turned = view_features([angle + 2 * math.pi], 8, 1.4)
    torch.testing.assert_close(turned, view_features([angle], 8, 1.4), atol=1e-5, rtol=0)
