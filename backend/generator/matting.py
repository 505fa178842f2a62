"""Classical matting of one object on a plain background, and whether the result will do as a reference view."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import interpolate

TOLERANCE = 0.12
"""Largest colour distance (Euclidean, of [0, 1] RGB) from the border's median that still counts as background."""

SMALLEST_HOLE = 0.002
"""Background-coloured regions inside the object are holes above this share of the image; smaller ones are paint."""


def foreground_mask(image: Float[Tensor, "3 H W"], tolerance: float = TOLERANCE) -> Bool[Tensor, "H W"]:
    """Everything that is not reached from the border through its own colour, and no specks.

    image: [0, 1], the background nearly uniform.   tolerance: as TOLERANCE.
    """
    pixels = image.permute(1, 2, 0).cpu().numpy()
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    is_plain = np.linalg.norm(pixels - np.median(border, axis=0), axis=-1) < tolerance
    regions, _ = ndimage.label(is_plain)
    sizes = np.bincount(regions.ravel())
    touching = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    is_background = sizes >= SMALLEST_HOLE * is_plain.size
    is_background[touching] = True
    is_background[0] = False
    mask = ~is_background[regions]
    return torch.from_numpy(_without_specks(mask)).to(image.device)


def _without_specks(mask: np.ndarray) -> np.ndarray:
    parts, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return (sizes >= SMALLEST_HOLE * mask.size)[parts]


LEAST_FRINGE, FRINGE = 3, 0.025
"""Where a picture's object ends, so many pixels, or such a share of its width if that is more, are mixed with its
background by the autoencoder."""


@dataclass(frozen=True)
class MaskReport:
    """Shares in [0, 1]: of the image that is object, of the border it touches, of the second part to the first."""

    area: float
    border: float
    second_part: float


def report(mask: Bool[Tensor, "H W"]) -> MaskReport:
    """Measure a mask; an empty one has area 0."""
    array = mask.cpu().numpy()
    parts, _ = ndimage.label(array, structure=np.ones((3, 3)))
    sizes = np.sort(np.bincount(parts.ravel())[1:])[::-1]
    border = np.concatenate([array[0], array[-1], array[:, 0], array[:, -1]])
    second = float(sizes[1] / sizes[0]) if len(sizes) > 1 else 0.0
    return MaskReport(float(array.mean()), float(border.mean()), second)


def on_white(image: Float[Tensor, "3 H W"], mask: Bool[Tensor, "H W"]) -> Float[Tensor, "3 H W"]:
    """The object alone, the rest white."""
    return torch.where(mask, image, torch.ones_like(image))


def spread(image: Float[Tensor, "3 H W"], painted: Bool[Tensor, "H W"]) -> Float[Tensor, "3 H W"]:
    """The colour of the nearest painted pixel wherever nothing is painted; the image itself if nothing is at all."""
    if not painted.any():
        return image
    rows, columns = ndimage.distance_transform_edt(~painted.cpu().numpy(), return_distances=False, return_indices=True)
    return image[:, torch.from_numpy(rows), torch.from_numpy(columns)]


def painted_over(
    image: Float[Tensor, "3 H W"], outline: Bool[Tensor, "H W"], painted: Bool[Tensor, "H W"]
) -> Float[Tensor, "3 H W"]:
    """The image with the nearest painted colours wherever it is bare within the outline, and beside that.

    The last pixels of paint are mixed with the background, so what is spread comes from behind them.
    """
    bare = outline & ~painted
    if not bare.any():
        return image
    fringe = max(LEAST_FRINGE, FRINGE * image.shape[-1])
    beside = ndimage.distance_transform_edt(~bare.cpu().numpy()) <= fringe
    doubtful = torch.from_numpy(beside).to(image.device) & outline
    sure = painted & ~doubtful
    return torch.where(doubtful, spread(image, sure if sure.any() else painted), image)


def squared(rgba: Float[Tensor, "4 H W"]) -> Float[Tensor, "4 S S"]:
    """An RGBA image in the middle of the smallest square that holds it; the rest is transparent."""
    height, width = rgba.shape[-2:]
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    return torch.nn.functional.pad(rgba, (left, size - width - left, top, size - height - top))


def recentred(
    image: Float[Tensor, "3 H W"], alpha: Float[Tensor, "H W"], size: int, fill: float
) -> tuple[Float[Tensor, "3 S S"], Float[Tensor, "S S"]]:
    """The opaque part on white, its box in the middle of a square of ``size`` and its long side ``fill`` of that.

    alpha: [0, 1], comes back moved and scaled with the image. Where nothing is opaque, the square is white and
    transparent. Source: stable-dreamfusion preprocess_image.py.
    """
    canvas = torch.cat([image.new_ones(3, size, size), image.new_zeros(1, size, size)])
    rows, columns = (alpha > 0.5).nonzero(as_tuple=True)
    if len(rows):
        top, bottom, left, right = (int(v) for v in (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1))
        scale = fill * size / max(bottom - top, right - left)
        height, width = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
        # White before resizing: a hidden colour must not bleed into the edge.
        layers = torch.cat([image * alpha + (1 - alpha), alpha[None]])[None, :, top:bottom, left:right]
        small = interpolate(layers, size=(height, width), mode="bilinear", antialias=True)[0]
        y, x = (size - height) // 2, (size - width) // 2
        canvas[:, y : y + height, x : x + width] = small
    return canvas[:3], canvas[3]
