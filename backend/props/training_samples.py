"""Pictures drawn by the built-in priors: contact sheets, and the figures that say how good they are."""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from ..models.clip import ClipEncoder
from ..models.protocols import Condition, DiffusionPrior, PreparedCondition, Signal
from ..models.stable_unclip import StableUnclipPrior
from ..models.zero123 import Zero123Prior
from .captions import prompt
from .holdout import is_held_out
from .palette import COLOURS
from .spec import CLASSES
from .training_data import PropPictures, as_images

_SHEET_PROMPTS = (
    ("chair", "red"),
    ("car", "blue"),
    ("house", "green"),
    ("mug", "yellow"),
    ("table", "brown"),
    ("car", "orange"),
    ("boat", "purple"),
    ("tower", "grey"),
)


@dataclass(frozen=True)
class Views:
    """Cameras at the data set's distance and field of view."""

    elevation: Float[Tensor, "B"]
    azimuth: Float[Tensor, "B"]

    @property
    def distance(self) -> Float[Tensor, "B"]:
        return torch.full_like(self.azimuth, 2.5)

    @property
    def fov_y(self) -> Float[Tensor, "B"]:
        return torch.full_like(self.azimuth, math.radians(40.0))


def ring(count: int, elevation: float, azimuth: float, device: torch.device) -> Views:
    """Evenly spread around the object, the first at this azimuth."""
    around = torch.arange(count, device=device) * (2.0 * math.pi / count)
    return Views(torch.full((count,), elevation, device=device), azimuth + around)


def device_of(encoder: ClipEncoder) -> torch.device:
    return encoder.text_tower.device


def sample(
    prior: DiffusionPrior,
    condition: PreparedCondition,
    views: Views,
    guidance_scale: float,
    seed: int,
    steps: int = 20,
) -> Float[Tensor, "B 3 H W"]:
    """DDIM in variance-exploding terms: step the latents along (z - D) / sigma down to 0, then decode."""
    count = len(views.azimuth)
    timesteps = torch.linspace(999, 999 / steps, steps).round().long()
    device = views.azimuth.device
    sigmas = torch.cat([prior.schedule.sigma(timesteps.to(device)), torch.zeros(1, device=device)])
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *prior.latent_shape, generator=rng).to(device).expand(count, -1, -1, -1)
    latents = noise * (1 + sigmas[0] ** 2).sqrt()
    for now, later in itertools.pairwise(sigmas):
        clean = prior.denoise(latents, now.expand(count), condition, views, guidance_scale)
        latents = clean + (latents - clean) * (later / now)
    return prior.decode(latents)


def save_sheets(prior: StableUnclipPrior, encoder: ClipEncoder, folder: Path, seed: int) -> None:
    """rgb.png and normal.png: a row for each prompt, eight azimuths at 15 degrees of elevation."""
    views = ring(8, math.radians(15.0), 0.0, device_of(encoder))
    signals: tuple[Signal, ...] = ("rgb", "normal")
    for signal in signals:
        rows = []
        for prop_class, colour in _SHEET_PROMPTS:
            condition = prior.prepare(Condition(encoder.embed_text([prompt(prop_class, colour)])), signal)
            rows.append(torch.cat(list(sample(prior, condition, views, 3.0, seed)), dim=2))
        save_image(torch.cat(rows, dim=1), folder / f"{signal}.png")


def save_image(image: Float[Tensor, "3 H W"], path: Path) -> None:
    """As PNG, twice as large: the pictures have only 64 pixels a side."""
    pixels = (image.permute(1, 2, 0).clamp(0, 1) * 255).round().byte().cpu().numpy()
    picture = Image.fromarray(pixels)
    picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST).save(path)


