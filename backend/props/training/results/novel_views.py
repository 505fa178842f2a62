"""How well the 3D-aware prior turns objects that training never met: PSNR against the truth, and left against right."""

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ....models.protocols import Condition
from ....models.zero123 import Zero123Prior
from ...build import build
from ...render import render
from ..data import PropPictures, as_images
from .figures import Scores, figures
from .samples import Views, psnr, sample, save_image

TURNS_DEGREES = (30, 60, 90, 120)
"""Each is made to the left and to the right."""

DIFFERENCE_DB = 3.0
"""Two truths differ where one is this much further from the other than from its own decoded latents."""

_GUIDANCE_SCALE = 2.0
_STEPS = 15
_FREE_VIEWS = 4
_SHEET_ROWS = 12


@dataclass(frozen=True)
class TurnedObject:
    """What the prior made of one object's reference view.

    free, free_truth: the data set's own random views.   turned, turned_truth: the same elevation as the reference,
    TURNS_DEGREES to one side, then the same to the other.   decoded_truth: turned_truth through the autoencoder.
    """

    reference: Float[Tensor, "1 3 H W"]
    free: Float[Tensor, "F 3 H W"]
    free_truth: Float[Tensor, "F 3 H W"]
    turned: Float[Tensor, "T 3 H W"]
    turned_truth: Float[Tensor, "T 3 H W"]
    decoded_truth: Float[Tensor, "T 3 H W"]


def novel_view_scores(prior: Zero123Prior, pictures: PropPictures, objects: int, folder: Path, seed: int) -> Scores:
    """Seen and held-out objects apart, at most `objects` together; saves novel_views.png.

    predicted, copied: dB of a prediction, and of the reference itself, against the truth at random views.
    right_way, wrong_way: dB of a prediction turned by d against the truth at d, and at -d, where the two differ.
    left_right: share of those that are nearer to the truth at d; 0.5 is chance. Then the same for each d.
    """
    groups: dict[str, Scores] = {}
    rows: list[Tensor] = []
    for name, chosen in chosen_objects(pictures, objects).items():
        values: dict[str, list[float]] = defaultdict(list)
        for number in chosen:
            turned = turned_object(prior, pictures, number, seed + number)
            for key, value in object_scores(turned).items():
                values[key].append(value)
            if len(rows) < _SHEET_ROWS:
                pairs = [half for pair in zip(turned.free, turned.free_truth, strict=True) for half in pair]
                rows.append(torch.cat([turned.reference[0], *pairs], dim=2))
        groups[name] = figures(values)
    if rows:
        save_image(torch.cat(rows, dim=1), folder / "novel_views.png")
    return groups


def chosen_objects(pictures: PropPictures, count: int) -> dict[str, list[int]]:
    """The first objects of a test set, half of them held out where there are enough."""
    half, numbers = count // 2, range(pictures.object_count)
    return {
        "seen": [number for number in numbers if not pictures.specs[number].is_held_out][: count - half],
        "held_out": [number for number in numbers if pictures.specs[number].is_held_out][:half],
    }


def turned_object(prior: Zero123Prior, pictures: PropPictures, number: int, seed: int) -> TurnedObject:
    """Render the truth at the exact turns and let the prior draw all views from view 0."""
    elevation, azimuth = pictures.elevation[number], pictures.azimuth[number]
    turns = torch.tensor([*TURNS_DEGREES, *(-turn for turn in TURNS_DEGREES)], device=pictures.device).deg2rad()
    turned_at = Views(elevation[:1].expand(len(turns)), azimuth[0] + turns)
    shown = slice(1, 1 + _FREE_VIEWS)
    reference = as_images(pictures.rgb[number, :1])
    condition = prior.prepare(
        Condition(
            torch.zeros(1, 1, device=pictures.device),
            reference_image=reference,
            reference_mask=torch.ones_like(reference[:, :1]),
            reference_view=Views(elevation[:1], azimuth[:1]),
        )
    )
    everywhere = Views(
        torch.cat([elevation[shown], turned_at.elevation]), torch.cat([azimuth[shown], turned_at.azimuth])
    )
    drawn = sample(prior, condition, everywhere, _GUIDANCE_SCALE, seed, _STEPS)
    truth = _rendered(pictures, number, turned_at)
    free_truth = as_images(pictures.rgb[number, shown])
    free, turned = drawn.split((len(free_truth), len(turns)))
    return TurnedObject(reference, free, free_truth, turned, truth, prior.decode(prior.encode(truth)))


def object_scores(views: TurnedObject) -> dict[str, float]:
    """One object's means by the names of novel_view_scores; what concerns the sides is left out where none differ."""
    scores = {
        "predicted": float(psnr(views.free, views.free_truth).mean()),
        "copied": float(psnr(views.reference.expand_as(views.free_truth), views.free_truth).mean()),
    }
    other_truth = views.turned_truth.roll(len(TURNS_DEGREES), dims=0)
    differ = sides_differ(views.turned_truth, other_truth, views.decoded_truth)
    right, wrong = psnr(views.turned, views.turned_truth), psnr(views.turned, other_truth)
    if differ.any():
        scores["right_way"], scores["wrong_way"] = float(right[differ].mean()), float(wrong[differ].mean())
        scores["left_right"] = float((right > wrong)[differ].float().mean())
    for turn, is_right, counts in zip(
        TURNS_DEGREES, (right > wrong).reshape(2, -1).T, differ.reshape(2, -1).T, strict=True
    ):
        if counts.any():
            scores[f"left_right_{turn}"] = float(is_right[counts].float().mean())
    return scores


def sides_differ(
    truth: Float[Tensor, "T 3 H W"], other: Float[Tensor, "T 3 H W"], decoded: Float[Tensor, "T 3 H W"]
) -> Bool[Tensor, "T"]:
    """Whether the truth is further from that of the other side than from its own decoded latents, by DIFFERENCE_DB.

    A vase looks alike from both sides, and no prediction of it can say which one was meant.
    """
    return psnr(decoded, truth) - psnr(other, truth) > DIFFERENCE_DB


def _rendered(pictures: PropPictures, number: int, views: Views) -> Float[Tensor, "T 3 H W"]:
    prop = build(pictures.specs[number])
    angles = zip(views.elevation.tolist(), views.azimuth.tolist(), strict=True)
    pixels = np.stack([render(prop, up, math.remainder(round_, math.tau), pictures.size).rgb for up, round_ in angles])
    return as_images(pixels).to(pictures.device)
