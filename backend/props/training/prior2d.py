"""Trains the built-in 2D prior: Stable unCLIP's conditioning by an embedding, with view and signal beside it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from diffusers import DDPMScheduler
from diffusers.models.embeddings import get_timestep_embedding
from jaxtyping import Float, Int
from torch import Tensor

from ...models.view_features import view_features
from ..class_table import CLASS_TABLE
from ..spec import PropSpec
from .autoencoder import LATENT_SIZE
from .captions import CaptionBank
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
from .latents import LatentPictures, cached_embeddings, cached_latents, sound_embeddings
from .prior_options import PriorOptions
from .running.chance import Chance
from .running.run import TrainingRun
from .running.start import start_training
from .sounds import SOUNDING_CLASSES, Synthesis, cached_sounds
from .word_tower import EMBEDDING_WIDTH, FrozenWords

SIGNALS = ("rgb", "normal")
LABEL_WIDTH = 2 * EMBEDDING_WIDTH + 4 * HARMONICS + len(SIGNALS)

_IMAGE_SHARE, _AUDIO_SHARE = 0.3, 0.5
# A prompt that names no colour, a sound above all, means the usual one: every colour at once is none.
_USUAL_SHARE = 0.25
_NORMAL_SHARE = 0.25
_HIGHEST_LEVEL = 300
_CLEAR_SHARE = 0.5


@dataclass(frozen=True)
class Options(PriorOptions):
    """Train the 2D prior, which draws pictures of what an embedding asks for."""

    sounds: Path | None = None
    """File where the sounds are cached; without it, no sound's embedding is seen."""


def main(options: Options) -> None:
    """Train; export.py turns the checkpoint into a model folder."""
    hardware = options.hardware
    require_finished("autoencoder", options.autoencoder, "autoencoder")
    require_finished("joint", options.joint, "words", "images", *(("audio",) if options.sounds else ()))
    pictures = PropPictures.load(options.data)
    chance = start_training(options.run, options)
    latents = cached_latents(pictures, options.autoencoder, options.latents, hardware)
    shape = UnetShape(options.widths, latents.rgb.shape[2], LATENT_SIZE)
    shape.save(options.run)
    unet = hardware.ready(build_unet(shape, False, LABEL_WIDTH))
    run = TrainingRun(unet, options.run, options.budget, options.resume, chance)
    batches = PriorBatches(pictures, latents, gathered_prompts(pictures, options), chance)
    fast = hardware.fast(unet)
    tokens = torch.zeros(options.batch, 1, CROSS_WIDTH, device=hardware.place)
    for _ in run.steps("2D prior"):
        clean, labels = batches.draw(options.batch)
        pair = NoisyPair(clean, chance)
        run.descend(velocity_loss(fast, pair, None, tokens, labels, hardware))


@dataclass(frozen=True)
class PromptEmbeddings:
    """Every embedding that an object may be asked for by.

    seen: float[N, V, E] of its pictures.   heard: float[S, K, E] of the sounds of S classes.
    sounding: int[N], the row of ``heard`` of each object's class, or -1.
    """

    captions: CaptionBank
    seen: Float[Tensor, "N V E"]
    heard: Float[Tensor, "S K E"]
    sounding: Int[Tensor, "N"]

    def drawn(self, objects: Int[Tensor, "B"], chance: Chance) -> Float[Tensor, "B E"]:
        """What tells the colour too: 70 % captions, 30 % another picture of the object."""
        count = len(objects)
        said = self.captions.drawn(objects, "all", chance.integers(1 << 16, count))
        shown = self.seen[objects, chance.integers(self.seen.shape[1], count)]
        return torch.where(chance.happens(_IMAGE_SHARE, count)[:, None], shown, said)

    def drawn_without_colour(self, objects: Int[Tensor, "B"], chance: Chance) -> Float[Tensor, "B E"]:
        """Half captions that name no colour, half a sound where the class has one, else a caption."""
        count = len(objects)
        said = self.captions.drawn(objects, "no colour", chance.integers(1 << 16, count))
        if len(self.heard) == 0:
            return said
        row = self.sounding[objects]
        sound = self.heard[row.clamp(min=0), chance.integers(self.heard.shape[1], count)]
        is_heard = chance.happens(_AUDIO_SHARE, count) & (row >= 0)
        return torch.where(is_heard[:, None], sound, said)


