"""What happens to a training picture of the image towers, so that they read unfinished renders too."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_WHITE_SHARE = 0.7


def on_background(
    rgb: Float[Tensor, "B 3 H W"], alpha: Float[Tensor, "B 1 H W"], rng: torch.Generator
) -> Float[Tensor, "B 3 H W"]:
    """Replace the white ground by another colour for some pictures, and let some objects be see-through."""
    count = len(rgb)
    white = torch.rand(count, 1, 1, 1, generator=rng) < _WHITE_SHARE
    ground = torch.where(white, torch.ones(()), torch.rand(count, 3, 1, 1, generator=rng))
    solid = torch.rand(count, 1, 1, 1, generator=rng) < 0.7
    density = torch.where(solid, torch.ones(()), 0.35 + 0.65 * torch.rand(count, 1, 1, 1, generator=rng))
    object_light = rgb - (1.0 - alpha)
    return density * object_light + (1.0 - density * alpha) * ground


def disturbed(images: Float[Tensor, "B 3 H W"], rng: torch.Generator) -> Float[Tensor, "B 3 H W"]:
    """A random view window with perspective, then blur, brightness and noise; each picture gets its own draw."""
    images = _rewindowed(images, rng)
    images = _some(images, _blurred(images), 0.35, rng)
    light = 1.0 + 0.3 * (torch.rand(len(images), 1, 1, 1, generator=rng) - 0.5)
    images = _some(images, images * light, 0.5, rng)
    level = 0.15 * torch.rand(len(images), 1, 1, 1, generator=rng)
    noisy = images + level * torch.randn(images.shape, generator=rng)
    return _some(images, noisy, 0.4, rng).clamp(0.0, 1.0)


def _rewindowed(images: Float[Tensor, "B 3 H W"], rng: torch.Generator) -> Float[Tensor, "B 3 H W"]:
    """Crops of 25 to 100 % of the area for half of the pictures, each with a small homography; edges are repeated."""
    count = len(images)
    uncut = torch.rand(count, generator=rng) < 0.5
    side = torch.where(uncut, torch.ones(count), (0.25 + 0.75 * torch.rand(count, generator=rng)).sqrt())
    aspect = torch.exp(0.28 * (2.0 * torch.rand(count, generator=rng) - 1.0))
    half = torch.stack([side * aspect.sqrt(), side / aspect.sqrt()], dim=1).clamp(max=1.0)
    shift = (1.0 - half) * (2.0 * torch.rand(count, 2, generator=rng) - 1.0)
    bend = 0.25 * (2.0 * torch.rand(count, 2, generator=rng) - 1.0)
    bend[torch.rand(count, generator=rng) < 0.4] = 0.0
    axis = torch.linspace(-1.0, 1.0, images.shape[-1])
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    grid = torch.stack([x, y], dim=-1)[None]
    depth = 1.0 + (grid * bend[:, None, None]).sum(dim=-1, keepdim=True)
    grid = grid / depth * half[:, None, None] + shift[:, None, None]
    return F.grid_sample(images, grid, align_corners=True, padding_mode="border")


def _blurred(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    kernel = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
    weight = (kernel[:, None] * kernel)[None, None].expand(3, 1, 5, 5)
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="replicate"), weight, groups=3)


def _some(
    plain: Float[Tensor, "B 3 H W"], changed: Float[Tensor, "B 3 H W"], share: float, rng: torch.Generator
) -> Float[Tensor, "B 3 H W"]:
    return torch.where(torch.rand(len(plain), 1, 1, 1, generator=rng) < share, changed, plain)
