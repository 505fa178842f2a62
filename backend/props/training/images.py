"""Trains an image tower towards locked words (LiT, Zhai et al. 2022): the joint encoder's own, or the judge's.

The judge is a tower of another shape, trained on other pictures disturbed in other ways, held-out pairs among them:
scores from a network that took part in making an object flatter it, and one that never saw a pair cannot judge it.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from .attributes import NO_COLOUR, SHARPNESS, AttributeReaders, attribute_numbers
from .augment import FOR_ENCODER, FOR_JUDGE, disturbed, on_background, shuffled_patches
from .captions import CaptionBank
from .colours import Recolouring, foreign_shapes
from .data import PropPictures, as_images
from .finished import require_finished
from .running.chance import Chance
from .running.run import Budget, TrainingRun
from .running.run_options import RunOptions
from .running.start import start_training
from .word_tower import EMBEDDING_WIDTH, FrozenWords

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
TOWER_SIZE = 64
_NORMAL_SHARE = 0.2
_CLASS_ONLY_SHARE = 0.15
_COLOUR_ONLY_SHARE = 0.15
_READER_WEIGHT = 0.5


@dataclass(frozen=True)
class Options(RunOptions):
    """Train the tower that looks at pictures, or the judge, which only scores."""

    data: Path
    """Folder of rendered pictures, as make_dataset writes it."""
    words: Path
    """Folder of the finished words."""
    run: Path
    """Folder for the tower, and images/ with checkpoint and curve: that of the words, but another for the judge."""
    judge: bool = False
    """Train the judge: a network of another shape, which may see the pairs that are kept from training."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=20.0), kw_only=True)
    batch: int = field(default=96, kw_only=True)
    seed: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class ImageBatch:
    """Captioned pictures, then pictures of which only the class and only the colour is told."""

    images: Float[Tensor, "B 3 S S"]
    targets: Float[Tensor, "P E"]
    shown: Int[Tensor, "B 6"]
    counts: tuple[int, int, int]


def build_image_tower(judge: bool) -> CLIPVisionModelWithProjection:
    """Patch 8 and four layers; the judge sees patches of 16 in three wider layers."""
    shape = (16, 160, 320, 3, 5) if judge else (8, 128, 384, 4, 4)
    patch, width, inner, layers, heads = shape
    config = CLIPVisionConfig(
        image_size=TOWER_SIZE,
        patch_size=patch,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        projection_dim=EMBEDDING_WIDTH,
    )
    return CLIPVisionModelWithProjection(config)


def main(options: Options) -> None:
    """Write `run`/image_encoder and feature_extractor."""
    hardware, run = options.hardware, options.run
    require_finished("words", options.words, "words")
    pictures = PropPictures.load(options.data, hardware.place, allow_holdouts=options.judge)
    chance = start_training(run / "images", options)
    sampler = PictureSampler(pictures, FrozenWords.load(options.words, hardware.place), chance, options.judge)
    readers = hardware.ready(AttributeReaders.load(options.words))
    tower = hardware.ready(build_image_tower(options.judge))
    if not hardware.is_gpu:
        # Fused attention of bfloat16 is twice as slow as the plain one on a CPU, forwards and backwards.
        tower.set_attn_implementation("eager")
    training = TrainingRun(tower, run / "images", options.budget, options.resume, chance)
    fast = hardware.fast(tower)
    for _ in training.steps("judge" if options.judge else "images"):
        drawn = sampler.draw(options.batch)
        with hardware.half_precision():
            embedded = fast(clip_normalised(drawn.images)).image_embeds
        loss, close = image_loss(F.normalize(embedded.float(), dim=1), drawn, readers)
        training.descend(loss, cosine=close)
    training.load_averaged_into(tower)
    tower.cpu().save_pretrained(run / "image_encoder")
    write_preprocessing(run / "feature_extractor")


