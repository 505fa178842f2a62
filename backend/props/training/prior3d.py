"""Trains the built-in 3D-aware prior: Zero-1-to-3's inputs, with the views' harmonics in the class label as well."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor, nn

from ...models.view_features import view_features
from .autoencoder import LATENT_SIZE
from .data import PropPictures
from .diffusion import (
    CROSS_WIDTH,
    EMBEDDING_SCALE,
    HARMONICS,
    POSE_GAIN,
    NoisyPair,
    UnetShape,
    build_unet,
    kept_rows,
    velocity_loss,
)
from .finished import require_finished
from .latents import LatentPictures, cached_embeddings, cached_latents
from .prior2d import SIGNALS
from .prior_options import PriorOptions
from .running.chance import Chance
from .running.hardware import Hardware
from .running.run import TrainingRun
from .running.start import start_training
from .word_tower import EMBEDDING_WIDTH

LABEL_WIDTH = 6 * HARMONICS + EMBEDDING_WIDTH
_FRONT_SHARE = 0.7
_HIGHEST_REFERENCE = float(np.radians(25.0))
# At use the reference is a sample of the 2D prior, never as clean as a rendered one.
_REFERENCE_NOISE = 0.15


@dataclass(frozen=True)
class Options(PriorOptions):
    """Train the 3D-aware prior, which draws other views of a picture."""

    prior2d: Path | None = None
    """Folder of a 2D prior, finished or not, to start from; then --widths is ignored, since its own are used."""


class NovelViewNetwork(nn.Module):
    """The U-Net and the projection that makes its one token."""

    def __init__(self, shape: UnetShape) -> None:
        super().__init__()
        self.unet = build_unet(shape, True, LABEL_WIDTH)
        self.camera_projection = nn.Linear(EMBEDDING_WIDTH + 4, CROSS_WIDTH)


@torch.no_grad()
def start_from_2d(unet: UNet2DConditionModel, averaged: dict[str, Tensor]) -> None:
    """Take over the 2D prior's weights; the reference's channels start silent.

    The turn stands where the azimuth was, which is the same for a reference from the front. What is constant here, the
    lowest noise level and the colour signal, goes into the bias of the label's projection.
    """
    channels, poses = unet.config.out_channels, 4 * HARMONICS
    wide = averaged["conv_in.weight"]
    old, bias = averaged["class_embedding.linear_1.weight"], averaged["class_embedding.linear_1.bias"]
    embedding, level, pose, signal = old.split((EMBEDDING_WIDTH, EMBEDDING_WIDTH, poses, len(SIGNALS)), dim=1)
    silent = torch.zeros(len(old), 2 * HARMONICS)
    changed = {
        "conv_in.weight": torch.cat([wide, torch.zeros_like(wide[:, :channels])], dim=1),
        "class_embedding.linear_1.weight": torch.cat([pose, silent, embedding], dim=1),
        "class_embedding.linear_1.bias": bias + level[:, : EMBEDDING_WIDTH // 2].sum(dim=1) + signal[:, 0],
    }
    unet.load_state_dict(averaged | changed)


@dataclass(frozen=True)
class NovelViews:
    """A batch: the target's latents, the reference's unscaled ones and embedding, and where both cameras stand."""

    target: Float[Tensor, "B C h w"]
    reference: Float[Tensor, "B C h w"]
    embedding: Float[Tensor, "B E"]
    azimuth: Float[Tensor, "B 2"]
    elevation: Float[Tensor, "B 2"]
    """Reference first, then target."""


def main(options: Options) -> None:
    """Train; export.py turns the checkpoint into a model folder."""
    hardware = options.hardware
    require_finished("autoencoder", options.autoencoder, "autoencoder")
    require_finished("joint", options.joint, "images")
    if options.prior2d is not None:
        require_finished("prior2d", options.prior2d, "prior2d")
    pictures = PropPictures.load(options.data)
    chance = start_training(options.run, options)
    latents = cached_latents(pictures, options.autoencoder, options.latents, hardware)
    embeddings = cached_embeddings(pictures, options.joint / "image_encoder", options.latents, hardware)
    network = _started(options, latents.rgb.shape[2])
    run = TrainingRun(hardware.ready(network), options.run, options.budget, options.resume, chance)
    sampler = ViewPairs(pictures, latents, embeddings, chance)
    fast = hardware.fast(network.unet)
    for _ in run.steps("3D-aware prior"):
        run.descend(novel_view_loss(network, fast, sampler.draw(options.batch), chance, hardware))


def _started(options: Options, latent_channels: int) -> NovelViewNetwork:
    if options.prior2d is None:
        shape = UnetShape(options.widths, latent_channels, LATENT_SIZE)
        network = NovelViewNetwork(shape)
    else:
        shape = UnetShape.read(options.prior2d)
        network = NovelViewNetwork(shape)
        checkpoint = torch.load(options.prior2d / "checkpoint.pt", weights_only=True, map_location="cpu")
        start_from_2d(network.unet, checkpoint["averaged"])
    shape.save(options.run)
    return network


class ViewPairs:
    """Draws a reference from low elevations, most often the front, and any other view as the target."""

    def __init__(
        self, pictures: PropPictures, latents: LatentPictures, embeddings: Float[Tensor, "N V E"], chance: Chance
    ) -> None:
        self._latents, self._embeddings, self._chance = latents, embeddings, chance
        self._azimuth, self._elevation = pictures.azimuth.to(chance.device), pictures.elevation.to(chance.device)
        low = (self._elevation >= 0.0) & (self._elevation <= _HIGHEST_REFERENCE)
        low[:, 0] = True
        # Each row lists its low views first; a draw below their number picks one of them.
        self._low_views = low.int().argsort(dim=1, descending=True, stable=True)
        self._low_count = low.sum(dim=1)

    def draw(self, count: int) -> NovelViews:
        chance, view_count = self._chance, self._azimuth.shape[1]
        objects = chance.integers(len(self._azimuth), count)
        references = self._reference_views(objects)
        targets = (references + chance.integers(view_count, count, low=1)) % view_count
        both = objects[:, None], torch.stack([references, targets], dim=1)
        return NovelViews(
            target=self._latents.rgb[objects, targets].float(),
            reference=self._imperfect(self._latents.rgb[objects, references].float()),
            embedding=self._embeddings[objects, references],
            azimuth=self._azimuth[both],
            elevation=self._elevation[both],
        )

    def _reference_views(self, objects: Tensor) -> Tensor:
        drawn = (self._chance.uniform(len(objects)) * self._low_count[objects]).long()
        front = self._chance.happens(_FRONT_SHARE, len(objects))
        return self._low_views[objects, drawn] * ~front

    def _imperfect(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h w"]:
        count = len(latents)
        level = _REFERENCE_NOISE * self._chance.uniform(count, 1, 1, 1) * self._chance.happens(0.5, count, 1, 1, 1)
        return (latents + level * self._chance.normal(*latents.shape)) / self._latents.scaling_factor


def novel_view_loss(
    network: NovelViewNetwork, unet: nn.Module, views: NovelViews, chance: Chance, hardware: Hardware
) -> Float[Tensor, ""]:
    """The v loss of the target; a tenth of the rows see neither reference, token nor label.

    unet: the network's own, or its compiled call.
    """
    kept = kept_rows(len(views.target), chance)[:, None]
    heard = chance.happens(0.5, len(kept), 1).float()
    pair = NoisyPair(views.target, chance)
    tokens = network.camera_projection(torch.cat([views.embedding, camera_change(views)], dim=1)) * kept
    labels = novel_view_labels(views.embedding * heard, views.azimuth, views.elevation) * kept
    return velocity_loss(unet, pair, views.reference * kept[..., None, None], tokens[:, None], labels, hardware)


def camera_change(views: NovelViews) -> Float[Tensor, "B 4"]:
    """Zero-1-to-3's T: [elevation_ref - elevation_t, sin d azimuth, cos d azimuth, 0]; the distance never changes."""
    turn = views.azimuth[:, 1] - views.azimuth[:, 0]
    rise = views.elevation[:, 0] - views.elevation[:, 1]
    return torch.stack([rise, turn.sin(), turn.cos(), torch.zeros_like(turn)], dim=1)


