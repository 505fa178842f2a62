"""SDS and CDS on priors whose answer is known."""

from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.generator.losses.score_distillation import (
    CDS,
    SDS,
    consistency_gradient,
    draw_timesteps,
    weight_of,
    with_gradient,
)
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.schedule import NoiseSchedule
from oracle import GaussianPrior, gaussian_denoiser
from toy_world import camera_at, paint_ball, runtime

SCHEDULE = NoiseSchedule.scaled_linear()
CONDITION = Condition(torch.ones(1, 6))


def random_view(batch: int = 1) -> View:
    cameras = camera_at(10, 40)
    image = torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    return View(cameras, rgb=image, alpha=torch.ones(batch, 1, 32, 32))


def test_gradient_of_the_reparameterised_loss_is_the_wanted_one_over_the_batch() -> None:
    z, g = torch.randn(4, 3, 2, 2, requires_grad=True), torch.randn(4, 3, 2, 2)
    with_gradient(z, g).backward()
    torch.testing.assert_close(z.grad, g / 4)


def test_a_broken_gradient_is_not_hidden_from_the_step_loop() -> None:
    z = torch.zeros(1, 2, requires_grad=True)
    with_gradient(z, torch.tensor([[float("nan"), 2.0]])).backward()
    assert z.grad[0].isfinite().tolist() == [False, True]


def test_a_limited_sds_is_guided_by_the_limit() -> None:
    view, world = random_view(), runtime(std=0.1)
    world = replace(world, planar=replace(world.planar, unconditional_std=1.0))
    gradients = [
        torch.autograd.grad(bound(view, 0.0), view.rgb)[0]
        for bound in (
            SDS("planar", 7.0).bind(replace(world), CONDITION, "rgb"),
            SDS("planar", 100.0).bind(replace(world), CONDITION, "rgb").limited(7.0),
            SDS("planar", 100.0).bind(replace(world), CONDITION, "rgb"),
        )
    ]
    assert torch.equal(gradients[0], gradients[1])
    assert not torch.equal(gradients[0], gradients[2])


@pytest.mark.parametrize(
    ("weighting", "expected"),
    [("1-sqrt(acp)", 0.5), ("1-acp", 0.75), ("sqrt(acp)(1-acp)", 0.375), ("uniform", 1.0), ("x0", 3**0.5)],
)
def test_weightings_at_acp_one_quarter(weighting: str, expected: float) -> None:
    assert weight_of(weighting, torch.tensor([0.25])).item() == pytest.approx(expected)


def test_sds_pulls_a_view_towards_what_the_prior_paints() -> None:
    view = random_view()
    bound = SDS("planar", 1.0, weighting="x0").bind(runtime(std=0.0), CONDITION, "rgb")
    gradient = torch.autograd.grad(bound(view, 0.0), view.rgb)[0]
    torch.testing.assert_close(view.rgb - gradient, paint_ball(view.cameras, "rgb"), atol=1e-4, rtol=1e-4)


def test_image_space_term_adds_its_weighted_share() -> None:
    view = random_view()
    plain = SDS("planar", 1.0, weighting="x0").bind(runtime(std=0.0), CONDITION, "rgb")
    both = SDS("planar", 1.0, weighting="x0", image_weight=0.5).bind(runtime(std=0.0), CONDITION, "rgb")
    # The oracle's latents are the image, so both terms have the same gradient.
    one = torch.autograd.grad(plain(view, 0.0), view.rgb)[0]
    two = torch.autograd.grad(both(view, 0.0), view.rgb)[0]
    torch.testing.assert_close(two, 1.5 * one, atol=1e-5, rtol=1e-4)


def test_sds_weight_multiplies_the_noise_residual() -> None:
    """w (a / s) (z - z_hat) with a fixed t: the "1-acp" gradient is (1 - acp) / sigma times the "x0" residual."""
    view, t = random_view(), 0.4
    grads = [
        torch.autograd.grad(
            SDS("planar", 1.0, t, t, weighting).bind(runtime(std=0.0), CONDITION, "rgb")(view, 0.0), view.rgb
        )[0]
        for weighting in ("x0", "1-acp")
    ]
    acp = SCHEDULE.alphas_cumprod[400]
    factor = (1 - acp) / ((1 - acp) / acp).sqrt()
    torch.testing.assert_close(grads[1], grads[0] * factor.float(), atol=1e-5, rtol=1e-3)


