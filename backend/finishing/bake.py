"""Paint a texture from a colour field: what the field says at the surface point under every texel."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import ndimage

from ..kernels.zbuffer import triangle_ids
from .unwrap import Atlas

SUPERSAMPLING = 2
DILATION = 16
"""Texels filled outwards from each chart, for bilinear filtering and mipmaps."""

CHUNK_POINTS = 65536
"""Points asked of the field at a time: a cancelled job goes on for one such chunk at most."""


def bake(
    vertices: np.ndarray,
    faces: np.ndarray,
    atlas: Atlas,
    field: Callable[[np.ndarray], np.ndarray],
    texture_size: int,
) -> Iterator[float | np.ndarray]:
    """Bake an albedo image; yields the fraction done after every chunk of points, and last the image.

    vertices f32[V, 3], faces i32[F, 3] with ``atlas.uv_faces`` in the same order. field: f32[P, 3] points -> f32[P, 3]
    colours in [0, 1]. The image is u8[size, size, 3] with row 0 at the top (v = 1).
    """
    yield from bake_faces(vertices, faces, atlas, lambda points, _: field(points), texture_size)


def bake_faces(
    vertices: np.ndarray,
    faces: np.ndarray,
    atlas: Atlas,
    field: Callable[[np.ndarray, np.ndarray], np.ndarray],
    texture_size: int,
) -> Iterator[float | np.ndarray]:
    """As ``bake``, for colours that also depend on the face: field gets the points and int[P], the face of each."""
    size = texture_size * SUPERSAMPLING
    clip = np.zeros((len(atlas.uvs), 4), np.float32)
    clip[:, :2] = atlas.uvs * 2 - 1
    clip[:, 3] = 1
    ids, _ = triangle_ids(clip, atlas.uv_faces, size, size)
    corners = clip[:, :2].astype(np.float64)[atlas.uv_faces]
    rows, columns = np.nonzero(ids)
    colours = np.zeros((size, size, 3), np.float32)
    for start in range(0, len(rows), CHUNK_POINTS):
        row, column = rows[start : start + CHUNK_POINTS], columns[start : start + CHUNK_POINTS]
        face = ids[row, column] - 1
        texel = np.stack([(column + 0.5) / size * 2 - 1, 1 - (row + 0.5) / size * 2], axis=1)
        weights = _barycentric(texel, corners[face])
        points = np.einsum("pc,pcx->px", weights, vertices[faces[face]])
        colours[row, column] = field(points.astype(np.float32), face)
        yield 0.95 * min(1.0, (start + CHUNK_POINTS) / len(rows))
    image, has_colour = _area_averaged(colours, ids > 0)
    yield 1.0
    yield (_dilated(image, has_colour) * 255 + 0.5).clip(0, 255).astype(np.uint8)


def _barycentric(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Weights f64[P, 3], all >= 0, of 2D points f64[P, 2] in triangles f64[P, 3, 2] that have an area."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    area = _cross(b - a, c - a)
    weights = np.stack([_cross(b - points, c - points), _cross(c - points, a - points), _cross(a - points, b - points)])
    weights = np.clip(weights / area, 0, 1).T
    return weights / weights.sum(axis=1, keepdims=True)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _area_averaged(colours: np.ndarray, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over each block of sub-texels, of the covered ones only: black must not darken a chart's border."""
    size = len(covered) // SUPERSAMPLING
    blocks = (size, SUPERSAMPLING, size, SUPERSAMPLING)
    count = covered.reshape(blocks).sum(axis=(1, 3))
    total = colours.reshape(*blocks, 3).sum(axis=(1, 3))
    return total / np.maximum(count, 1)[..., None], count > 0


def _dilated(image: np.ndarray, has_colour: np.ndarray) -> np.ndarray:
    """Nearest colour up to DILATION texels outside the charts; beyond that the mean, which the coarse mipmaps show."""
    if not has_colour.any():
        return image
    distance, nearest = ndimage.distance_transform_edt(~has_colour, return_indices=True)
    filled = image[nearest[0], nearest[1]]
    filled[distance > DILATION] = image[has_colour].mean(axis=0)
    return filled
