"""What the 2D prior draws when it is asked by words, by a picture or by a sound, named by the independent judge."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ....models.clip import ClipEncoder
from ....models.protocols import Condition
from ....models.stable_unclip import StableUnclipPrior
from ...build import build
from ...captions import prompt
from ...holdout import is_held_out
from ...render import render
from ...sounds import SAMPLE_RATE, SOUNDING_CLASSES
from ...sounds.held_out import synthesise_held_out
from ...spec import canonical
from ..data import PropPictures, as_images
from .figures import Figure, Scores, figures
from .novel_views import chosen_objects
from .retrieval import PAIRS, pair_embeddings
from .samples import Views, ring, sample, save_image
from .speckle import speckle

_SIDES = 4
_ELEVATION, _FIRST_AZIMUTH = math.radians(15.0), 0.4
_GUIDANCE_SCALE = 3.0
_STEPS = 20
_SHEET_ROWS = 8
_LEVELS = 255.0
_UNSEEN = 0.1


@dataclass(frozen=True)
class PromptedPrior:
    """The 2D prior with the encoder that reads its prompts, and the judge that names what it draws."""

    prior: StableUnclipPrior
    encoder: ClipEncoder
    judge: ClipEncoder

    @property
    def views(self) -> Views:
        """Four sides at 15 degrees of elevation."""
        return ring(_SIDES, _ELEVATION, _FIRST_AZIMUTH, self.encoder.text_tower.device)

    def drawn(self, embedding: Float[Tensor, "1 E"], seed: int) -> Float[Tensor, "B 3 H W"]:
        """The four sides of what an embedding asks for."""
        return sample(self.prior, self.prior.prepare(Condition(embedding)), self.views, _GUIDANCE_SCALE, seed, _STEPS)

    def named(self, images: Float[Tensor, "B 3 H W"], texts: Float[Tensor, "P E"]) -> list[tuple[str, str]]:
        """The pair of the nearest plain prompt for each picture."""
        return [PAIRS[number] for number in (self.judge.embed_image(images) @ texts.T).argmax(dim=1).tolist()]


def samples_by_words(prompted: PromptedPrior, pairs: int, seed: int) -> Scores:
    """R@1 of samples asked for by plain prompts, seen and held-out pairs apart, and the class alone; and their speckle.

    speckle: of samples and of true pictures of the same props after the autoencoder, in levels of 255, and ratio, the
    first over the second: 1 is as clean as a decoded truth.
    """
    texts = pair_embeddings(prompted.judge)
    values: dict[str, list[float]] = defaultdict(list)
    grains: dict[str, list[float]] = {"samples": [], "decoded_truth": []}
    for pair in drawn_pairs(pairs, seed):
        images = prompted.drawn(prompted.encoder.embed_text([prompt(*pair)]), seed + PAIRS.index(pair))
        _count(values, prompted.named(images, texts), pair, is_held_out(*pair))
        truth = _true_sides(pair, prompted.views, prompted.prior.image_size)
        decoded = prompted.prior.decode(prompted.prior.encode(truth.to(images.device)))
        grains["samples"].append(_LEVELS * float(speckle(images).mean()))
        grains["decoded_truth"].append(_LEVELS * float(speckle(decoded).mean()))
    return {**figures(values), "speckle": {**figures(grains), "ratio": speckle_ratio(*grains.values())}}


def speckle_ratio(samples: Sequence[float], truths: Sequence[float]) -> Figure:
    """The geometric mean over pairs, in which no prop with much grain of its own drowns the others."""
    pairs = zip(samples, truths, strict=True)
    logarithms = Figure.of([math.log(max(sample, _UNSEEN) / max(truth, _UNSEEN)) for sample, truth in pairs])
    mean, low, high = (round(math.exp(each), 2) for each in (logarithms.mean, logarithms.low, logarithms.high))
    return Figure(mean, low, high, logarithms.count)


def samples_by_pictures(
    prompted: PromptedPrior, pictures: PropPictures, objects: int, folder: Path, seed: int
) -> Scores:
    """R@1 of samples asked for by one picture of an unseen object, whose other sides they show.

    true_pictures: R@1 of the judge on the pictures that asked, more than which samples can hardly reach.
    Saves by_picture.png: what was asked with, then four sides.
    """
    texts = pair_embeddings(prompted.judge)
    values: dict[str, list[float]] = defaultdict(list)
    rows: list[Tensor] = []
    for number in (each for group in chosen_objects(pictures, objects).values() for each in group):
        spec = pictures.specs[number]
        asked = as_images(pictures.rgb[number, 1:2])
        images = prompted.drawn(prompted.encoder.embed_image(asked), seed + number)
        pair = (spec.prop_class, spec.colour)
        _count(values, prompted.named(images, texts), pair, spec.is_held_out)
        values["true_pictures"].append(float(prompted.named(asked, texts) == [pair]))
        if len(rows) < _SHEET_ROWS:
            rows.append(torch.cat([asked[0], *images], dim=2))
    save_image(torch.cat(rows, dim=1), folder / "by_picture.png")
    return figures(values)


def samples_by_sounds(prompted: PromptedPrior, sounds: int, folder: Path, seed: int) -> Scores:
    """Share of samples asked for by held-out sounds whose class the judge names; a sound says nothing of a colour.

    classes: each by its name. Saves by_sound.png: four sides of the first of each class, in the order of the classes.
    """
    texts = pair_embeddings(prompted.judge)
    rng = np.random.default_rng(seed)
    right: dict[str, list[float]] = {name: [] for name in SOUNDING_CLASSES}
    rows: list[Tensor] = []
    for number, name in enumerate(SOUNDING_CLASSES):
        for turn in range(sounds):
            waveform = torch.from_numpy(synthesise_held_out(name, rng))
            embedding = prompted.encoder.embed_audio(waveform, SAMPLE_RATE)
            images = prompted.drawn(embedding, seed + sounds * number + turn)
            right[name].append(_share([found == name for found, _ in prompted.named(images, texts)]))
            if turn == 0:
                rows.append(torch.cat(list(images), dim=2))
    save_image(torch.cat(rows, dim=1), folder / "by_sound.png")
    return {
        "class": Figure.of([each for values in right.values() for each in values]),
        "classes": {name: round(_share(values), 3) for name, values in right.items()},
    }


def drawn_pairs(count: int, seed: int) -> list[tuple[str, str]]:
    """Different pairs by lot, half of them held out."""
    order = np.random.default_rng(seed).permutation(len(PAIRS)).tolist()
    seen = [PAIRS[number] for number in order if not is_held_out(*PAIRS[number])]
    held_out = [PAIRS[number] for number in order if is_held_out(*PAIRS[number])]
    return seen[: count - count // 2] + held_out[: count // 2]


def _count(
    values: dict[str, list[float]], named: list[tuple[str, str]], pair: tuple[str, str], kept_back: bool
) -> None:
    values["held_out" if kept_back else "seen"].append(_share([found == pair for found in named]))
    values["class"].append(_share([found[0] == pair[0] for found in named]))


def _true_sides(pair: tuple[str, str], views: Views, size: int) -> Float[Tensor, "B 3 H W"]:
    prop = build(canonical(*pair))
    angles = zip(views.elevation.tolist(), views.azimuth.tolist(), strict=True)
    return as_images(np.stack([render(prop, *angle, size).rgb for angle in angles]))


def _share(right: Sequence[float]) -> float:
    return sum(right) / len(right)
