"""Score distillation against its equations, written out once more in float64 from their sources.

The prior is linear and Gaussian: latents are a fixed linear map of the image, data are N(mu, s^2) given the condition
and N(0, u^2) without it, and the network says eps = (z_t - a D) / s with D the exact posterior mean. The references
below share no code with the losses, and follow their sources' own forms: variance preserving for SDS, variance
exploding for CDS.

Symbols: x image | z latents | t timestep | a = sqrt(acp), s = sqrt(1 - acp) | sigma = s / a | eps noise | S guidance
"""

from dataclasses import dataclass, replace

import pytest
import torch
from any_to_3d.backend.generator.losses.score_distillation import CDS, SDS, BoundCDS, BoundSDS
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.models.protocols import Condition, Signal, Viewpoints
from any_to_3d.backend.models.schedule import NoiseSchedule
from torch import Tensor
from toy_world import camera_at, runtime

SIDE, BATCH = 6, 3
SPREAD, UNCONDITIONAL_SPREAD = 0.4, 0.8
MIX = torch.randn(4, 3, generator=torch.Generator().manual_seed(11), dtype=torch.float64)
MEAN = torch.randn(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(12), dtype=torch.float64)
CONDITION = Condition(torch.ones(1, 6))


def decoded(latents: Tensor) -> Tensor:
    """The picture of latents, in [0, 1]; not the inverse of the encoder, as no autoencoder's is."""
    return torch.einsum("dc,bdhw->bchw", 0.2 * MIX.to(latents), latents).add(0.5).clamp(0, 1)


