"""Scores an export on objects and sounds that training never met, and draws its contact sheets.

`python -m any_to_3d.backend.props.training.results.scores --models FOLDER --data TEST_SET --out FOLDER` writes
scores.json. It goes through the model loaders, so that an export is tested with what it holds.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
import tyro

from ....models.load import load_clip, load_stable_unclip, load_zero123
from ....models.stable_unclip import StableUnclipPrior
from ..data import PropPictures, as_images
from ..running.hardware import Hardware
from ..running.user_errors import told_in_a_sentence
from .figures import Figure, Scores, figures
from .novel_views import novel_view_scores
from .prompted_samples import PromptedPrior, samples_by_pictures, samples_by_sounds, samples_by_words
from .retrieval import heard_scores, named_picture_scores, template_scores
from .samples import pose_effect, psnr, save_sheets

_POSED_CLASSES = ("chair", "car", "house")


@dataclass(frozen=True)
class Options:
    """Command line of the scores."""

    models: Path
    data: Path
    """A rendered set of objects that training never saw, held-out pairs among them."""
    out: Path
    """Gets scores.json, and rgb.png, normal.png, by_picture.png, by_sound.png and novel_views.png to look at."""
    hardware: Hardware = field(default_factory=Hardware)
    pairs: int = 64
    """How many class and colour pairs the 2D prior is asked for by words, and how many objects by a picture."""
    objects: int = 48
    """How many test objects are turned by the 3D-aware prior."""
    sounds: int = 12
    """How many held-out sounds of each class are heard."""
    sounding: int = 2
    """How many held-out sounds of each class the 2D prior is asked for."""
    seed: int = 0


@torch.no_grad()
def main(options: Options) -> None:
    """Measure, save the sheets and write the figures."""
    options.hardware.settle()
    options.out.mkdir(parents=True, exist_ok=True)
    device, seed = options.hardware.place, options.seed
    pictures = PropPictures.load(options.data, device, allow_holdouts=True)
    encoder, judge = (load_clip(options.models / name, device) for name in ("clip", "judge"))
    prior = load_stable_unclip(options.models / "stable_unclip", device)
    prompted = PromptedPrior(prior, encoder, judge)
    save_sheets(prior, encoder, options.out, seed)
    scores: Scores = {
        "autoencoder_psnr": autoencoder_scores(prior, pictures),
        "clip": named_picture_scores(encoder, pictures),
        "clip_captions": template_scores(encoder, pictures, seed),
        "judge": named_picture_scores(judge, pictures),
        "heard": heard_scores(encoder, options.sounds, seed),
        "pose_effect": {name: pose_effect(prior, encoder, name) for name in _POSED_CLASSES},
        "samples_by_words": samples_by_words(prompted, options.pairs, seed),
        "samples_by_pictures": samples_by_pictures(prompted, pictures, options.pairs, options.out, seed),
        "samples_by_sounds": samples_by_sounds(prompted, options.sounding, options.out, seed),
        "novel_views": novel_view_scores(
            load_zero123(options.models / "zero123", device), pictures, options.objects, options.out, seed
        ),
    }
    (options.out / "scores.json").write_text(json.dumps(scores, indent=1, default=_as_fields) + "\n")


def autoencoder_scores(prior: StableUnclipPrior, pictures: PropPictures, objects: int = 64) -> Scores:
    """dB of decoded pictures of unseen objects, colours and normals, three views of each."""
    values: dict[str, list[float]] = defaultdict(list)
    for name, pixels in (("rgb", pictures.rgb), ("normal", pictures.normal)):
        for some in pixels[:objects, :3]:
            images = as_images(some)
            values[name].append(float(psnr(prior.decode(prior.encode(images)), images).mean()))
    return figures(values)


def _as_fields(figure: Figure) -> dict[str, float]:
    return asdict(figure)


if __name__ == "__main__":
    with told_in_a_sentence("scores"):
        main(tyro.cli(Options, config=(tyro.conf.OmitArgPrefixes,)))
