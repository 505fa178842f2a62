"""UV coordinates brought into one tile, and those that are the same put together. Pure numpy."""

from __future__ import annotations

import numpy as np

_SLACK = 1e-4
"""How far a coordinate may be beyond a tile's edge and count as on it."""


def into_one_tile(uvs: np.ndarray) -> tuple[np.ndarray, int]:
    """Every triangle moved by whole tiles into [0, 1], and how many triangles reach over a tile's edge.

    uvs: f32[F, 3, 2]. Those that do are cut off at the edge. An image that repeats looks the same after the move.
    """
    tile = np.floor(uvs.min(axis=1, initial=np.inf) + _SLACK)
    moved = uvs - tile[:, None, :]
    crossing = int(np.count_nonzero(moved.max(axis=(1, 2), initial=0.0) > 1 + _SLACK))
    return moved.clip(0.0, 1.0).astype(np.float32), crossing


def welded(uvs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each coordinate once, f32[U, 2], and the triangles as numbers into them, i32[F, 3]. uvs: f32[F, 3, 2].

    >>> table, faces = welded(np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32))
    >>> len(table), bool((table[faces[1, 1]] == [1, 1]).all())
    (4, True)
    """
    # Two floats are compared as one whole number; 0.0 is added because -0.0 is another one.
    pairs = np.ascontiguousarray(uvs.reshape(-1, 2) + np.float32(0.0), np.float32).view(np.uint64).ravel()
    same, number = np.unique(pairs, return_inverse=True)
    return same.view(np.float32).reshape(-1, 2), number.reshape(-1, 3).astype(np.int32)
