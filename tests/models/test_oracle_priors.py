"""The analytic priors themselves: their denoiser is the true posterior mean, and they pull where they say."""

import torch
from any_to_3d.backend.models.protocols import Condition, Signal, Viewpoints
from oracle import GaussianPrior, ImageTargetPrior, same_from_every_side
from tiny_checkpoints import cameras
from torch import Tensor

CONDITION = Condition(embedding=torch.ones(1, 1))


def test_gaussian_denoiser_is_the_posterior_mean_by_integration() -> None:
    mean, std, sigma, noisy = 0.7, 0.4, 0.9, 1.8
    clean = torch.linspace(-8, 8, 20001, dtype=torch.float64)
    density = (-(((clean - mean) / std) ** 2) / 2 - ((noisy - clean) / sigma) ** 2 / 2).exp()
    expected = (density * clean).sum() / density.sum()
    prior = GaussianPrior(torch.full((1, 1, 1), mean, dtype=torch.float64), std)
    seen = torch.full((1, 1, 1, 1), noisy, dtype=torch.float64)
    actual = prior.denoise(seen, torch.tensor([sigma], dtype=torch.float64), prior.prepare(None), None, 1.0)
    torch.testing.assert_close(actual.squeeze(), expected, atol=1e-9, rtol=0)


def test_guidance_moves_the_estimate_away_from_the_unconditional_one() -> None:
    prior = GaussianPrior(torch.ones(1, 1, 1), std=0.1, unconditional_std=1.0)
    seen, sigma = torch.zeros(1, 1, 1, 1), torch.ones(1)
    estimates = [prior.denoise(seen, sigma, prior.prepare(None), None, scale).item() for scale in (1.0, 5.0)]
    assert estimates[1] > estimates[0] > 0


def test_score_distillation_turns_any_image_into_the_target() -> None:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(3, 8, 8, generator=rng)
    prior = ImageTargetPrior(same_from_every_side(target), image_size=8, std=0.0)
    prepared, view = prior.prepare(CONDITION), cameras((0, 0))
    image = torch.rand(1, 3, 8, 8, generator=rng)
    for _ in range(60):
        noise, sigma = torch.randn(image.shape, generator=rng), torch.full((1,), 0.8)
        noisy = image + sigma * noise
        predicted = (noisy - prior.denoise(noisy, sigma, prepared, view, 7.5)) / sigma
        image = image - 0.5 * (predicted - noise)
    torch.testing.assert_close(prior.decode(image)[0], target, atol=1e-3, rtol=0)


def test_target_may_depend_on_camera_and_signal() -> None:
    def azimuth_as_grey(views: Viewpoints, signal: Signal) -> Tensor:
        shade = views.azimuth if signal == "rgb" else torch.zeros_like(views.azimuth)
        return shade[:, None, None, None].expand(-1, 3, 4, 4)

    prior = ImageTargetPrior(azimuth_as_grey, image_size=4, std=0.0)
    views, noisy, sigma = cameras((0, 10), (0, 40)), torch.zeros(2, 3, 4, 4), torch.ones(2)
    seen = prior.denoise(noisy, sigma, prior.prepare(CONDITION), views, 1.0)
    torch.testing.assert_close(seen[:, 0, 0, 0], views.azimuth)
    assert prior.denoise(noisy, sigma, prior.prepare(CONDITION, "normal"), views, 1.0).abs().max() == 0


def test_encoding_resizes_to_the_image_size_and_stays_differentiable() -> None:
    prior = ImageTargetPrior(same_from_every_side(torch.zeros(3, 4, 4)), image_size=4)
    image = torch.rand(1, 3, 9, 9, requires_grad=True)
    latents = prior.encode(image)
    latents.sum().backward()
    assert latents.shape[1:] == prior.latent_shape
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