def test_clip_bounds_every_element_of_the_gradient() -> None:
    view = random_view()
    bound = SDS("planar", 1.0, weighting="x0", clip=0.01).bind(runtime(std=0.0), CONDITION, "rgb")
    assert torch.autograd.grad(bound(view, 0.0), view.rgb)[0].abs().max() <= 0.0101


def test_timesteps_cover_their_range_and_stay_in_the_schedule() -> None:
    t = draw_timesteps(4000, 0.2, 1.0, SCHEDULE, torch.Generator().manual_seed(0))
    assert (t.min().item(), t.max().item()) == (200, 999)


def test_stereo_guidance_looks_at_the_stereo_view_in_colour() -> None:
    spec = SDS("stereo", 5.0, signal="rgb")
    assert spec.view == "stereo"
    assert spec.channels("normal") == {"rgb"}
    assert SDS("planar", 5.0).channels("normal") == {"normal"}


def test_cds_noise_is_the_same_in_every_phase_and_differs_between_seeds() -> None:
    first = runtime(seed=1)
    noises = [CDS("planar", 1.0).bind(world, CONDITION, "rgb").noise for world in (first, first, runtime(seed=2))]
    assert torch.equal(noises[0], noises[1])
    assert not torch.equal(noises[0], noises[2])


def consistency_descent(sign: float, scale: float) -> float:
    """One-dimensional toy: data N(1, 0.3^2), unconditional N(0, 1), from z = 3, 3000 steps of 0.05.

    The gradient vanishes where z + sigma1 eps* is the mean: eps* shifts the answer by -sigma1 eps* and is small here.
    """
    prior = GaussianPrior(torch.ones(1, 1, 1), 0.3, unconditional_std=1.0)
    spec, generator = CDS("planar", scale), torch.Generator().manual_seed(0)
    z, noise = torch.full((1, 1, 1, 1), 3.0), torch.full((1, 1, 1, 1), 0.04)
    for step in range(3000):
        t1, t2 = spec.levels(1, step / 3000, SCHEDULE, generator)
        gradient = consistency_gradient(
            z, noise, t1, t2, SCHEDULE, lambda noisy, sigma: prior.denoise(noisy, sigma, None, None, scale + 1)
        )
        z = z - sign * 0.05 * gradient
    return z.item()


def test_cds_converges_to_the_mode_with_the_shipped_sign() -> None:
    assert consistency_descent(+1.0, scale=0.0) == pytest.approx(1.0, abs=0.04)


def test_cds_runs_away_with_the_papers_literal_sign() -> None:
    assert abs(consistency_descent(-1.0, scale=0.0) - 1.0) > 2.0


def test_consistency_gradient_equals_its_closed_form() -> None:
    mean, std = 1.0, 0.5
    z, noise = torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 0.4)
    t1, t2 = torch.tensor([450]), torch.tensor([300])
    target = torch.full((1, 1, 1, 1), mean)
    actual = consistency_gradient(
        z, noise, t1, t2, SCHEDULE, lambda noisy, sigma: gaussian_denoiser(noisy, sigma, target, std)
    )
    s1, s2, v = SCHEDULE.sigma(t1), SCHEDULE.sigma(t2), std**2
    expected = v * (s1 - s2) * (2.0 + s1 * 0.4 - mean) / ((v + s1**2) * (v + s2**2))
    torch.testing.assert_close(actual.view(-1), expected, atol=1e-5, rtol=1e-4)


def test_cds_sends_its_gradient_through_the_encoder_only() -> None:
    view = random_view()
    loss = CDS("planar", 1.0).bind(runtime(std=0.3), CONDITION, "rgb")(view, 0.0)
    gradient = torch.autograd.grad(loss, view.rgb)[0]
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0
