"""Pictures drawn by the built-in priors: samples, contact sheets, and what a half turn changes."""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from ....models.clip import ClipEncoder
from ....models.protocols import Condition, DiffusionPrior, PreparedCondition, Signal
from ....models.stable_unclip import StableUnclipPrior
from ...captions import prompt

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


def psnr(images: Float[Tensor, "B 3 H W"], truth: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B"]:
    """Peak signal-to-noise ratio of each image in dB, at most 60."""
    return -10.0 * (images - truth).square().mean(dim=(1, 2, 3)).clamp_min(1e-6).log10()
