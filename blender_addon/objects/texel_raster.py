"""Which texels of an image lie on which triangle of a UV map, row by row as a scan line finds them. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MARGIN = 8
"""How many texels colours run on beyond an island, so that filtering meets no gap there."""

_TOUCH = 1e-4
"""Texels by which a triangle may miss a centre and still have it: rounding must leave no gap between neighbours."""

_INSIDE = 1e-3
"""Weights above this are not on an edge, which two triangles may share."""


@dataclass(frozen=True)
class Texels:
    """Texels whose centre is on a triangle. index i32[N]: row * width + column, first row the top; face i32[N];
    weights f32[N, 3], barycentric. A texel on two triangles comes twice."""

    index: np.ndarray
    face: np.ndarray
    weights: np.ndarray


def texels_of(uvs: np.ndarray, width: int, height: int) -> Texels:
    """Every texel on every triangle, in the order of the triangles. uvs: f32[F, 3, 2]; what is beside [0, 1] is cut."""
    corners = np.stack([uvs[..., 0] * float(width), (1.0 - uvs[..., 1]) * float(height)], axis=-1) - 0.5
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    area = _cross(second - first, third - first)
    has_area = np.abs(area) > 1e-9
    row_face, row = _rows(corners, has_area, height)
    left, right = _span(corners[row_face], row)
    start = np.ceil(left - _TOUCH).clip(0, width).astype(np.int32)
    count = (np.floor(right + _TOUCH).clip(-1, width - 1).astype(np.int32) - start + 1).clip(0)
    face, column = np.repeat(row_face, count), _counted(start, count)
    row = np.repeat(row, count)
    doubled = np.where(has_area, area, 1.0)
    at_second = _weight(first, third - first, doubled, face, column, row)
    at_third = -_weight(first, second - first, doubled, face, column, row)
    weights = np.stack([1 - at_second - at_third, at_second, at_third], axis=-1)
    return Texels(row * np.int32(width) + column, face, weights)


def overlapped_share(texels: Texels, size: int) -> float:
    """The share of the covered texels, of ``size`` in the image, that more than one triangle covers; 0 without any."""
    inside = texels.index[texels.weights.min(axis=1, initial=1.0) > _INSIDE]
    count = np.bincount(inside, minlength=size)
    covered = np.count_nonzero(count)
    return np.count_nonzero(count > 1) / covered if covered else 0.0


def run_on(image: np.ndarray, is_painted: np.ndarray) -> np.ndarray:
    """Fill what is beside the islands with the colour of painted neighbours, MARGIN texels deep; beyond, with the mean.

    image: [H, W, C] of any type.  is_painted: bool[H, W].
    """
    image, known = image.copy(), is_painted.copy()
    pixels, width = image.reshape(-1, image.shape[-1]), image.shape[1]
    whole, before, after = slice(None), slice(None, -1), slice(1, None)
    for _ in range(MARGIN):
        for there, here, step in (
            ((after, whole), (before, whole), -width), ((before, whole), (after, whole), width),
            ((whole, after), (whole, before), -1), ((whole, before), (whole, after), 1),
        ):  # fmt: skip
            fill = np.zeros_like(known)
            fill[there] = ~known[there] & known[here]
            index = np.flatnonzero(fill)
            pixels[index] = pixels[index + step]
            known |= fill
    if known.any() and not known.all():
        image[~known] = image[is_painted].mean(axis=0).astype(image.dtype)
    return image


def _rows(corners: np.ndarray, has_area: np.ndarray, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Each row of texel centres that each triangle reaches: the triangle i32[R] and the row i32[R]."""
    low = np.ceil(corners[..., 1].min(axis=1, initial=np.inf) - _TOUCH).clip(0, height).astype(np.int32)
    high = np.floor(corners[..., 1].max(axis=1, initial=-np.inf) + _TOUCH).clip(-1, height - 1).astype(np.int32)
    count = np.where(has_area, (high - low + 1).clip(0), 0)
    return np.repeat(np.arange(len(corners), dtype=np.int32), count), _counted(low, count)


def _span(corners: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From where to where each row, as a line, is inside its triangle: f64[R], f64[R]; empty ones from inf to -inf."""
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    for here, there in ((0, 1), (1, 2), (2, 0)):
        start, end = corners[:, here], corners[:, there]
        rise = end[:, 1] - start[:, 1]
        is_level = np.abs(rise) < 1e-12
        along = (row - start[:, 1]) / np.where(is_level, 1.0, rise)
        # The ends of a level edge are ends of the other two.
        slack = _TOUCH / np.maximum(np.abs(rise), _TOUCH)
        is_hit = ~is_level & (along >= -slack) & (along <= 1 + slack)
        across = start[:, 0] + along.clip(0, 1) * (end[:, 0] - start[:, 0])
        left = np.where(is_hit, np.minimum(left, across), left)
        right = np.where(is_hit, np.maximum(right, across), right)
    return left, right


def _counted(start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """start, start + 1 ... of each, so many as its count, one after the other: i32."""
    end = np.cumsum(count)
    total = int(end[-1]) if len(end) else 0
    return (np.arange(total, dtype=np.int32) - np.repeat(end - count - start, count)).astype(np.int32)


def _weight(
    origin: np.ndarray, edge: np.ndarray, doubled: np.ndarray, face: np.ndarray, column: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """cross(texel - origin, edge) / doubled area as f32[N], by coefficients worked out once for each triangle."""
    by_column, by_row = edge[:, 1] / doubled, -edge[:, 0] / doubled
    constant = -(by_column * origin[:, 0] + by_row * origin[:, 1])
    return (by_column[face] * column + by_row[face] * row + constant[face]).astype(np.float32)


def _cross(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return left[..., 0] * right[..., 1] - left[..., 1] * right[..., 0]