@dataclass(frozen=True)
class LinearPrior:
    """What the losses see of the linear Gaussian model: the DiffusionPrior's clean estimate, in float32."""

    schedule: NoiseSchedule
    image_size: int = SIDE
    latent_shape: tuple[int, int, int] = (4, SIDE, SIDE)

    def prepare(self, condition: Condition, signal: Signal = "rgb") -> None:
        return None

    def move(self, device: torch.device) -> None:
        pass

    def encode(self, image: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return torch.einsum("dc,bchw->bdhw", MIX.to(image), image)

    def decode(self, latents: Tensor) -> Tensor:
        return decoded(latents)

    def denoise(self, noisy: Tensor, sigma: Tensor, condition: None, cameras: Viewpoints, scale: float) -> Tensor:
        level = sigma.double().view(-1, 1, 1, 1) ** 2
        seen = noisy.double()
        conditional = (SPREAD**2 * seen + level * MEAN) / (SPREAD**2 + level)
        unconditional = UNCONDITIONAL_SPREAD**2 * seen / (UNCONDITIONAL_SPREAD**2 + level)
        return (unconditional + scale * (conditional - unconditional)).float()


def levels(timesteps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """acp, a and s of Stable Diffusion's schedule, float64 columns."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    acp = (1 - betas).cumprod(0)[timesteps].view(-1, 1, 1, 1)
    return acp, acp.sqrt(), (1 - acp).sqrt()


def network(noised: Tensor, timesteps: Tensor, is_conditional: bool) -> Tensor:
    """eps of the linear Gaussian model, from the variance preserving latent z_t = a z + s eps as networks see it."""
    _, a, s = levels(timesteps)
    mean, spread = (MEAN, SPREAD) if is_conditional else (torch.zeros_like(MEAN), UNCONDITIONAL_SPREAD)
    # E[eps | z_t] for z ~ N(mean, spread^2): s (z_t - a mean) / (a^2 spread^2 + s^2).
    return s * (noised - a * mean) / (a**2 * spread**2 + s**2)


def view_of(seed: int = 0) -> View:
    image = torch.rand(BATCH, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return View(camera_at(10, 40), rgb=image.requires_grad_())


def image_gradient(bound: BoundSDS | BoundCDS, view: View, progress: float = 0.0) -> Tensor:
    return torch.autograd.grad(bound(view, progress), view.rgb)[0].double()


def bind(spec: SDS | CDS, seed: int = 5) -> BoundSDS | BoundCDS:
    world = replace(runtime(seed), planar=LinearPrior(NoiseSchedule.scaled_linear()))
    world = replace(world, stereo=world.planar)
    return spec.bind(world, CONDITION, "rgb")


def draws_of(spec: SDS, low: int, high: int, seed: int = 5) -> tuple[Tensor, Tensor]:
    """The timesteps and the noise that the loss will draw, taken from a second copy of its random stream."""
    rng = runtime(seed).rng(spec.name)
    timesteps = torch.randint(low, high + 1, (BATCH,), generator=rng)
    return timesteps, torch.randn(BATCH, 4, SIDE, SIDE, generator=rng).double()


def sds_by_hand(
    image: Tensor,
    timesteps: Tensor,
    noise: Tensor,
    weighting: str,
    scale: float,
    image_share: float,
    clip: float | None,
) -> Tensor:
    """dL/dx of SDS (DreamFusion Eq. 3) with HiFA's image term, as threestudio's unified guidance writes them."""
    acp, a, s = levels(timesteps)
    latents = torch.einsum("dc,bchw->bdhw", MIX, image)
    noised = a * latents + s * noise
    unconditional = network(noised, timesteps, is_conditional=False)
    eps = unconditional + scale * (network(noised, timesteps, is_conditional=True) - unconditional)
    weights = {
        "1-sqrt(acp)": 1 - acp.sqrt(),
        "1-acp": 1 - acp,
        "sqrt(acp)(1-acp)": acp.sqrt() * (1 - acp),
        "uniform": torch.ones_like(acp),
        "x0": s / a,
    }
    in_latents = weights[weighting] * (eps - noise)
    if clip is not None:
        in_latents = in_latents.clamp(-clip, clip)
    guessed = decoded((noised - s * eps) / a)
    in_image = weights[weighting] * (image - guessed) * (a / s)
    return (torch.einsum("dc,bdhw->bchw", MIX, in_latents) + image_share * in_image) / BATCH


@pytest.mark.parametrize("weighting", ["1-sqrt(acp)", "1-acp", "sqrt(acp)(1-acp)", "uniform", "x0"])
@pytest.mark.parametrize(("scale", "image_share"), [(1.0, 0.0), (7.5, 0.0), (100.0, 0.01)])
def test_sds_is_its_equation_under_every_weighting_and_guidance(
    weighting: str, scale: float, image_share: float
) -> None:
    spec, view = SDS("planar", scale, 0.02, 0.98, weighting, image_weight=image_share), view_of()
    expected = sds_by_hand(view.rgb.detach().double(), *draws_of(spec, 20, 980), weighting, scale, image_share, None)
    torch.testing.assert_close(image_gradient(bind(spec), view), expected, atol=1e-5 * scale, rtol=1e-4)


def test_clipping_bounds_the_latent_gradient_and_leaves_the_image_term_whole() -> None:
    spec, view = SDS("planar", 20.0, image_weight=0.5, clip=0.3), view_of()
    arguments = (view.rgb.detach().double(), *draws_of(spec, 200, 600), "1-sqrt(acp)", 20.0, 0.5)
    actual = image_gradient(bind(spec), view)
    torch.testing.assert_close(actual, sds_by_hand(*arguments, 0.3), atol=1e-5, rtol=1e-4)
    assert (actual - sds_by_hand(*arguments, None)).abs().max() > 0.1


def test_3d_sds_is_the_same_equation_with_its_own_prior_stream_and_guidance() -> None:
    spec, view = SDS("stereo", 5.0, signal="rgb"), view_of()
    expected = sds_by_hand(view.rgb.detach().double(), *draws_of(spec, 200, 600), "1-sqrt(acp)", 5.0, 0.0, None)
    torch.testing.assert_close(image_gradient(bind(spec), view), expected, atol=1e-5, rtol=1e-4)


def test_every_image_of_a_batch_has_a_timestep_of_its_own() -> None:
    timesteps, _ = draws_of(SDS("planar", 1.0), 200, 600)
    assert len(timesteps.unique()) == BATCH


def cds_by_hand(
    image: Tensor, noise: Tensor, t1: Tensor, t2: Tensor, scale: float, weighting: str, clip: float | None
) -> Tensor:
    """dL/dx of CDS as Consistent3D's guidance writes it: one ODE step from t1 down to t2, guided on both ends."""

    def guided_noise(exploding: Tensor, timesteps: Tensor) -> Tensor:
        _, a, s = levels(timesteps)
        noised = exploding / (1 + (s / a) ** 2).sqrt()
        conditional = network(noised, timesteps, is_conditional=True)
        return conditional + scale * (conditional - network(noised, timesteps, is_conditional=False))

    (acp1, a1, s1), (_, a2, s2) = levels(t1), levels(t2)
    latents = torch.einsum("dc,bchw->bdhw", MIX, image)
    first = latents + s1 / a1 * noise
    at_first = guided_noise(first, t1)
    at_second = guided_noise(first + (s2 / a2 - s1 / a1) * at_first, t2)
    step = (at_second - at_first) * (1 - acp1 if weighting == "1-acp" else 1)
    if clip is not None:
        step = step.clamp(-clip, clip)
    # The target is z + step: descending 0.5 |z - target|^2 / B moves along -step.
    return torch.einsum("dc,bdhw->bchw", MIX, -step) / BATCH


@pytest.mark.parametrize("weighting", ["1-acp", "uniform"])
@pytest.mark.parametrize(
    ("progress", "scale", "clip"), [(0.0, 0.0, None), (0.0, 100.0, 2.0), (0.5, 65.0, 5.0), (0.999, 7.5, None)]
)
def test_cds_is_its_equation_along_its_schedule(
    weighting: str, progress: float, scale: float, clip: float | None
) -> None:
    spec, view = CDS("planar", scale, weighting=weighting, clip=clip), view_of()
    bound = bind(spec)
    t1, t2 = spec.levels(BATCH, progress, NoiseSchedule.scaled_linear(), runtime(5).rng(spec.name))
    expected = cds_by_hand(view.rgb.detach().double(), bound.noise.double(), t1, t2, scale, weighting, clip)
    actual = image_gradient(bound, view, progress)
    torch.testing.assert_close(actual, expected, atol=2e-5 * (scale + 1), rtol=1e-4)
    assert expected.abs().max() > 1e-3


def test_a_linear_prior_says_the_noise_that_its_clean_estimate_implies() -> None:
    """The two sides of this file agree: eps of the variance preserving form is (z - D) / sigma of the exploding one."""
    timesteps = torch.tensor([20, 300, 980])
    _, a, s = levels(timesteps)
    noisy = torch.randn(3, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    prior = LinearPrior(NoiseSchedule.scaled_linear())
    clean = prior.denoise(noisy, (s / a).view(-1), None, camera_at(0, 0), 1.0).double()
    torch.testing.assert_close((noisy - clean) / (s / a), network(a * noisy, timesteps, True), atol=1e-5, rtol=1e-5)