def pose_effect(prior: StableUnclipPrior, encoder: ClipEncoder, prop_class: str) -> float:
    """How much a half turn changes the estimate at t = 900, against how much another class does."""
    device = device_of(encoder)
    sigma = prior.schedule.sigma(torch.tensor([900], device=device))
    other = "lamp" if prop_class != "lamp" else "chair"
    rng = torch.Generator().manual_seed(0)
    noisy = sigma * torch.randn(16, *prior.latent_shape, generator=rng).to(device)

    def estimate(name: str, turn: float) -> Tensor:
        condition = prior.prepare(Condition(encoder.embed_text([prompt(name, "red")])))
        return prior.denoise(noisy, sigma.expand(16), condition, ring(16, 0.26, turn, device), 1.0)

    here = estimate(prop_class, 0.0)
    return round(float((estimate(prop_class, math.pi) - here).norm() / (estimate(other, 0.0) - here).norm()), 3)


def sample_retrieval(
    prior: StableUnclipPrior, encoder: ClipEncoder, judge: ClipEncoder, pairs: int, seed: int
) -> dict[str, float]:
    """Share of samples that the judge finds nearest to their own prompt of all plain ones; seen and held-out pairs."""
    every = [(prop_class, colour) for prop_class in CLASSES for colour in COLOURS]
    texts = judge.embed_text([prompt(*pair) for pair in every])
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(seed))[:pairs]
    hits: dict[str, list[float]] = {"seen": [], "held_out": [], "class": []}
    for number in order.tolist():
        views = ring(4, 0.26, 0.4, device_of(encoder))
        condition = prior.prepare(Condition(encoder.embed_text([prompt(*every[number])])))
        images = sample(prior, condition, views, 3.0, seed + number)
        found = (judge.embed_image(images) @ texts.T).argmax(dim=1)
        right = (found == number).float().mean()
        hits["held_out" if is_held_out(*every[number]) else "seen"].append(float(right))
        hits["class"].append(float((found // len(COLOURS) == number // len(COLOURS)).float().mean()))
    return {name: round(sum(values) / max(1, len(values)), 3) for name, values in hits.items()}


def novel_view_figures(
    prior: Zero123Prior, pictures: PropPictures, objects: int, folder: Path, seed: int
) -> dict[str, float]:
    """PSNR of turned views of unseen objects against the truth, beside that of simply copying the reference.

    mirrored: PSNR when the azimuth's sign is turned, which must be worse. Saves novel_views.png: reference, then pairs
    of prediction and truth.
    """
    psnr: dict[str, list[float]] = {"predicted": [], "copied": [], "mirrored": []}
    rows = []
    for number in range(min(objects, pictures.object_count)):
        shown = list(range(1, 5))
        truth = as_images(pictures.rgb[number][shown])
        reference = as_images(pictures.rgb[number][:1])
        here = Views(pictures.elevation[number, :1], pictures.azimuth[number, :1])
        views = Views(pictures.elevation[number, shown], pictures.azimuth[number, shown])
        condition = prior.prepare(
            Condition(
                torch.zeros(1, 128, device=pictures.device),
                reference_image=reference,
                reference_mask=torch.ones_like(reference[:, :1]),
                reference_view=here,
            )
        )
        predicted = sample(prior, condition, views, 2.0, seed)
        psnr["predicted"].append(mean_psnr(predicted, truth))
        psnr["copied"].append(mean_psnr(reference.expand_as(truth), truth))
        other = Views(views.elevation, 2.0 * here.azimuth - views.azimuth)
        psnr["mirrored"].append(mean_psnr(sample(prior, condition, other, 2.0, seed), truth))
        if number < 12:
            pairs = [half for pair in zip(predicted, truth, strict=True) for half in pair]
            rows.append(torch.cat([reference[0], *pairs], dim=2))
    save_image(torch.cat(rows, dim=1), folder / "novel_views.png")
    return {name: round(sum(values) / len(values), 2) for name, values in psnr.items()}


def mean_psnr(images: Float[Tensor, "B 3 H W"], truth: Float[Tensor, "B 3 H W"]) -> float:
    """Mean over images of the peak signal-to-noise ratio in dB."""
    error = (images - truth).square().mean(dim=(1, 2, 3)).clamp_min(1e-6)
    return float((-10.0 * error.log10()).mean())
