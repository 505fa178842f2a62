"""Trains the autoencoder of the built-in priors: 64 px images to 16 x 16 latents without speckle."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from jaxtyping import Float
from torch import Tensor

from .training_data import PropPictures, as_images
from .training_run import Budget, TrainingRun

LATENT_CHANNELS = 8
_CROP = 32
_NORMAL_SHARE = 0.3
_CROPPED_SHARE = 0.7
# Decoding must forgive what a denoiser leaves over, or generated references come out speckled.
_LATENT_NOISE = 0.35
_EDGE_WEIGHT = 0.5
_MOMENT_WEIGHT = 0.02


@dataclass(frozen=True)
class Options:
    """Command line of the autoencoder's training."""

    data: Path
    run: Path
    """Folder for the checkpoint, the curve and the finished weights (`vae/`)."""
    encoder: Path | None = None
    """A finished vae/ folder: its encoder and scaling_factor stay, so that latents do too; the decoder learns on."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=10.0, learning_rate=2e-3))
    resume: bool = False
    seed: int = 0


def build_autoencoder(width: int = 48) -> AutoencoderTiny:
    """f = 4. The encoder has no block at full size: score distillation runs through it at every step."""
    return AutoencoderTiny(
        encoder_block_out_channels=(width,) * 3,
        decoder_block_out_channels=(width,) * 3,
        num_encoder_blocks=(0, 1, 2),
        num_decoder_blocks=(2, 1, 1),
        latent_channels=LATENT_CHANNELS,
    )


def main(options: Options) -> None:
    """Train on rgb and normal images, then write `run`/vae."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    pictures = PropPictures.load(options.data)
    model = build_autoencoder() if options.encoder is None else AutoencoderTiny.from_pretrained(options.encoder)
    model.to(memory_format=torch.channels_last)
    model.encoder.requires_grad_(options.encoder is None)
    run = TrainingRun(model, options.run, options.budget, options.resume)
    for _ in run.steps("autoencoder"):
        images = draw_images(pictures, rng).to(memory_format=torch.channels_last)
        loss, error = reconstruction_loss(model, images)
        run.descend(loss, psnr=float(-10.0 * error.detach().log10()))
    run.load_averaged_into(model)
    if options.encoder is None:
        model.register_to_config(scaling_factor=unit_variance_factor(model, pictures, rng))
    model.save_pretrained(options.run / "vae")


def draw_images(pictures: PropPictures, rng: np.random.Generator) -> Float[Tensor, "B 3 H W"]:
    """A batch of 64 crops or 16 whole images, colours and normals mixed.

    The network is local, so that most batches can be crops around the object: the empty ground teaches nothing.
    """
    cropped = rng.random() < _CROPPED_SHARE
    batch = []
    for _ in range(64 if cropped else 16):
        index = rng.integers(pictures.object_count), rng.integers(pictures.view_count)
        image = (pictures.normal if rng.random() < _NORMAL_SHARE else pictures.rgb)[index]
        if cropped:
            row, column = rng.integers(8, 64 - _CROP - 8 + 1, size=2)
            image = image[row : row + _CROP, column : column + _CROP]
        batch.append(image[:, ::-1] if rng.random() < 0.5 else image)
    return as_images(np.stack(batch))


def reconstruction_loss(
    model: AutoencoderTiny, images: Float[Tensor, "B 3 H W"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The training loss and the plain mean squared error of images in [0, 1]."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        latents = model.encoder(images * 2.0 - 1.0).float()
        level = _LATENT_NOISE * torch.rand(len(images), 1, 1, 1)
        decoded = model.decoder(latents + level * torch.randn_like(latents))
    decoded = decoded.float() * 0.5 + 0.5
    difference = decoded - images
    error = difference.square().mean()
    edges = sum(difference.diff(dim=axis).abs().mean() for axis in (2, 3))
    mean, deviation = latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
    moments = (mean.square() + (deviation - 1.0).square()).mean()
    return 4.0 * error + difference.abs().mean() + _EDGE_WEIGHT * edges + _MOMENT_WEIGHT * moments, error


@torch.no_grad()
def unit_variance_factor(model: AutoencoderTiny, pictures: PropPictures, rng: np.random.Generator) -> float:
    """The scaling_factor that brings the latents of whole colour pictures to unit variance."""
    model.eval()
    chosen = rng.integers(pictures.object_count, size=128), rng.integers(pictures.view_count, size=128)
    latents = model.encoder(as_images(pictures.rgb[chosen]) * 2.0 - 1.0)
    return round(float(1.0 / latents.std()), 5)
