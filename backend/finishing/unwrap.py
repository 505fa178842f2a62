"""Texture coordinates for a finished surface: xatlas in small pieces, or a grid of triangles that cannot fail."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xatlas

log = logging.getLogger(__name__)

CHUNK_FACES = 2500
"""xatlas is superlinear in faces; pieces of this size also bound how long a cancelled job goes on."""

PADDING = 4
"""Texels between charts, so that bilinear filtering does not mix them."""

_PACKING_SHARE = 0.2
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
    deadline = time.monotonic() + time_limit
    pieces = _split(vertices[faces].mean(axis=1), CHUNK_FACES)
    packer = xatlas.Atlas()
    try:
        for number, piece in enumerate(pieces):
            packer.add_uv_mesh(*_parametrised(vertices, faces[piece]))
            if time.monotonic() > deadline:
                raise TimeoutError(f"{number + 1} of {len(pieces)} pieces took the {time_limit:g} s allowed")
            yield (1 - _PACKING_SHARE) * (number + 1) / len(pieces)
        atlas = _packed(packer, pieces, len(faces), texture_size)
    except (RuntimeError, TimeoutError) as error:
        log.warning("unwrap=grid faces=%d: xatlas gave no atlas (%s)", len(faces), error)
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


def _split(centres: np.ndarray, largest: int) -> list[np.ndarray]:
    """Halve the faces at the median of their widest axis until every piece is small; each piece is face indices."""
    todo, pieces = [np.arange(len(centres))], []
    while todo:
        piece = todo.pop()
        if len(piece) <= largest:
            pieces.append(piece)
            continue
        axis = np.ptp(centres[piece], axis=0).argmax()
        ordered = piece[np.argsort(centres[piece, axis], kind="stable")]
        todo += [ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]]
    return pieces


def _parametrised(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """UVs of one piece in world units (so that all pieces get the same texel density) and their indices."""
    used, local = np.unique(faces, return_inverse=True)
    piece = xatlas.Atlas()
    piece.add_mesh(vertices[used].astype(np.float32), local.reshape(-1, 3).astype(np.uint32))
    options = xatlas.PackOptions()
    options.texels_per_unit = 64.0
    piece.generate(xatlas.ChartOptions(), options)
    if piece.atlas_count < 1:
        raise RuntimeError("no chart was found in a piece")
    _, indices, uvs = piece.get_mesh(0)
    scale = np.array([piece.width, piece.height], np.float32) / options.texels_per_unit
    return (uvs * scale).astype(np.float32), indices.astype(np.uint32)


def _packed(packer: xatlas.Atlas, pieces: list[np.ndarray], face_count: int, texture_size: int) -> Atlas:
    options = xatlas.PackOptions()
    options.resolution = texture_size
    options.padding = PADDING
    packer.generate(xatlas.ChartOptions(), options)
    if packer.atlas_count != 1 or packer.mesh_count != len(pieces):
        raise RuntimeError(f"packing made {packer.atlas_count} atlases of {packer.mesh_count} pieces")
    uvs, uv_faces, start = [], np.zeros((face_count, 3), np.int32), 0
    for number, piece in enumerate(pieces):
        _, indices, piece_uvs = packer.get_mesh(number)
        uv_faces[piece] = indices.reshape(-1, 3).astype(np.int32) + start
        uvs.append(piece_uvs)
        start += len(piece_uvs)
    return Atlas(np.clip(np.concatenate(uvs), 0, 1).astype(np.float32), uv_faces, "xatlas")