def gathered_prompts(pictures: PropPictures, options: Options) -> PromptEmbeddings:
    """From the finished joint encoder: its words, and what it says of every picture and every cached sound."""
    hardware = options.hardware
    words = FrozenWords.load(options.joint, hardware.place)
    rows = {name: number for number, name in enumerate(SOUNDING_CLASSES)}
    heard = torch.zeros(0, 1, EMBEDDING_WIDTH, device=hardware.place)
    if options.sounds is not None:
        heard = sound_embeddings(cached_sounds(options.sounds, Synthesis()), options.joint / "audio_encoder", hardware)
    return PromptEmbeddings(
        captions=CaptionBank.of(pictures.specs, words, options.seed),
        seen=cached_embeddings(pictures, options.joint / "image_encoder", options.latents, hardware),
        heard=heard,
        sounding=torch.tensor([rows.get(spec.prop_class, -1) for spec in pictures.specs], device=hardware.place),
    )


class PriorBatches:
    """Draws latents of colour pictures and normal maps with the class labels that describe them."""

    def __init__(
        self, pictures: PropPictures, latents: LatentPictures, prompts: PromptEmbeddings, chance: Chance
    ) -> None:
        self._latents, self._prompts, self._chance = latents, prompts, chance
        self._azimuth, self._elevation = pictures.azimuth.to(chance.device), pictures.elevation.to(chance.device)
        usual = [number for number, spec in enumerate(pictures.specs) if has_usual_colour(spec)]
        self._usual = torch.tensor(usual, dtype=torch.long, device=chance.device)

    def draw(self, count: int) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B L"]]:
        """Clean latents and labels; a tenth of the labels are zero."""
        chance = self._chance
        view_count = self._azimuth.shape[1]
        objects, embeddings = self._asked_for(count)
        views = chance.integers(view_count, count)
        is_normal = chance.happens(_NORMAL_SHARE, count)
        clean = torch.where(
            is_normal[:, None, None, None], self._latents.normal[objects, views], self._latents.rgb[objects, views]
        ).float()
        labels = prior_labels(
            *noised_embeddings(embeddings, chance),
            self._azimuth[objects, views],
            self._elevation[objects, views],
            is_normal,
        )
        return clean, labels * kept_rows(count, chance)[:, None]

    def _asked_for(self, count: int) -> tuple[Int[Tensor, "B"], Float[Tensor, "B E"]]:
        """Objects and what asks for them: first those of a usual colour, without naming it, then any."""
        chance = self._chance
        usual = round(_USUAL_SHARE * count) if len(self._usual) else 0
        unnamed = self._usual[chance.integers(max(1, len(self._usual)), usual)]
        named = chance.integers(len(self._azimuth), count - usual)
        embeddings = [self._prompts.drawn_without_colour(unnamed, chance), self._prompts.drawn(named, chance)]
        return torch.cat([unnamed, named]), torch.cat(embeddings)


def has_usual_colour(spec: PropSpec) -> bool:
    """Whether a prompt that names no colour may mean this prop."""
    return spec.second_colour is None and spec.colour == CLASS_TABLE[spec.prop_class].usual_colour


@cache
def embedding_noise() -> DDPMScheduler:
    """The schedule of Stable unCLIP's noise augmentation of embeddings."""
    return DDPMScheduler(beta_schedule="squaredcos_cap_v2")


def noised_embeddings(unit: Float[Tensor, "B E"], chance: Chance) -> tuple[Float[Tensor, "B E"], Float[Tensor, "B E"]]:
    """Scaled embeddings under Stable unCLIP's noise augmentation, and the sinusoids of their levels.

    Half of them are left clear at level 0, the level that is used afterwards.
    """
    count = len(unit)
    levels = chance.integers(_HIGHEST_LEVEL, count) * ~chance.happens(_CLEAR_SHARE, count)
    scaled = EMBEDDING_SCALE * unit
    noised = embedding_noise().add_noise(scaled, chance.normal(*unit.shape), levels)
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
