"""Trains the built-in 2D prior: Stable unCLIP's conditioning by an embedding, with view and signal beside it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from diffusers import DDPMScheduler
from diffusers.models.embeddings import get_timestep_embedding
from jaxtyping import Float
from torch import Tensor
from transformers import CLIPTextModelWithProjection, PreTrainedTokenizerFast

from ..models.view_features import view_features
from .captions import sample_caption
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
from .training_words import EMBEDDING_WIDTH, embed_words

SIGNALS = ("rgb", "normal")
LABEL_WIDTH = 2 * EMBEDDING_WIDTH + 4 * HARMONICS + len(SIGNALS)
WIDTHS = (48, 96, 96)
_NORMAL_SHARE = 0.25
_HIGHEST_LEVEL = 300
_CLEAR_SHARE = 0.5


@dataclass(frozen=True)
class Options:
    """Command line of the 2D prior's training."""

    data: Path
    run: Path
    """Folder for the checkpoint and the curve, both of which training_export.py reads."""
    autoencoder: Path
    """The finished vae/ folder."""
    joint: Path
    """The finished run of the joint encoder."""
    latents: Path
    """Folder where latents and embeddings are cached."""
    image_share: float = 0.3
    """How often the embedding of a picture stands in for that of a caption."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=60.0))
    batch: int = 32
    resume: bool = False
    seed: int = 0


def main(options: Options) -> None:
    """Train; training_export.py turns the checkpoint into a model folder."""
    torch.manual_seed(options.seed)
    pictures = PropPictures.load(options.data)
    latents = cached_latents(pictures, options.autoencoder, options.latents)
    unet = build_unet(WIDTHS, latents.rgb.shape[2], latents.rgb.shape[2], LABEL_WIDTH)
    run = TrainingRun(unet, options.run, options.budget, options.resume)
    sampler = PriorBatches(pictures, latents, options, seed=options.seed + 1000 * run.step)
    for _ in run.steps("2D prior"):
        clean, labels = sampler.draw(options.batch)
        pair = NoisyPair(clean, sampler.scheduler, sampler.rng)
        tokens = torch.zeros(len(clean), 1, CROSS_WIDTH)
        run.descend(velocity_loss(unet, pair, None, tokens, labels))


class PriorBatches:
    """Draws latents of colour pictures and normal maps with the class labels that describe them."""

    def __init__(self, pictures: PropPictures, latents: LatentPictures, options: Options, seed: int) -> None:
        self._pictures, self._latents = pictures, latents
        self._tokenizer = PreTrainedTokenizerFast.from_pretrained(options.joint / "tokenizer")
        self._text_tower = CLIPTextModelWithProjection.from_pretrained(options.joint / "text_encoder").eval()
        self._image_share, self._seen = options.image_share, None
        if options.image_share > 0.0:
            self._seen = cached_embeddings(pictures, options.joint / "image_encoder", options.latents)
        self._numpy_rng = np.random.default_rng(seed)
        self.rng = torch.Generator().manual_seed(seed)
        self.scheduler = build_scheduler()

    def draw(self, count: int) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B L"]]:
        """Clean latents and labels; a tenth of the labels are zero."""
        objects = self._numpy_rng.integers(self._pictures.object_count, size=count)
        views = self._numpy_rng.integers(self._pictures.view_count, size=count)
        is_normal = torch.rand(count, generator=self.rng) < _NORMAL_SHARE
        clean = torch.where(
            is_normal[:, None, None, None],
            latents_of(self._latents.normal, objects, views),
            latents_of(self._latents.rgb, objects, views),
        )
        chosen = torch.from_numpy(objects), torch.from_numpy(views)
        labels = prior_labels(
            *noised_embeddings(self._embeddings(objects), self.rng),
            self._pictures.azimuth[chosen],
            self._pictures.elevation[chosen],
            is_normal,
        )
        return clean, labels * kept_rows(count, self.rng)[:, None]

    @torch.no_grad()
    def _embeddings(self, objects: np.ndarray) -> Float[Tensor, "B E"]:
        """A caption's, or for some objects that of any of their pictures: image prompts must work too."""
        captions = [sample_caption(self._pictures.specs[number], self._numpy_rng) for number in objects]
        words = embed_words(self._text_tower, self._tokenizer, captions)
        views = torch.from_numpy(self._numpy_rng.integers(self._pictures.view_count, size=len(objects)))
        if self._seen is None:
            return words
        seen = self._seen[torch.from_numpy(objects), views]
        return torch.where(torch.rand(len(objects), 1, generator=self.rng) < self._image_share, seen, words)


@cache
def embedding_noise() -> DDPMScheduler:
    """The schedule of Stable unCLIP's noise augmentation of embeddings."""
    return DDPMScheduler(beta_schedule="squaredcos_cap_v2")


def noised_embeddings(
    unit: Float[Tensor, "B E"], rng: torch.Generator
) -> tuple[Float[Tensor, "B E"], Float[Tensor, "B E"]]:
    """Scaled embeddings under Stable unCLIP's noise augmentation, and the sinusoids of their levels.

    Half of them are left clear at level 0, the level that is used afterwards.
    """
    count = len(unit)
    levels = torch.randint(0, _HIGHEST_LEVEL, (count,), generator=rng)
    levels[torch.rand(count, generator=rng) < _CLEAR_SHARE] = 0
    scaled = EMBEDDING_SCALE * unit
    noised = embedding_noise().add_noise(scaled, torch.randn(unit.shape, generator=rng), levels)
    noised = torch.where(levels[:, None] == 0, scaled, noised)
    return noised, get_timestep_embedding(levels, unit.shape[1], flip_sin_to_cos=True, downscale_freq_shift=0)


def prior_labels(
    embedding: Float[Tensor, "B E"],
    noise_level: Float[Tensor, "B E"],
    azimuth: Float[Tensor, "B"],
    elevation: Float[Tensor, "B"],
    is_normal: Tensor,
) -> Float[Tensor, "B L"]:
    """[embedding ; noise level ; harmonics of azimuth and twice the elevation ; rgb or normal]."""
    pose = view_features([azimuth, 2.0 * elevation], HARMONICS, POSE_GAIN)
    signal = torch.stack([~is_normal, is_normal], dim=1).float()
    return torch.cat([embedding, noise_level, pose, signal], dim=1)


def conditioning() -> dict[str, object]:
    """The content of conditioning.json: what the class label is made of, for the loader."""
    return {
        "embedding_scale": EMBEDDING_SCALE,
        "noise_level_embedding": True,
        "pose": {"harmonics": HARMONICS, "gain": POSE_GAIN},
        "signals": list(SIGNALS),
    }
