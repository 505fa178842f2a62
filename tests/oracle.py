"""Diffusion priors whose exact denoiser is known, so that losses and whole phases have a known optimum.

For data distributed as N(mu, s^2) the least-squares denoiser of z + sigma * eps is
D(z; sigma) = (s^2 z + sigma^2 mu) / (s^2 + sigma^2)  (Karras et al. 2022, Eq. 57 for a single Gaussian).
Latents are the image itself: encode only resizes, decode only clamps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from any_to_3d.backend.models.guidance import guided
from any_to_3d.backend.models.protocols import Condition, Signal, Viewpoints
from any_to_3d.backend.models.schedule import NoiseSchedule
from torch import Tensor

TargetImage = Callable[[Viewpoints, Signal], Tensor]
"""What the prior believes a camera sees: [B, 3, H, W] in [0, 1]."""


def gaussian_denoiser(noisy: Tensor, sigma: Tensor, mean: Tensor, std: float) -> Tensor:
    """E[z | z + sigma * eps] for z ~ N(mean, std^2); noisy [B, C, h, w], sigma [B], mean broadcasts over B."""
    variance = sigma.reshape(-1, 1, 1, 1) ** 2
    return (std**2 * noisy + variance * mean) / (std**2 + variance)


@dataclass(frozen=True)
class OracleCondition:
    """All that the oracles remember of a condition."""

    signal: Signal


@dataclass(frozen=True)
class ImageTargetPrior:
    """Pulls every view towards ``target(cameras, signal)``.

    std: the spread s it grants around the target. At 0 the denoiser returns the target whatever it is shown, and SDS
    has its exact fixed point there; for s > 0 each step is jittered by s^2 eps / (s^2 + sigma^2). Consistency
    distillation needs s > 0: at 0 both noise levels predict the same eps, and there is no gradient.
    unconditional_std: where given, the unconditional branch is N(0, that^2), so that the guidance scale matters; where
    None, both branches agree and guidance changes nothing.
    """

    target: TargetImage
    image_size: int
    std: float = 0.3
    unconditional_std: float | None = None
    schedule: NoiseSchedule = field(default_factory=NoiseSchedule.scaled_linear)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        return (3, self.image_size, self.image_size)

    def prepare(self, condition: Condition, signal: Signal = "rgb") -> OracleCondition:
        return OracleCondition(signal)

    def move(self, device: torch.device) -> None:
        pass

    def encode(self, image: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return F.interpolate(image, size=(self.image_size, self.image_size), mode="bilinear", antialias=True)

    def decode(self, latents: Tensor) -> Tensor:
        return latents.clamp(0, 1)

    @torch.no_grad()
    def denoise(
        self, noisy: Tensor, sigma: Tensor, condition: OracleCondition, cameras: Viewpoints, guidance_scale: float
    ) -> Tensor:
        conditional = gaussian_denoiser(noisy, sigma, self.target(cameras, condition.signal).to(noisy), self.std)
        if self.unconditional_std is None:
            return conditional
        unconditional = gaussian_denoiser(noisy, sigma, torch.zeros_like(noisy), self.unconditional_std)
        return guided(unconditional, conditional, guidance_scale)


@dataclass(frozen=True)
class GaussianPrior:
    """Latents distributed as N(mean, std^2) from every side: the one-dimensional toy, in any shape.

    mean: [C, h, w] with h == w.  unconditional_std as in ImageTargetPrior.  The latents need not be an image:
    ``encode`` and ``decode`` are the identity.

    >>> prior = GaussianPrior(mean=torch.full((1, 1, 1), 2.0), std=1.0)
    >>> prior.denoise(torch.zeros(1, 1, 1, 1), torch.ones(1), prior.prepare(None), None, 1.0).item()
    1.0
    """

    mean: Tensor
    std: float
    unconditional_std: float | None = None
    schedule: NoiseSchedule = field(default_factory=NoiseSchedule.scaled_linear)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        channels, height, width = self.mean.shape
        return (channels, height, width)

    @property
    def image_size(self) -> int:
        return self.mean.shape[-1]

    def prepare(self, condition: Condition | None, signal: Signal = "rgb") -> OracleCondition:
        return OracleCondition(signal)

    def move(self, device: torch.device) -> None:
        pass

    def encode(self, image: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return image

    def decode(self, latents: Tensor) -> Tensor:
        return latents

    @torch.no_grad()
    def denoise(
        self,
        noisy: Tensor,
        sigma: Tensor,
        condition: OracleCondition,
        cameras: Viewpoints | None,
        guidance_scale: float,
    ) -> Tensor:
        conditional = gaussian_denoiser(noisy, sigma, self.mean.to(noisy), self.std)
        if self.unconditional_std is None:
            return conditional
        unconditional = gaussian_denoiser(noisy, sigma, torch.zeros_like(noisy), self.unconditional_std)
        return guided(unconditional, conditional, guidance_scale)


def same_from_every_side(image: Tensor) -> TargetImage:
    """A target that shows one image [3, H, W] to every camera."""

    def target(cameras: Viewpoints, signal: Signal) -> Tensor:
        return image.expand(len(cameras.azimuth), -1, -1, -1)

    return target
