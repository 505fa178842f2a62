"""Scores an export on objects and sounds that training never met, and draws its contact sheets.

`python -m any_to_3d.backend.props.training_scores --models FOLDER --data TEST_SET --out FOLDER` writes scores.json.
It goes through the model loaders, so that an export is tested with what it holds.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import tyro

from ..models.clip import ClipEncoder
from ..models.load import load_clip, load_stable_unclip, load_zero123
from ..models.stable_unclip import StableUnclipPrior
from .captions import colour_free_prompt, prompt
from .palette import COLOURS
from .sounds import SAMPLE_RATE, SOUNDING_CLASSES
from .sounds.held_out import synthesise_held_out
from .spec import CLASSES
from .training_data import PropPictures, as_images
from .training_hardware import Hardware
from .training_samples import mean_psnr, novel_view_figures, pose_effect, sample_retrieval, save_sheets

_POSED_CLASSES = ("chair", "car", "house")


@dataclass(frozen=True)
class Options:
    """Command line of the scores."""

    models: Path
    data: Path
    """A rendered set of objects that training never saw, held-out pairs among them."""
    out: Path
    """Gets scores.json, rgb.png, normal.png and novel_views.png."""
    hardware: Hardware = field(default_factory=Hardware)
    pairs: int = 64
    """How many class and colour pairs the 2D prior is asked for."""
    objects: int = 48
    """How many test objects are turned by the 3D-aware prior."""
    sounds: int = 12
    """How many held-out sounds of each class are heard."""
    seed: int = 0


@torch.no_grad()
def main(options: Options) -> None:
    """Measure, save the sheets and write the figures."""
    options.hardware.settle()
    options.out.mkdir(parents=True, exist_ok=True)
    device = options.hardware.place
    pictures = PropPictures.load(options.data, device)
    encoder, judge = (load_clip(options.models / name, device) for name in ("clip", "judge"))
    prior = load_stable_unclip(options.models / "stable_unclip", device)
    novel = load_zero123(options.models / "zero123", device)
    save_sheets(prior, encoder, options.out, options.seed)
    figures = {
        "autoencoder_psnr": autoencoder_psnr(prior, pictures),
        "clip": tower_figures(encoder, pictures),
        "judge": tower_figures(judge, pictures),
        "heard": heard_figures(encoder, options.sounds, options.seed),
        "pose_effect": {name: pose_effect(prior, encoder, name) for name in _POSED_CLASSES},
        "samples": sample_retrieval(prior, encoder, judge, options.pairs, options.seed),
        "novel_views": novel_view_figures(novel, pictures, options.objects, options.out, options.seed),
    }
    (options.out / "scores.json").write_text(json.dumps(figures, indent=1) + "\n")


def autoencoder_psnr(prior: StableUnclipPrior, pictures: PropPictures) -> dict[str, float]:
    """dB of decoded front views, colours and normals."""
    figures = {}
    for name, pixels in (("rgb", pictures.rgb), ("normal", pictures.normal)):
        images = as_images(pixels[:64, 0])
        figures[name] = round(mean_psnr(prior.decode(prior.encode(images)), images), 2)
    return figures


def tower_figures(tower: ClipEncoder, pictures: PropPictures, views: int = 3) -> dict[str, float]:
    """Share of clean pictures whose plain prompt is the nearest of all pairs' and, for normal maps, of all classes'.

    seen, held_out: by whether training may show the prop.   class, colour: of the same nearest prompts.
    """
    pairs = [(prop_class, colour) for prop_class in CLASSES for colour in COLOURS]
    texts = tower.embed_text([prompt(*pair) for pair in pairs])
    classes = tower.embed_text([colour_free_prompt(name) for name in CLASSES])
    hits: dict[str, list[bool]] = {"seen": [], "held_out": [], "class": [], "colour": [], "normal_class": []}
    for number, spec in enumerate(pictures.specs):
        found = (tower.embed_image(as_images(pictures.rgb[number, :views])) @ texts.T).argmax(dim=1).tolist()
        shapes = (tower.embed_image(as_images(pictures.normal[number, :views])) @ classes.T).argmax(dim=1).tolist()
        right = [pairs[index] == (spec.prop_class, spec.colour) for index in found]
        hits["held_out" if spec.is_held_out else "seen"] += right
        hits["class"] += [pairs[index][0] == spec.prop_class for index in found]
        hits["colour"] += [pairs[index][1] == spec.colour for index in found]
        hits["normal_class"] += [CLASSES[index] == spec.prop_class for index in shapes]
    return {name: round(sum(values) / max(1, len(values)), 3) for name, values in hits.items()}


def heard_figures(encoder: ClipEncoder, count: int, seed: int) -> dict[str, float]:
    """Share of held-out sounds, made by other methods than training's, whose class has the nearest plain prompt.

    top1: of the classes that sound; top1_of_all: of every class.   Then each class by its name, of those that sound.
    """
    texts = encoder.embed_text([colour_free_prompt(name) for name in CLASSES])
    rows = torch.tensor([CLASSES.index(name) for name in SOUNDING_CLASSES], device=texts.device)
    rng = np.random.default_rng(seed)
    figures: dict[str, float] = {}
    of_all = 0
    for number, name in enumerate(SOUNDING_CLASSES):
        right = 0
        for _ in range(count):
            waveform = torch.from_numpy(synthesise_held_out(name, rng))
            similar = (encoder.embed_audio(waveform, SAMPLE_RATE) @ texts.T)[0]
            right += int(similar[rows].argmax()) == number
            of_all += int(similar.argmax()) == int(rows[number])
        figures[name] = round(right / count, 3)
    top1 = sum(figures.values()) / len(SOUNDING_CLASSES)
    return {"top1": round(top1, 3), "top1_of_all": round(of_all / (count * len(SOUNDING_CLASSES)), 3), **figures}


if __name__ == "__main__":
    main(tyro.cli(Options, config=(tyro.conf.OmitArgPrefixes,)))
