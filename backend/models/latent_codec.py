"""The autoencoder seam: images in [0, 1] to a prior's scaled latents and back, for both of diffusers' families.

AutoencoderKL has a posterior (mean and variance); AutoencoderTiny is deterministic. Both expect and return [-1, 1]: the
tiny one converts to its own [0, 1] inside.
"""

from typing import TypeAlias

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, AutoencoderTiny
from jaxtyping import Float
from torch import Generator, Tensor

Autoencoder: TypeAlias = AutoencoderKL | AutoencoderTiny


class LatentCodec:
    """One autoencoder, ``network``, at one image size. Frozen: gradients reach images and latents, never weights."""

    def __init__(self, autoencoder: Autoencoder, image_size: int) -> None:
        """Raises ValueError for an image size that the autoencoder's down-sampling does not divide."""
        factor = downsampling(autoencoder)
        if image_size < factor or image_size % factor:
            raise ValueError(f"image size {image_size} is not a multiple of the autoencoder's down-sampling, {factor}")
        self.network = autoencoder
        self.image_size = image_size
        self.latent_shape = (autoencoder.config.latent_channels, image_size // factor, image_size // factor)

    @property
    def dtype(self) -> torch.dtype:
        """Of the autoencoder's inside; what goes in and comes out is float32."""
        return self.network.dtype

    def move(self, device: torch.device) -> None:
        self.network.to(device)

    def at_size(self, image_size: int) -> "LatentCodec":
        """The same autoencoder for other pictures. Raises ValueError as the constructor does."""
        return LatentCodec(self.network, image_size)

    def encode(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None = None) -> Float[Tensor, "B C h w"]:
        """Image in [0, 1], any size -> scaled latents, float32; ``rng`` samples the posterior, None takes its mode."""
        config = self.network.config
        return (self._latents(image, rng) - (config.shift_factor or 0.0)) * config.scaling_factor

    def unscaled_mode(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C h w"]:
        """The posterior's mode before scaling: how Zero-1-to-3 is shown its reference image."""
        return self._latents(image, None)

    def decode(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 H W"]:
        """Scaled latents -> image in [0, 1], float32; values outside are clamped."""
        config = self.network.config
        unscaled = latents / config.scaling_factor + (config.shift_factor or 0.0)
        image = self.network.decode(unscaled.to(self.network.dtype)).sample.float()
        return (image / 2 + 0.5).clamp(0, 1)

    def _latents(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None) -> Float[Tensor, "B C h w"]:
        signed = resized(image, self.image_size) * 2 - 1
        encoded = self.network.encode(signed.to(self.network.dtype))
        if isinstance(self.network, AutoencoderTiny):
            return encoded.latents.float()
        posterior = encoded.latent_dist
        if rng is None:
            return posterior.mode().float()
        noise = torch.randn(posterior.mean.shape, generator=rng, device=rng.device).to(posterior.mean.device)
        return posterior.mean.float() + posterior.std.float() * noise


def downsampling(autoencoder: Autoencoder) -> int:
    """Pixels per latent along one side; every level of either family but the first halves the image."""
    if isinstance(autoencoder, AutoencoderTiny):
        return 2 ** (len(autoencoder.config.encoder_block_out_channels) - 1)
    return 2 ** (len(autoencoder.config.block_out_channels) - 1)


def resized(image: Float[Tensor, "B 3 H W"], size: int) -> Float[Tensor, "B 3 S S"]:
    """Bilinear with antialiasing; an image of the right size passes unchanged."""
    if image.shape[-2:] == (size, size):
        return image
    return F.interpolate(image, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