class PictureSampler:
    """Draws disturbed pictures; normal maps come with captions that name no colour."""

    def __init__(self, pictures: PropPictures, words: FrozenWords, chance: Chance, judge: bool) -> None:
        self._pictures, self._chance = pictures, chance
        self._how = FOR_JUDGE if judge else FOR_ENCODER
        self._captions = CaptionBank.of(pictures.specs, words, seed=1)
        self._shown = torch.tensor([attribute_numbers(spec) for spec in pictures.specs], device=pictures.device)
        self._recolouring = Recolouring(pictures.specs, pictures.device)

    def draw(self, count: int) -> ImageBatch:
        """Three parts: captioned pictures, recoloured ones, and colours without a class's shape."""
        class_only, colour_only = round(_CLASS_ONLY_SHARE * count), round(_COLOUR_ONLY_SHARE * count)
        captioned, targets, shown = self._captioned(count - class_only - colour_only)
        recoloured, classes = self._recoloured(class_only)
        colours, named = self._colours(colour_only)
        return ImageBatch(
            disturbed(torch.cat([captioned, recoloured, colours]), self._chance, self._how),
            targets,
            torch.cat([shown, classes, named]),
            (len(captioned), class_only, colour_only),
        )

    def _captioned(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        objects, views = self._chosen(count)
        is_normal = self._chance.happens(_NORMAL_SHARE, count)
        coloured = on_background(self._rgb(objects, views), self._alpha(objects, views), self._chance, self._how)
        normals = at_tower_size(as_images(self._pictures.normal[objects, views]))
        number = self._chance.integers(1 << 16, count)
        with_colours, of_shape = (self._captions.drawn(objects, telling, number) for telling in ("all", "shape"))
        targets = torch.where(is_normal[:, None], of_shape, with_colours)
        shown = torch.where(is_normal[:, None], self._without_colour(objects), self._shown[objects])
        return torch.where(is_normal[:, None, None, None], normals, coloured), targets, shown

    def _recoloured(self, count: int) -> tuple[Tensor, Tensor]:
        objects, views = self._chosen(count)
        rgb = self._recolouring.of(self._rgb(objects, views), objects, self._chance)
        return on_background(rgb, self._alpha(objects, views), self._chance, self._how), self._shown[objects]

    def _colours(self, count: int) -> tuple[Tensor, Tensor]:
        """Half foreign shapes, half pictures in pieces."""
        objects, views = self._chosen(count)
        shown = self._shown[objects]
        pieces = shuffled_patches(
            on_background(self._rgb(objects, views), self._alpha(objects, views), self._chance, self._how), self._chance
        )
        blobs, alpha = foreign_shapes(shown[:, 1], TOWER_SIZE, self._chance)
        is_blob = self._chance.happens(0.5, count, 1, 1, 1)
        return torch.where(is_blob, on_background(blobs, alpha, self._chance, self._how), pieces), shown

    def _without_colour(self, objects: Int[Tensor, "B"]) -> Int[Tensor, "B 6"]:
        """What a normal map shows: class and proportion."""
        shown = self._shown[objects].clone()
        ordinary = self._shown.new_tensor((NO_COLOUR, NO_COLOUR, 0, 0))
        shown[:, 1:5] = ordinary
        return shown

    def _chosen(self, count: int) -> tuple[Int[Tensor, "B"], Int[Tensor, "B"]]:
        objects = self._chance.integers(self._pictures.object_count, count)
        return objects, self._chance.integers(self._pictures.view_count, count)

    def _rgb(self, objects: Int[Tensor, "B"], views: Int[Tensor, "B"]) -> Float[Tensor, "B 3 S S"]:
        return at_tower_size(as_images(self._pictures.rgb[objects, views]))

    def _alpha(self, objects: Int[Tensor, "B"], views: Int[Tensor, "B"]) -> Float[Tensor, "B 1 S S"]:
        return at_tower_size(self._pictures.alpha[objects, views].float()[:, None] / 255.0)


def image_loss(
    unit: Float[Tensor, "B E"], batch: ImageBatch, readers: AttributeReaders
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Captioned pictures: find the caption, lie close to it, show what they show; the others: class or colour alone.

    The second number is the mean cosine to the captions.
    """
    captioned, recoloured, colours = unit.split(batch.counts)
    shown, classes, named = batch.shown.split(batch.counts)
    close = (captioned * batch.targets).sum(dim=1).mean()
    read = readers.loss(captioned, shown)
    if len(recoloured):
        read = read + readers.loss(recoloured, classes, ("class",))
    if len(colours):
        read = read + readers.loss(colours, named, ("colour",))
    return matching_loss(captioned, batch.targets) + 2.0 * (1.0 - close) + _READER_WEIGHT * read, close.detach()


def matching_loss(embedded: Float[Tensor, "B E"], texts: Float[Tensor, "B E"]) -> Float[Tensor, ""]:
    """Contrastive loss over the batch; captions that mean the same (cosine above .99) are all right answers."""
    same = (texts @ texts.T > 0.99).float()
    wanted = same / same.sum(dim=1, keepdim=True)
    return F.cross_entropy(SHARPNESS * embedded @ texts.T, wanted)


def clip_normalised(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    """CLIP's own preprocessing of images in [0, 1] that already have the tower's size."""
    return (images - images.new_tensor(CLIP_MEAN)[:, None, None]) / images.new_tensor(CLIP_STD)[:, None, None]


def at_tower_size(images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C S S"]:
    """The towers always see 64 pixels; pictures of 128 are averaged down."""
    return images if images.shape[-1] == TOWER_SIZE else F.adaptive_avg_pool2d(images, TOWER_SIZE)


def write_preprocessing(folder: Path) -> None:
    """The hub's preprocessor_config.json for clip_normalised at 64 px."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": TOWER_SIZE},
        "crop_size": {"height": TOWER_SIZE, "width": TOWER_SIZE},
        "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD,
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(config, indent=1) + "\n")
