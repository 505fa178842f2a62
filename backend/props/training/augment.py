"""What happens to a training picture of the image towers, so that they read unfinished renders and foreign pictures."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .running.chance import Chance

_CROPPED_SHARE = 0.5


@dataclass(frozen=True)
class Disturbances:
    """How often each thing happens to a picture.

    plain_ground: the ground is white; otherwise half the time one colour, half the time something foreign.
    see_through: the object is pale, as an early radiance field is.   partial: parts of it are missing.
    """

    plain_ground: float = 0.5
    see_through: float = 0.3
    partial: float = 0.15
    windowed: float = 1.0
    turned: float = 0.0
    blurred: float = 0.35
    coarse: float = 0.0
    lit: float = 0.5
    noisy: float = 0.4


FOR_ENCODER = Disturbances()
FOR_JUDGE = Disturbances(
    plain_ground=0.7, see_through=0.2, partial=0.1, windowed=0.4, turned=0.5, blurred=0.2, coarse=0.3, noisy=0.3
)
"""The judge grows up on other pictures than the encoder it checks, so that the two do not fail alike."""


def on_background(
    rgb: Float[Tensor, "B 3 H W"], alpha: Float[Tensor, "B 1 H W"], chance: Chance, how: Disturbances = FOR_ENCODER
) -> Float[Tensor, "B 3 H W"]:
    """Replace the white ground for some pictures, let some objects be see-through and some be incomplete."""
    count = len(rgb)
    pale = chance.happens(how.see_through, count, 1, 1, 1)
    density = torch.where(pale, chance.between(0.35, 1.0, count, 1, 1, 1), torch.ones_like(alpha[:, :, :1, :1]))
    density = density * _some(torch.ones_like(alpha), _left_over(alpha, chance), how.partial, chance)
    object_light = rgb - (1.0 - alpha)
    return density * object_light + (1.0 - density * alpha) * grounds(rgb, chance, how.plain_ground)


def grounds(rgb: Float[Tensor, "B 3 H W"], chance: Chance, plain_share: float) -> Float[Tensor, "B 3 H W"]:
    """White, one colour, a soft pattern of two colours, or a blown-up piece of another picture of the batch."""
    count, size = len(rgb), rgb.shape[-1]
    first, second = chance.uniform(count, 3, 1, 1), chance.uniform(count, 3, 1, 1)
    pattern = first + (second - first) * soft_noise(count, size, chance)
    piece = _enlarged(rgb.roll(1, dims=0), 0.3, chance)
    foreign = _some(pattern, piece, 0.3, chance)
    other = _some(first.expand_as(rgb), foreign, 0.5, chance)
    return _some(other, torch.ones_like(rgb), plain_share, chance)


def disturbed(
    images: Float[Tensor, "B 3 H W"], chance: Chance, how: Disturbances = FOR_ENCODER
) -> Float[Tensor, "B 3 H W"]:
    """A random view window with perspective, then turn, blur, brightness and noise; each picture has its own draw."""
    count = len(images)
    images = _some(images, _rewindowed(images, chance), how.windowed, chance)
    if how.turned > 0.0:
        images = _some(images, _turned(images, chance), how.turned, chance)
    images = _some(images, blurred(images), how.blurred, chance)
    if how.coarse > 0.0:
        images = _some(images, _coarse(images), how.coarse, chance)
    images = _some(images, images * chance.between(0.85, 1.15, count, 1, 1, 1), how.lit, chance)
    noisy = images + 0.15 * chance.uniform(count, 1, 1, 1) * chance.normal(*images.shape)
    return _some(images, noisy, how.noisy, chance).clamp(0.0, 1.0)


def soft_noise(count: int, size: int, chance: Chance) -> Float[Tensor, "B 1 S S"]:
    """Smooth random fields that fill [0, 1], some coarse, some fine."""
    coarse, fine = (
        F.interpolate(chance.uniform(count, 1, cells, cells), size=(size, size), mode="bilinear") for cells in (4, 11)
    )
    field = _some(coarse, 0.5 * (coarse + fine), 0.5, chance)
    low, high = field.amin(dim=(2, 3), keepdim=True), field.amax(dim=(2, 3), keepdim=True)
    return (field - low) / (high - low)


def shuffled_patches(images: Float[Tensor, "B 3 H W"], chance: Chance, cells: int = 4) -> Float[Tensor, "B 3 H W"]:
    """Each picture's cells x cells patches in a random order: its colours stay, its shape goes."""
    count, _, size, _ = images.shape
    patch = size // cells
    patches = F.unfold(images, patch, stride=patch)
    order = chance.uniform(count, cells * cells).argsort(dim=1)
    return F.fold(patches.gather(2, order[:, None].expand_as(patches)), (size, size), patch, stride=patch)


