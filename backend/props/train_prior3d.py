"""Trains the built-in 3D-aware prior: Zero-1-to-3's inputs, with the views' harmonics in the class label as well."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor, nn

from ..models.view_features import view_features
from .train_prior2d import SIGNALS, WIDTHS
from .training_data import PropPictures
from .training_diffusion import (
    CROSS_WIDTH,
    EMBEDDING_SCALE,
    HARMONICS,
    POSE_GAIN,
    NoisyPair,
    build_scheduler,
    build_unet,
    kept_rows,
    velocity_loss,
)
from .training_latents import LatentPictures, cached_embeddings, cached_latents, latents_of
from .training_run import Budget, TrainingRun
from .training_words import EMBEDDING_WIDTH

LABEL_WIDTH = 6 * HARMONICS + EMBEDDING_WIDTH
_FRONT_SHARE = 0.7
_HIGHEST_REFERENCE = float(np.radians(25.0))
# At use the reference is a sample of the 2D prior, never as clean as a rendered one.
_REFERENCE_NOISE = 0.15


@dataclass(frozen=True)
class Options:
    """Command line of the 3D-aware prior's training."""

    data: Path
    run: Path
    """Folder for the checkpoint and the curve, both of which training_export.py reads."""
    autoencoder: Path
    """The finished vae/ folder."""
    joint: Path
    """The finished run of the joint encoder."""
    latents: Path
    """Folder where latents and embeddings are cached."""
    prior2d: Path | None = None
    """A run of the 2D prior, at any stage, to start from, as Zero-1-to-3 starts from Stable Diffusion."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=60.0))
    batch: int = 32
    resume: bool = False
    seed: int = 0


class NovelViewNetwork(nn.Module):
    """The U-Net and the projection that makes its one token."""

    def __init__(self, latent_channels: int) -> None:
        super().__init__()
        self.unet = build_unet(WIDTHS, 2 * latent_channels, latent_channels, LABEL_WIDTH)
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
    """Train; training_export.py turns the checkpoint into a model folder."""
    torch.manual_seed(options.seed)
    pictures = PropPictures.load(options.data)
    latents = cached_latents(pictures, options.autoencoder, options.latents)
    embeddings = cached_embeddings(pictures, options.joint / "image_encoder", options.latents)
    network = NovelViewNetwork(latents.rgb.shape[2])
    if options.prior2d is not None:
        start_from_2d(network.unet, torch.load(options.prior2d / "checkpoint.pt", weights_only=True)["averaged"])
    run = TrainingRun(network, options.run, options.budget, options.resume)
    sampler = ViewPairs(pictures, latents, embeddings, seed=options.seed + 1000 * run.step)
    for _ in run.steps("3D-aware prior"):
        run.descend(novel_view_loss(network, sampler.draw(options.batch), sampler))


class ViewPairs:
    """Draws a reference from low elevations, half of the time the front, and any other view as the target."""

    def __init__(
        self, pictures: PropPictures, latents: LatentPictures, embeddings: Float[Tensor, "N V E"], seed: int
    ) -> None:
        self._pictures, self._latents, self._embeddings = pictures, latents, embeddings
        self._numpy_rng = np.random.default_rng(seed)
        self.rng = torch.Generator().manual_seed(seed)
        self.scheduler = build_scheduler()
        low = (pictures.elevation >= 0.0) & (pictures.elevation <= _HIGHEST_REFERENCE)
        self._low_views = [np.flatnonzero(row) for row in low.numpy()]

    def draw(self, count: int) -> NovelViews:
        rng = self._numpy_rng
        objects = rng.integers(self._pictures.object_count, size=count)
        references = np.array([self._reference_view(number) for number in objects])
        targets = (references + rng.integers(1, self._pictures.view_count, size=count)) % self._pictures.view_count
        both = torch.from_numpy(objects)[:, None], torch.from_numpy(np.stack([references, targets], axis=1))
        return NovelViews(
            target=latents_of(self._latents.rgb, objects, targets),
            reference=self._imperfect(latents_of(self._latents.rgb, objects, references)),
            embedding=self._embeddings[both[0][:, 0], both[1][:, 0]],
            azimuth=self._pictures.azimuth[both],
            elevation=self._pictures.elevation[both],
        )

    def _reference_view(self, number: int) -> int:
        low = self._low_views[number]
        if len(low) == 0 or self._numpy_rng.random() < _FRONT_SHARE:
            return 0
        return int(low[self._numpy_rng.integers(len(low))])

    def _imperfect(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h w"]:
        level = _REFERENCE_NOISE * torch.rand(len(latents), 1, 1, 1, generator=self.rng)
        level = level * (torch.rand(level.shape, generator=self.rng) < 0.5)
        noisy = latents + level * torch.randn(latents.shape, generator=self.rng)
        return noisy / self._latents.scaling_factor


def novel_view_loss(network: NovelViewNetwork, views: NovelViews, sampler: ViewPairs) -> Float[Tensor, ""]:
    """The v loss of the target; a tenth of the rows see neither reference, token nor label."""
    kept = kept_rows(len(views.target), sampler.rng)[:, None]
    heard = (torch.rand(len(kept), 1, generator=sampler.rng) < 0.5).float()
    pair = NoisyPair(views.target, sampler.scheduler, sampler.rng)
    tokens = network.camera_projection(torch.cat([views.embedding, camera_change(views)], dim=1)) * kept
    labels = novel_view_labels(views.embedding * heard, views.azimuth, views.elevation) * kept
    return velocity_loss(network.unet, pair, views.reference * kept[..., None, None], tokens[:, None], labels)


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
