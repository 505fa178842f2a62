"""Trains the joint encoder of the built-in models: words first, then an image tower towards the locked words (LiT).

`--judge` trains a second image tower of another shape towards the same words, for evaluation only: scores from a
network that took part in making an object flatter it.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import (
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    PreTrainedTokenizerFast,
)

from .captions import closed_vocabulary, sample_caption
from .palette import COLOURS
from .spec import CLASSES, PROPORTIONS, PropSpec, sample_spec
from .training_augment import disturbed, on_background
from .training_data import PropPictures, as_images
from .training_run import Budget, TrainingRun
from .training_words import (
    EMBEDDING_WIDTH,
    build_text_tower,
    build_tokenizer,
    embed_words,
    token_ids,
    with_unknown_words,
)

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
_NORMAL_SHARE = 0.2
_RECOLOURED_SHARE = 0.25
_SHARPNESS = 20.0
_ATTRIBUTE_SIZES = (len(CLASSES), len(COLOURS) + 1, 2, len(PROPORTIONS))


@dataclass(frozen=True)
class Options:
    """Command line of the joint encoder's training."""

    data: Path
    run: Path
    """Folder for checkpoints, curves and the finished text_encoder/, tokenizer/, image_encoder/, feature_extractor/."""
    words: Path | None = None
    """A finished run to take text_encoder/ and tokenizer/ from, instead of training them."""
    judge: bool = False
    word_steps: int = 600
    budget: Budget = field(default_factory=lambda: Budget(minutes=10.0))
    resume: bool = False
    seed: int = 0


def main(options: Options) -> None:
    """Train and save the towers."""
    torch.manual_seed(options.seed)
    if options.words is None:
        train_words(options)
    words = options.words or options.run
    tokenizer = PreTrainedTokenizerFast.from_pretrained(words / "tokenizer")
    text_tower = CLIPTextModelWithProjection.from_pretrained(words / "text_encoder").eval().requires_grad_(False)
    train_images(options, text_tower, tokenizer)


class WordLearner(nn.Module):
    """A text tower under four linear readers: class, colour or none, striped, proportion."""

    def __init__(self, tower: CLIPTextModelWithProjection) -> None:
        super().__init__()
        self.tower = tower
        self.readers = nn.ModuleList(nn.Linear(EMBEDDING_WIDTH, size, bias=False) for size in _ATTRIBUTE_SIZES)

    def loss(self, ids: Int[Tensor, "B T"], attributes: Int[Tensor, "B 4"]) -> Float[Tensor, ""]:
        """Cross-entropy of all four, read by cosine so that each attribute gets its own direction on the sphere."""
        unit = F.normalize(self.tower(ids).text_embeds, dim=1)
        total = unit.new_zeros(())
        for reader, weight, wanted in zip(self.readers, (1.0, 1.0, 0.3, 0.3), attributes.T, strict=True):
            logits = _SHARPNESS * unit @ F.normalize(reader.get_parameter("weight"), dim=1).T
            total = total + weight * F.cross_entropy(logits, wanted)
        return total


def train_words(options: Options) -> None:
    """Teach the text tower which attributes a sentence states; the pictures are not needed."""
    rng = np.random.default_rng(options.seed)
    tokenizer = build_tokenizer(closed_vocabulary())
    learner = WordLearner(build_text_tower(tokenizer))
    run = TrainingRun(learner, options.run / "words", Budget(steps=options.word_steps), options.resume)
    for _ in run.steps("words"):
        captions, attributes = draw_sentences(rng, 256)
        ids = with_unknown_words(token_ids(tokenizer, captions), tokenizer, 0.3)
        run.descend(learner.loss(ids, attributes))
    run.load_averaged_into(learner)
    learner.tower.save_pretrained(options.run / "text_encoder")
    tokenizer.save_pretrained(options.run / "tokenizer")


def draw_sentences(rng: np.random.Generator, count: int) -> tuple[list[str], Int[Tensor, "B 4"]]:
    """True sentences about random props, held-out pairs among them (words, not pictures), and what each one states."""
    captions, attributes = [], []
    for _ in range(count):
        spec = sample_spec(rng, with_holdouts=True)
        has_colour = rng.random() < 0.8
        captions.append(sample_caption(spec, rng, with_colour=has_colour))
        attributes.append(stated_attributes(spec, captions[-1], has_colour))
    return captions, torch.tensor(attributes)


def stated_attributes(spec: PropSpec, caption: str, has_colour: bool) -> tuple[int, int, int, int]:
    """Class, colour (the last number: none), striped, proportion, as far as the sentence says them."""
    colour = list(COLOURS).index(spec.colour) if has_colour else len(COLOURS)
    words = caption.split()
    striped = int("striped" in words or "stripes" in words)
    proportion = PROPORTIONS.index(spec.proportion) if spec.proportion in words else 0
    return CLASSES.index(spec.prop_class), colour, striped, proportion


