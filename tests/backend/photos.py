"""Small photo-like pictures of one object, with the truth about where it is."""

import io

import numpy as np
import torch
from PIL import Image

SIZE = 96


def disc() -> np.ndarray:
    """bool[S, S]: what is object."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    return (x - 44) ** 2 + (y - 50) ** 2 < 24**2


def photo() -> torch.Tensor:
    """[4, S, S]: a striped blue disc before a gradient with grain and a dark floor; opaque."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    ground = np.stack([0.5 + 0.3 * x, 0.55 - 0.1 * y, 0.35 + 0.1 * x * y], axis=-1)
    ground[int(0.7 * SIZE) :] *= 0.6
    stripes = np.where((np.arange(SIZE) // 6 % 2 == 0)[:, None, None], (0.1, 0.2, 0.8), (0.15, 0.5, 0.95))
    rgb = np.where(disc()[..., None], stripes, ground) + rng.normal(0, 0.02, (SIZE, SIZE, 3))
    rgba = np.concatenate([rgb.clip(0, 1), np.ones((SIZE, SIZE, 1))], axis=-1)
    return torch.from_numpy(rgba).float().permute(2, 0, 1)


def png(rgba: torch.Tensor) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((rgba.permute(1, 2, 0) * 255).round().byte().numpy()).save(buffer, "PNG")
    return buffer.getvalue()
