"""A picture seen from another side than the front: the reference camera turns, and everything relative with it."""

import math
from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.generator.condition import reference_camera
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe, ReferenceSampling
from any_to_3d.backend.models.zero123 import camera_change
from any_to_3d.shared.conventions import camera_position
from tiny_recipe import tiny
from toy_world import camera_at, paint_ball, runtime

BLUE, RED = (0.1, 0.2, 0.9), (0.9, 0.2, 0.1)


def test_the_reference_camera_stands_where_the_picture_was_taken() -> None:
    camera = reference_camera(ReferenceSampling(elevation=30.0, azimuth=90.0), 32, torch.device("cpu"))
    expected = torch.from_numpy(camera_position(2.5, torch.pi / 6, torch.pi / 2)).float()
    torch.testing.assert_close(camera.world_from_camera[0, :3, 3], expected, atol=1e-5, rtol=0)
    assert expected[0] > 0


def test_the_3d_aware_prior_is_told_the_turn_from_there() -> None:
    """Zero-1-to-3's T: from azimuth 90 to 120 it is 30 degrees counter-clockwise, seen from above; back it is -90."""
    reference = reference_camera(ReferenceSampling(azimuth=90.0), 32, torch.device("cpu"))
    turns = [camera_change(reference, camera_at(0.0, azimuth))[0, 1].item() for azimuth in (90.0, 120.0, 60.0, 0.0)]
    torch.testing.assert_close(torch.tensor(turns), torch.tensor([0.0, 0.5, -0.5, -1.0]), atol=1e-6, rtol=0)


def only_reference(recipe: Recipe, azimuth: float) -> Recipe:
    """Phase I with the reference loss alone, its camera turned."""
    coarse = recipe.phases[0]
    losses = tuple(replace(weighted, every=1) for weighted in coarse.losses if weighted.loss.name == "reference")
    reference = replace(recipe.reference, azimuth=azimuth)
    return replace(recipe, phases=(replace(coarse, losses=losses),), reference=reference)


def two_coloured_picture() -> Prompt:
    """The ball, blue on the picture's left and red on its right, cut out, as a picture of the artist's own."""
    seen = paint_ball(camera_at(0.0, 0.0), "rgb")[0]
    is_ball = ((seen - 1).abs().sum(dim=0, keepdim=True) > 0.1).float()
    is_left = (torch.arange(seen.shape[-1]) < seen.shape[-1] / 2).float().expand_as(is_ball)
    blue, red = (torch.tensor(colour)[:, None, None] for colour in (BLUE, RED))
    pixels = is_ball * (is_left * blue + (1 - is_left) * red) + (1 - is_ball)
    return replace(Prompt.from_text("a red ball"), reference=torch.cat([pixels, is_ball]))


@pytest.mark.parametrize(("azimuth", "left"), [(0.0, (-1.0, 0.0)), (90.0, (0.0, -1.0)), (-90.0, (0.0, 1.0))])
def test_left_in_the_picture_is_left_of_who_took_it(azimuth: float, left: tuple[float, float]) -> None:
    """A camera in front looks along +Y and has -X on its left; one on +X, azimuth 90, has -Y there."""
    (*_, last) = generate(only_reference(tiny(25), azimuth), two_coloured_picture(), runtime())
    assert isinstance(last, Step)
    x, y = left
    towards_left, towards_right = (torch.tensor([[0.35 * sign * x, 0.35 * sign * y, 0.0]]) for sign in (1, -1))
    camera = camera_position(0.35, 0.0, math.radians(azimuth))
    before = torch.from_numpy(camera).float()
    bluer = (last.scene.albedo(before + towards_left) - last.scene.albedo(before + towards_right))[0]
    assert bluer[2] > 0.1 > -0.1 > bluer[0]
