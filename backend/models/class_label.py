"""Stable unCLIP's class label: a scaled image embedding, noised to a level, beside that level's sinusoid.

After the Stable unCLIP pipelines of diffusers: normalise, DDPM add_noise, un-normalise, append the level's embedding.
"""

from dataclasses import dataclass

import torch
from diffusers import DDPMScheduler
from diffusers.models.embeddings import get_timestep_embedding
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class EmbeddingNoise:
    """What blurs an embedding before the network sees it: a level of 0..T-1 of the noising schedule.

    At level 0 no noise is added. The published pipeline adds noise of deviation 0.0064 even there; it only makes runs
    differ. ``seed`` draws the noise of the other levels, so that a condition is the same whenever it is prepared.
    """

    normalizer: StableUnCLIPImageNormalizer
    scheduler: DDPMScheduler
    level: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        steps = self.scheduler.config.num_train_timesteps
        if not 0 <= self.level < steps:
            raise ValueError(f"noise level {self.level} is outside 0..{steps - 1}")

    def applied(self, embedding: Float[Tensor, "B E"]) -> Float[Tensor, "B E"]:
        if self.level == 0:
            return embedding
        rng = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(embedding.shape, generator=rng).to(embedding)
        level = torch.full((len(embedding),), self.level, device=embedding.device)
        normal = self.normalizer.scale(embedding)
        return self.normalizer.unscale(self.scheduler.add_noise(normal, noise, level))


def noise_level_sinusoid(level: int, width: int) -> Float[Tensor, "1 E"]:
    """The network's view of the noise level: cosines, then sines; at level 0 ones, then zeros."""
    return get_timestep_embedding(torch.tensor([level]), width, flip_sin_to_cos=True, downscale_freq_shift=0)


def unclip_label(embedding: Float[Tensor, "1 E"], scale: float, noise: EmbeddingNoise | None) -> Float[Tensor, "1 L"]:
    """[scale * unit embedding, noised ; sinusoid of the noise level]; without ``noise`` the scaled embedding alone."""
    scaled = scale * embedding.float()
    if noise is None:
        return scaled
    sinusoid = noise_level_sinusoid(noise.level, scaled.shape[1]).to(scaled)
    return torch.cat([noise.applied(scaled), sinusoid.expand_as(scaled)], dim=1)
