"""The noise schedule of the latent diffusion family, in variance-preserving and variance-exploding terms.

Symbols: acp alphas_cumprod | a = sqrt(acp) | s = sqrt(1 - acp) | sigma = s / a | t integer timestep
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class NoiseSchedule:
    """alphas_cumprod float64[T], decreasing; a network is trained on the T levels it lists."""

    alphas_cumprod: Tensor

    @staticmethod
    def scaled_linear(steps: int = 1000, beta_start: float = 0.00085, beta_end: float = 0.012) -> "NoiseSchedule":
        """betas = linspace(sqrt(start), sqrt(end), T)^2, the schedule of Stable Diffusion and Zero-1-to-3."""
        betas = torch.linspace(beta_start**0.5, beta_end**0.5, steps, dtype=torch.float64) ** 2
        return NoiseSchedule(torch.cumprod(1 - betas, dim=0))

    def __len__(self) -> int:
        return len(self.alphas_cumprod)

    def to(self, device: torch.device) -> "NoiseSchedule":
        return NoiseSchedule(self.alphas_cumprod.to(device))

    def alpha(self, timestep: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
        """a = sqrt(acp), the signal's share in a variance-preserving latent."""
        return self.alphas_cumprod[timestep].sqrt().float()

    def sigma(self, timestep: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
        """sqrt((1 - acp) / acp): the noise level of z + sigma * eps at this timestep."""
        acp = self.alphas_cumprod[timestep]
        return ((1 - acp) / acp).sqrt().float()

    def timestep(self, sigma: Float[Tensor, "B"]) -> Int[Tensor, "B"]:
        """The listed timestep whose noise level is nearest; exact for a sigma that came from ``sigma``."""
        levels = ((1 - self.alphas_cumprod) / self.alphas_cumprod).sqrt()
        distance = (levels.log()[None] - sigma.double().clamp_min(1e-12).log()[:, None]).abs()
        return distance.argmin(dim=1)