def build_image_tower(judge: bool) -> CLIPVisionModelWithProjection:
    """Patch 8 and four layers; the judge sees patches of 16 in three wider layers."""
    shape = (16, 160, 320, 3, 5) if judge else (8, 128, 384, 4, 4)
    patch, width, inner, layers, heads = shape
    config = CLIPVisionConfig(
        image_size=64,
        patch_size=patch,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        projection_dim=EMBEDDING_WIDTH,
    )
    return CLIPVisionModelWithProjection(config)


def train_images(options: Options, text_tower: CLIPTextModelWithProjection, tokenizer: PreTrainedTokenizerFast) -> None:
    """Locked-text training: each picture finds its caption among the batch's, and lies close to it."""
    torch.manual_seed(options.seed + 1)
    pictures = PropPictures.load(options.data)
    sampler = PictureSampler(pictures, options.seed + 2)
    tower = build_image_tower(options.judge)
    # Fused attention of bfloat16 is twice as slow as the plain one on a CPU, forwards and backwards.
    tower.set_attn_implementation("eager")
    run = TrainingRun(tower, options.run / "images", options.budget, options.resume)
    for _ in run.steps("judge" if options.judge else "images"):
        images, captions = sampler.draw(96)
        targets = embed_words(text_tower, tokenizer, captions)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            embedded = tower(clip_normalised(images)).image_embeds
        unit = F.normalize(embedded.float(), dim=1)
        close = (unit * targets).sum(dim=1).mean()
        run.descend(matching_loss(unit, targets) + 2.0 * (1.0 - close), cosine=float(close.detach()))
    run.load_averaged_into(tower)
    tower.save_pretrained(options.run / "image_encoder")
    write_preprocessing(options.run / "feature_extractor")


class PictureSampler:
    """Draws disturbed pictures with their captions; normal maps come with captions that name no colour."""

    def __init__(self, pictures: PropPictures, seed: int) -> None:
        self._pictures = pictures
        self._numpy_rng = np.random.default_rng(seed)
        self._torch_rng = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> tuple[Float[Tensor, "B 3 H W"], list[str]]:
        rng, pictures = self._numpy_rng, self._pictures
        objects = rng.integers(pictures.object_count, size=count)
        views = rng.integers(pictures.view_count, size=count)
        is_normal = rng.random(count) < _NORMAL_SHARE
        alpha = torch.from_numpy(pictures.alpha[objects, views]).float()[:, None] / 255.0
        rgb, is_recoloured = self._recoloured(as_images(pictures.rgb[objects, views]))
        coloured = on_background(rgb, alpha, self._torch_rng)
        normals = as_images(pictures.normal[objects, views])
        images = torch.where(torch.from_numpy(is_normal)[:, None, None, None], normals, coloured)
        captions = [
            sample_caption(pictures.specs[number], rng, with_colour=not colourless)
            for number, colourless in zip(objects, is_normal | is_recoloured, strict=True)
        ]
        return disturbed(images, self._torch_rng), captions

    def _recoloured(self, rgb: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B 3 H W"], np.ndarray]:
        """Swap the colour channels of some pictures, and say of which: a class must not be known by its colours."""
        changed = self._numpy_rng.random(len(rgb)) < _RECOLOURED_SHARE
        orders = torch.from_numpy(self._numpy_rng.permuted(np.tile(np.arange(3), (len(rgb), 1)), axis=1))
        orders[~torch.from_numpy(changed)] = torch.arange(3)
        return rgb.gather(1, orders[:, :, None, None].expand_as(rgb)), changed


def matching_loss(images: Float[Tensor, "B E"], texts: Float[Tensor, "B E"]) -> Float[Tensor, ""]:
    """Contrastive loss over the batch; captions that mean the same (cosine above .99) are all right answers."""
    same = (texts @ texts.T > 0.99).float()
    wanted = same / same.sum(dim=1, keepdim=True)
    return F.cross_entropy(_SHARPNESS * images @ texts.T, wanted)


def clip_normalised(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    """CLIP's own preprocessing of images in [0, 1] that already have the tower's size."""
    return (images - images.new_tensor(CLIP_MEAN)[:, None, None]) / images.new_tensor(CLIP_STD)[:, None, None]


def write_preprocessing(folder: Path) -> None:
    """The hub's preprocessor_config.json for clip_normalised at 64 px."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": 64},
        "crop_size": {"height": 64, "width": 64},
        "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD,
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(config, indent=1) + "\n")
