"""Colours of a texture where a surface has it."""

import numpy as np


def bilinear(image: np.ndarray, uvs: np.ndarray) -> np.ndarray:
    """Colours f32[P, 3] in [0, 1] of a u8[H, W, 3] image at uvs [P, 2], origin bottom left, clamped at the border."""
    height, width = image.shape[:2]
    x = (uvs[:, 0] * width - 0.5).clip(0, width - 1)
    y = ((1 - uvs[:, 1]) * height - 0.5).clip(0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    along, down = (x - left)[:, None], (y - top)[:, None]
    upper = image[top, left] * (1 - along) + image[top, right] * along
    lower = image[bottom, left] * (1 - along) + image[bottom, right] * along
    return ((upper * (1 - down) + lower * down) / 255).astype(np.float32)
