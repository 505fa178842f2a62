"""z variance and normal smoothness, by hand."""

import pytest
import torch
from any_to_3d.backend.generator.losses.volume import NormalSmoothness, blurred, z_variance
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.models.protocols import Condition
from toy_world import camera_at, runtime


def test_two_equal_samples_two_units_apart_have_variance_one() -> None:
    assert z_variance(torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 3.0]])).item() == pytest.approx(1.0)


def test_background_rays_have_no_part_in_the_mean() -> None:
    weights = torch.tensor([[0.5, 0.5], [0.25, 0.25]])
    assert z_variance(weights, torch.tensor([[1.0, 3.0], [0.0, 9.0]])).item() == pytest.approx(1.0)


def test_gradient_of_z_variance_agrees_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    weights = (torch.rand(4, 5, generator=generator, dtype=torch.float64) / 5 + 0.1).requires_grad_()
    z = torch.rand(4, 5, generator=generator, dtype=torch.float64).cumsum(dim=1)
    assert torch.autograd.gradcheck(lambda w: z_variance(w, z).double(), weights)


def normal_view(normal: torch.Tensor) -> View:
    return View(camera_at(0, 0), normal=normal)


def test_a_flat_normal_map_is_smooth_in_both_modes() -> None:
    view = normal_view(torch.full((1, 3, 16, 16), 0.7))
    for mode in ("differences", "blur"):
        bound = NormalSmoothness(mode).bind(runtime(), Condition(torch.ones(1, 6)), "rgb")
        assert bound(view, 0.0).item() == pytest.approx(0.0, abs=1e-9)


def test_differences_of_a_step_edge() -> None:
    normal = torch.zeros(1, 3, 4, 4)
    normal[..., 2:] = 1.0
    bound = NormalSmoothness("differences").bind(runtime(), Condition(torch.ones(1, 6)), "rgb")
    assert bound(normal_view(normal), 0.0).item() == pytest.approx(1 / 3)  # one of three columns of differences


def test_blur_keeps_the_mean_of_a_periodic_pattern_and_lowers_its_contrast() -> None:
    image = (torch.arange(32) % 2).float().expand(1, 3, 32, 32)
    smooth = blurred(image)
    assert smooth[..., 8:24].std() < 0.05 * image.std()
    assert smooth[..., 8:24].mean().item() == pytest.approx(0.5, abs=0.01)