def novel_view_labels(
    embedding: Float[Tensor, "B E"], azimuth: Float[Tensor, "B 2"], elevation: Float[Tensor, "B 2"]
) -> Float[Tensor, "B L"]:
    """[harmonics of the turn, twice the target's and twice the reference's elevation ; scaled unit embedding]."""
    angles = [azimuth[:, 1] - azimuth[:, 0], 2.0 * elevation[:, 1], 2.0 * elevation[:, 0]]
    return torch.cat([view_features(angles, HARMONICS, POSE_GAIN), EMBEDDING_SCALE * embedding], dim=1)


def save_projection(projection: nn.Linear, folder: Path) -> None:
    """The folder of Zero-1-to-3's clip_camera_projection: one linear layer and its shape."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"proj.{name}": value.contiguous() for name, value in projection.state_dict().items()}
    save_file(tensors, folder / "diffusion_pytorch_model.safetensors")
    shape = {"_class_name": "CLIPCameraProjection", "embedding_dim": EMBEDDING_WIDTH, "additional_embeddings": 4}
    (folder / "config.json").write_text(json.dumps(shape, indent=1) + "\n")


def conditioning() -> dict[str, object]:
    """The content of conditioning.json: what the class label is made of, and which components lie elsewhere."""
    return {
        "pose": {"harmonics": HARMONICS, "gain": POSE_GAIN},
        "label_embedding_scale": EMBEDDING_SCALE,
        "embedding": "unit",
        "shared": {
            "vae": "../stable_unclip/vae",
            "image_encoder": "../clip/image_encoder",
            "feature_extractor": "../clip/feature_extractor",
        },
    }
