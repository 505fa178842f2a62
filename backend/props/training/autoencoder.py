"""Trains the autoencoder of the built-in priors: images of 64 or 128 px to 16 x 16 latents without speckle."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from jaxtyping import Float
from torch import Tensor

from .data import PropPictures, as_images
from .finished import require_finished
from .running.chance import Chance
from .running.hardware import Hardware
from .running.run import Budget, TrainingRun
from .running.run_options import RunOptions
from .running.start import start_training

LATENT_SIZE = 16
LATENT_CHANNELS = {64: 8, 128: 16}
"""Pixels a side -> channels of a latent; 128 px have four times as much to say in the same 16 x 16 places."""

_CROP_SHARE = 0.5
_NORMAL_SHARE = 0.3
_CROPPED_SHARE = 0.7
# Decoding must forgive what a denoiser leaves over, or generated references come out speckled.
_LATENT_NOISE = 0.35
_EDGE_WEIGHT = 0.5
_MOMENT_WEIGHT = 0.02


@dataclass(frozen=True)
class Options(RunOptions):
    """Train the autoencoder, which makes latents of pictures and pictures of latents."""

    data: Path
    """Folder of rendered pictures, as make_dataset writes it."""
    run: Path
    """Folder for the checkpoint, the curve and the finished weights, vae/."""
    encoder: Path | None = None
    """A finished vae/ folder: its encoder and scaling_factor stay, so that latents do too; the decoder learns on."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=10.0, learning_rate=2e-3), kw_only=True)
    batch: int = field(default=16, kw_only=True)
    """Whole pictures in one step; crops of a quarter of the area come four times as many."""


def build_autoencoder(size: int, width: int = 48) -> AutoencoderTiny:
    """f = 4 for 64 px, 8 for 128. The encoder has no block at full size: score distillation runs through it always."""
    if size not in LATENT_CHANNELS:
        raise ValueError(f"pictures have {size} pixels a side; allowed are {' and '.join(map(str, LATENT_CHANNELS))}")
    extra = 0 if size == 64 else 1
    return AutoencoderTiny(
        encoder_block_out_channels=(width,) * (3 + extra),
        decoder_block_out_channels=(width,) * (3 + extra),
        num_encoder_blocks=(0,) * extra + (0, 1, 2),
        num_decoder_blocks=(2, 1, 1) + (1,) * extra,
        latent_channels=LATENT_CHANNELS[size],
    )


def main(options: Options) -> None:
    """Train on rgb and normal images, then write `run`/vae."""
    hardware = options.hardware
    if options.encoder is not None:
        require_finished("encoder", options.encoder, "autoencoder")
    pictures = PropPictures.load(options.data, hardware.place)
    chance = start_training(options.run, options)
    is_new = options.encoder is None
    model = build_autoencoder(pictures.size) if is_new else AutoencoderTiny.from_pretrained(options.encoder)
    hardware.ready(model).to(memory_format=torch.channels_last)
    model.encoder.requires_grad_(is_new)
    run = TrainingRun(model, options.run, options.budget, options.resume, chance)
    for _ in run.steps("autoencoder"):
        images = draw_images(pictures, options.batch, chance).to(memory_format=torch.channels_last)
        loss, error = reconstruction_loss(model, images, chance, hardware)
        run.descend(loss, psnr=-10.0 * error.log10())
    run.load_averaged_into(model)
    if is_new:
        model.register_to_config(scaling_factor=unit_variance_factor(model, pictures, chance))
    model.cpu().save_pretrained(options.run / "vae")


def draw_images(pictures: PropPictures, count: int, chance: Chance) -> Float[Tensor, "B 3 H W"]:
    """A batch of `count` whole images or four times as many crops, colours and normals mixed, half of them mirrored.

    The network is local, so that most batches can be crops around the object: the empty ground teaches nothing.
    """
    is_cropped = chance.words.random() < _CROPPED_SHARE
    count = 4 * count if is_cropped else count
    objects, views = chance.integers(pictures.object_count, count), chance.integers(pictures.view_count, count)
    normal = chance.happens(_NORMAL_SHARE, count, 1, 1, 1)
    images = torch.where(normal, pictures.normal[objects, views], pictures.rgb[objects, views])
    if is_cropped:
        images = _crops(images, chance)
    mirrored = chance.happens(0.5, count, 1, 1, 1)
    return as_images(torch.where(mirrored, images.flip(2), images))


def _crops(images: Tensor, chance: Chance) -> Tensor:
    """Squares of half the side, an eighth or more away from the border; uint8[B, S, S, 3] -> uint8[B, s, s, 3]."""
    size = images.shape[1]
    side, border = round(_CROP_SHARE * size), size // 8
    rows, columns = chance.integers(size - side - 2 * border + 1, 2, len(images)) + border
    along = torch.arange(side, device=images.device)
    number = torch.arange(len(images), device=images.device)[:, None, None]
    return images[number, (rows[:, None] + along)[:, :, None], (columns[:, None] + along)[:, None, :]]


def reconstruction_loss(
    model: AutoencoderTiny, images: Float[Tensor, "B 3 H W"], chance: Chance, hardware: Hardware
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The training loss and the plain mean squared error of images in [0, 1]."""
    with hardware.half_precision():
        latents = model.encoder(images * 2.0 - 1.0).float()
        level = _LATENT_NOISE * chance.uniform(len(images), 1, 1, 1)
        decoded = model.decoder(latents + level * chance.normal(*latents.shape))
    decoded = decoded.float() * 0.5 + 0.5
    difference = decoded - images
    error = difference.square().mean()
    edges = sum(difference.diff(dim=axis).abs().mean() for axis in (2, 3))
    mean, deviation = latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
    moments = (mean.square() + (deviation - 1.0).square()).mean()
    return 4.0 * error + difference.abs().mean() + _EDGE_WEIGHT * edges + _MOMENT_WEIGHT * moments, error.detach()


@torch.no_grad()
def unit_variance_factor(model: AutoencoderTiny, pictures: PropPictures, chance: Chance) -> float:
    """The scaling_factor that brings the latents of whole colour pictures to unit variance."""
    model.eval()
    objects, views = chance.integers(pictures.object_count, 128), chance.integers(pictures.view_count, 128)
    latents = model.encoder(as_images(pictures.rgb[objects, views]) * 2.0 - 1.0)
    return round(float(1.0 / latents.std()), 5)