def blurred(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    """A binomial blur of five pixels: sums of neighbours, four times along rows and columns each."""
    images = F.pad(images, (2, 2, 2, 2), mode="replicate")
    for _ in range(4):
        images = images[..., :-1] + images[..., 1:]
        images = images[..., :-1, :] + images[..., 1:, :]
    return images / 256.0


def _left_over(alpha: Float[Tensor, "B 1 H W"], chance: Chance) -> Float[Tensor, "B 1 H W"]:
    """1 in the two thirds or so of the picture that are there, fading to 0 where parts are missing."""
    return (8.0 * (soft_noise(len(alpha), alpha.shape[-1], chance) - 0.3)).clamp(0.0, 1.0)


def _rewindowed(images: Float[Tensor, "B 3 H W"], chance: Chance) -> Float[Tensor, "B 3 H W"]:
    """Crops of 25 to 100 % of the area for half of the pictures, each with a small homography; edges are repeated."""
    count = len(images)
    uncut = chance.happens(1.0 - _CROPPED_SHARE, count)
    side = torch.where(uncut, 1.0, chance.between(0.25, 1.0, count).sqrt())
    aspect = chance.between(-0.28, 0.28, count).exp()
    half = torch.stack([side * aspect.sqrt(), side / aspect.sqrt()], dim=1).clamp(max=1.0)
    shift = (1.0 - half) * chance.between(-1.0, 1.0, count, 2)
    bend = chance.between(-0.25, 0.25, count, 2) * chance.happens(0.6, count, 1)
    grid = _grid(images)
    depth = 1.0 + (grid * bend[:, None, None]).sum(dim=-1, keepdim=True)
    return _sampled(images, grid / depth * half[:, None, None] + shift[:, None, None])


def _turned(images: Float[Tensor, "B 3 H W"], chance: Chance) -> Float[Tensor, "B 3 H W"]:
    """Up to 15 degrees about the line of sight."""
    angle = chance.between(-math.pi / 12, math.pi / 12, len(images))
    rows = torch.stack([torch.cos(angle), -torch.sin(angle), torch.sin(angle), torch.cos(angle)], dim=1)
    return _sampled(images, _grid(images) @ rows.reshape(-1, 1, 2, 2).transpose(-1, -2))


def _enlarged(images: Float[Tensor, "B 3 H W"], half: float, chance: Chance) -> Float[Tensor, "B 3 H W"]:
    shift = chance.between(-1.0 + half, 1.0 - half, len(images), 1, 1, 2)
    return _sampled(images, half * _grid(images) + shift)


def _coarse(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    """At half the resolution, in blocks."""
    return F.interpolate(F.avg_pool2d(images, 2), scale_factor=2.0, mode="nearest")


def _grid(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "1 H W 2"]:
    axis = torch.linspace(-1.0, 1.0, images.shape[-1], device=images.device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], dim=-1)[None]


def _sampled(images: Float[Tensor, "B 3 H W"], grid: Float[Tensor, "B H W 2"]) -> Float[Tensor, "B 3 H W"]:
    return F.grid_sample(images, grid, align_corners=True, padding_mode="border")


def _some(plain: Tensor, changed: Tensor, share: float, chance: Chance) -> Tensor:
    return torch.where(chance.happens(share, len(plain), 1, 1, 1), changed, plain)
