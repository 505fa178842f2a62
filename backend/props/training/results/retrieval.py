"""How well the towers name what training never showed them: pictures, sounds, and sentences of other templates."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ....models.clip import ClipEncoder
from ...captions import Caption, Facts, colour_free_prompt, prompt, sample_statement
from ...palette import COLOURS
from ...sounds import SAMPLE_RATE, SOUNDING_CLASSES
from ...sounds.held_out import synthesise_held_out
from ...spec import CLASSES, PropSpec
from ..data import PropPictures, as_images
from .figures import Figure, Scores, figures

PAIRS = tuple((prop_class, colour) for prop_class in CLASSES for colour in COLOURS)
"""Every class in every colour, row by row: a prompt of each is what pictures are named from."""

_CHUNK = 256


def pair_embeddings(tower: ClipEncoder) -> Float[Tensor, "P E"]:
    """Of the plain prompts of PAIRS."""
    return tower.embed_text([prompt(*pair) for pair in PAIRS])


def named_picture_scores(tower: ClipEncoder, pictures: PropPictures, views: int = 3) -> Scores:
    """Share of clean pictures whose plain prompt is the nearest of all pairs' and, for normal maps, of all classes'.

    seen, held_out: by whether training may show the prop.   class, colour: of the same nearest prompts.
    """
    texts = pair_embeddings(tower)
    classes = tower.embed_text([colour_free_prompt(name) for name in CLASSES])
    values: dict[str, list[float]] = defaultdict(list)
    for number, spec in enumerate(pictures.specs):
        found = (tower.embed_image(as_images(pictures.rgb[number, :views])) @ texts.T).argmax(dim=1).tolist()
        shapes = (tower.embed_image(as_images(pictures.normal[number, :views])) @ classes.T).argmax(dim=1).tolist()
        right = [PAIRS[index] == (spec.prop_class, spec.colour) for index in found]
        values["held_out" if spec.is_held_out else "seen"].append(_share(right))
        values["class"].append(_share([PAIRS[index][0] == spec.prop_class for index in found]))
        values["colour"].append(_share([PAIRS[index][1] == spec.colour for index in found]))
        values["normal_class"].append(_share([CLASSES[index] == spec.prop_class for index in shapes]))
    return figures(values)


def template_scores(tower: ClipEncoder, pictures: PropPictures, seed: int) -> Scores:
    """R@1 between one sentence and one picture of each object, for sentence templates of training and held-out ones.

    picture_of_caption: share of sentences that are true of the nearest picture.   caption_of_picture: share of pictures
    of which the nearest sentence is true. Each for seen and for held-out objects.   chance: of a picture by lot.
    """
    images = _embedded_views(tower, pictures, view=1)
    groups: dict[str, Scores] = {}
    for name, from_holdouts in (("usual", False), ("held_out_templates", True)):
        rng = np.random.default_rng(seed)
        captions = [sample_statement(spec, rng, from_holdouts=from_holdouts) for spec in pictures.specs]
        true = truth_table(captions, pictures.specs).to(images.device)
        similar = tower.embed_text([caption.text for caption in captions]) @ images.T
        groups[name] = caption_scores(similar, true, [spec.is_held_out for spec in pictures.specs])
    return groups


def caption_scores(similar: Float[Tensor, "C P"], true: Bool[Tensor, "C P"], held_out: Sequence[bool]) -> Scores:
    """The figures of template_scores from similarities and truths; caption and picture n are of the same object."""
    rows = torch.arange(len(similar), device=similar.device)
    values: dict[str, list[float]] = defaultdict(list)
    for name, right in (
        ("picture_of_caption", true[rows, similar.argmax(dim=1)]),
        ("caption_of_picture", true[similar.argmax(dim=0), rows]),
    ):
        for is_right, kept_back in zip(right.tolist(), held_out, strict=True):
            values[f"{name}_{'held_out' if kept_back else 'seen'}"].append(is_right)
    return {**figures(values), "chance": round(float(true.float().mean()), 4)}


def truth_table(captions: Sequence[Caption], specs: Sequence[PropSpec]) -> Bool[Tensor, "C P"]:
    """Which sentence is true of which prop."""
    return torch.tensor([[is_true_of(caption.facts, spec) for spec in specs] for caption in captions])


def is_true_of(facts: Facts, spec: PropSpec) -> bool:
    """Whether a prop is all that a sentence says; what it leaves open may be anything."""
    stated = (
        (facts.prop_class, spec.prop_class),
        (facts.colour, spec.colour),
        (facts.second_colour, spec.second_colour),
        (facts.material, spec.material),
        (facts.pattern, spec.pattern),
        (facts.proportion, spec.proportion),
    )
    return all(said is None or said == shown for said, shown in stated)


def heard_scores(encoder: ClipEncoder, count: int, seed: int) -> Scores:
    """Share of held-out sounds, made by other methods than training's, whose class has the nearest plain prompt.

    top1: of the classes that sound; top1_of_all: of every class.   classes: each by its name, of those that sound.
    """
    texts = encoder.embed_text([colour_free_prompt(name) for name in CLASSES])
    rows = torch.tensor([CLASSES.index(name) for name in SOUNDING_CLASSES], device=texts.device)
    rng = np.random.default_rng(seed)
    right: dict[str, list[float]] = {name: [] for name in SOUNDING_CLASSES}
    right_of_all = []
    for number, name in enumerate(SOUNDING_CLASSES):
        for _ in range(count):
            waveform = torch.from_numpy(synthesise_held_out(name, rng))
            similar = (encoder.embed_audio(waveform, SAMPLE_RATE) @ texts.T)[0]
            right[name].append(int(similar[rows].argmax()) == number)
            right_of_all.append(int(similar.argmax()) == int(rows[number]))
    return {
        "top1": Figure.of([each for values in right.values() for each in values]),
        "top1_of_all": Figure.of(right_of_all),
        "classes": {name: round(_share(values), 3) for name, values in right.items()},
    }


def _embedded_views(tower: ClipEncoder, pictures: PropPictures, view: int) -> Float[Tensor, "N E"]:
    return torch.cat([tower.embed_image(as_images(some)) for some in pictures.rgb[:, view].split(_CHUNK)])


def _share(right: Sequence[float]) -> float:
    return sum(right) / len(right)
