"""Paint a texture from a colour field: what the field says at the surface point under every texel."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import ndimage

from .texels import texels_of
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
    texels = texels_of(atlas.uvs, atlas.uv_faces, texture_size, texture_size, SUPERSAMPLING)
    count = len(texels.face)
    colours = np.zeros((count, 3), np.float32)
    for start in range(0, count, CHUNK_POINTS):
        some = slice(start, start + CHUNK_POINTS)
        colours[some] = field(texels.points(vertices, faces, some), texels.face[some])
        yield 0.95 * min(1.0, (start + CHUNK_POINTS) / count)
    image, has_colour = texels.averaged(colours)
    yield 1.0
    yield (dilated(image, has_colour) * 255 + 0.5).clip(0, 255).astype(np.uint8)


def dilated(image: np.ndarray, has_colour: np.ndarray) -> np.ndarray:
    """Nearest colour up to DILATION texels outside the charts; beyond that the mean, which the coarse mipmaps show."""
    if not has_colour.any():
        return image
    distance, nearest = ndimage.distance_transform_edt(~has_colour, return_indices=True)
    filled = image[nearest[0], nearest[1]]
    filled[distance > DILATION] = image[has_colour].mean(axis=0)
    return filled
