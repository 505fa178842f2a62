"""Texture coordinates for a finished surface: xatlas in small pieces, or a grid of triangles that cannot fail."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .xatlas_process import charts_of

log = logging.getLogger(__name__)

PADDING = 4
"""Texels between charts, so that bilinear filtering does not mix them."""

_GRID_INSET = 1.0


@dataclass(frozen=True)
class Atlas:
    """Where each corner of each face lies in the texture.

    uvs f32[U, 2] in [0, 1], origin bottom left; uv_faces i32[F, 3] into uvs, in the order of the faces.
    """

    uvs: np.ndarray
    uv_faces: np.ndarray
    method: Literal["xatlas", "grid"]


def unwrap(
    vertices: np.ndarray, faces: np.ndarray, texture_size: int, time_limit: float = 60.0
) -> Iterator[float | Atlas]:
    """Unwrap a surface; yields the fraction done about every second, and last the Atlas.

    vertices f32[V, 3], faces i32[F, 3]; texture_size in pixels a side; time_limit in seconds. After the time limit,
    or when xatlas reports an error, every face gets its own place in a grid instead, which is logged.
    """
    atlas: Atlas | None = None
    try:
        for part in charts_of(vertices, faces, texture_size, PADDING, time_limit):
            if isinstance(part, float):
                yield part
            else:
                atlas = Atlas(*part, "xatlas")
    except (RuntimeError, TimeoutError) as error:
        log.warning("unwrap=grid faces=%d: xatlas gave no atlas (%s)", len(faces), error)
    if atlas is None:
        atlas = grid_atlas(len(faces), texture_size)
    yield 1.0
    yield atlas


def grid_atlas(face_count: int, texture_size: int) -> Atlas:
    """Two faces in every cell of a square grid, an inset of one texel around each: coarse, but for any mesh.

    Raises ValueError if a cell would be too small to hold a texel.
    """
    side = int(np.ceil(np.sqrt((face_count + 1) // 2)))
    inset = _GRID_INSET * side / texture_size
    if inset > 0.2:
        raise ValueError(
            f"{face_count} faces do not fit a texture of {texture_size} pixels; "
            f"use at least {int(np.ceil(5 * side * _GRID_INSET))} pixels or fewer faces"
        )
    near, far = inset, 1 - inset * (1 + np.sqrt(2))
    lower = np.array([[near, near], [far, near], [near, far]])
    corners = np.stack([lower, 1 - lower])
    index = np.arange(face_count)
    cell = np.stack([(index // 2) % side, (index // 2) // side], axis=1)
    uvs = (cell[:, None] + corners[index % 2]) / side
    uv_faces = np.arange(3 * face_count, dtype=np.int32).reshape(-1, 3)
    return Atlas(uvs.reshape(-1, 2).astype(np.float32), uv_faces, "grid")
