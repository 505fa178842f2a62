"""The published networks without their weights: every wrapper the generator needs, filled with random numbers.

For measuring speed and memory where no weights may be fetched, and for checking formulas on narrowed networks. The
pictures they make mean nothing.
"""

from dataclasses import dataclass

import torch
from diffusers import DDPMScheduler
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from torch import nn
from transformers import CLIPTokenizer

from .class_label import EmbeddingNoise
from .clip import ClipEncoder
from .clip_vision import ClipVision, ImagePreprocessing
from .cross_text import TextTokens
from .embedding_scale import FALLBACK_SCALE
from .latent_codec import LatentCodec, downsampling
from .published import (
    AUTOENCODER,
    UNCLIP_TEXT,
    UNCLIP_UNET,
    VIT_H_TEXT,
    VIT_H_VISION,
    VIT_L_VISION,
    ZERO123_UNET,
    AutoencoderShape,
    TowerShape,
    UNetShape,
    camera_projection,
)
from .schedule import NoiseSchedule
from .stable_unclip import StableUnclipPrior
from .zero123 import Zero123Prior

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""OpenAI's preprocessing, which OpenCLIP and both priors keep."""

LETTERS = "abcdefghijklmnopqrstuvwxyz,."


@dataclass(frozen=True)
class NetworkShapes:
    """What the networks are made of. image_size: of the 2D prior, None for the size its U-Net was trained at."""

    unclip: UNetShape = UNCLIP_UNET
    unclip_text: TowerShape = UNCLIP_TEXT
    zero123: UNetShape = ZERO123_UNET
    zero123_vision: TowerShape = VIT_L_VISION
    autoencoder: AutoencoderShape = AUTOENCODER
    joint_text: TowerShape = VIT_H_TEXT
    joint_vision: TowerShape = VIT_H_VISION
    vocabulary: int = 49408
    image_size: int | None = 512


PUBLISHED = NetworkShapes()
NARROW = NetworkShapes(
    UNCLIP_UNET.narrowed(),
    UNCLIP_TEXT.narrowed(),
    ZERO123_UNET.narrowed(),
    VIT_L_VISION.narrowed(),
    AUTOENCODER.narrowed(),
    VIT_H_TEXT.narrowed(),
    VIT_H_VISION.narrowed(),
    vocabulary=64,
    image_size=None,
)
"""A few million weights in the same layers and layouts; images of 64 pixels."""


@dataclass(frozen=True)
class RandomNetworks:
    """The networks of a generator's Runtime; ``joint`` is its image encoder as well (text and image, no sound)."""

    planar: StableUnclipPrior
    stereo: Zero123Prior
    joint: ClipEncoder


def random_networks(
    device: torch.device, dtype: torch.dtype = torch.float32, shapes: NetworkShapes = PUBLISHED, seed: int = 0
) -> RandomNetworks:
    """Random weights, made on ``device`` and the same for a seed; the global generators are left as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        return RandomNetworks(
            _unclip(device, dtype, shapes), _zero123(device, dtype, shapes), _joint(device, dtype, shapes)
        )


def letter_tokenizer(vocabulary: int, context: int = 77) -> CLIPTokenizer:
    """CLIP's own kind with every letter and no merges, filled up with unused entries: it spells lower-case words.

    vocabulary: at least 58, the letters alone and at the end of words with CLIP's two marks.
    """
    words = [*LETTERS, *(letter + "</w>" for letter in LETTERS)]
    unused = [f"<unused{index}>" for index in range(vocabulary - len(words) - 2)]
    tokens = [*words, *unused, "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[], model_max_length=context)


def _unclip(device: torch.device, dtype: torch.dtype, shapes: NetworkShapes) -> StableUnclipPrior:
    with device:
        unet, autoencoder = shapes.unclip.network(), shapes.autoencoder.network()
        text = shapes.unclip_text.text(shapes.vocabulary)
        normalizer = StableUnCLIPImageNormalizer(shapes.joint_vision.embedding_width)
    _freeze(dtype, unet, autoencoder, text)
    size = shapes.image_size or shapes.unclip.latent_size * downsampling(autoencoder)
    return StableUnclipPrior(
        unet=unet,
        codec=LatentCodec(autoencoder, size),
        cross_text=TextTokens(letter_tokenizer(shapes.vocabulary), text),
        schedule=NoiseSchedule.scaled_linear().to(device),
        prediction_type="v_prediction",
        embedding_scale=FALLBACK_SCALE,
        embedding_noise=EmbeddingNoise(normalizer, DDPMScheduler(beta_schedule="squaredcos_cap_v2")),
    )


def _zero123(device: torch.device, dtype: torch.dtype, shapes: NetworkShapes) -> Zero123Prior:
    with device:
        unet, autoencoder = shapes.zero123.network(), shapes.autoencoder.network()
        tower = shapes.zero123_vision.vision()
        projection = camera_projection(shapes.zero123_vision.embedding_width, shapes.zero123.cross_width)
    _freeze(dtype, unet, autoencoder, tower, projection)
    return Zero123Prior(
        unet=unet,
        codec=LatentCodec(autoencoder, shapes.zero123.latent_size * downsampling(autoencoder)),
        vision=ClipVision(tower, _preprocessing(shapes.zero123_vision)),
        camera_projection=projection,
        schedule=NoiseSchedule.scaled_linear().to(device),
        prediction_type="epsilon",
    )


def _joint(device: torch.device, dtype: torch.dtype, shapes: NetworkShapes) -> ClipEncoder:
    with device:
        text = shapes.joint_text.projected_text(shapes.vocabulary)
        tower = shapes.joint_vision.vision()
    _freeze(dtype, text, tower)
    vision = ClipVision(tower, _preprocessing(shapes.joint_vision))
    return ClipEncoder(text, letter_tokenizer(shapes.vocabulary), vision)


def _preprocessing(tower: TowerShape) -> ImagePreprocessing:
    return ImagePreprocessing(tower.image_size, CLIP_MEAN, CLIP_STD)


def _freeze(dtype: torch.dtype, *networks: nn.Module) -> None:
    for network in networks:
        if dtype != torch.float32:
            # diffusers' own ``to`` warns that nothing has to stay in float32.
            nn.Module.to(network, dtype)
        network.eval().requires_grad_(False)
