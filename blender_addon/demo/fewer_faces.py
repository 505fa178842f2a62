"""A mesh with fewer faces, for a watcher who wants no more: vertices that lie close together become one."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from ...shared.mesh import MeshSnapshot

_FINEST = 64
_COARSEST = 2
_COARSER = 0.8


def within(snapshot: MeshSnapshot, max_faces: int) -> MeshSnapshot:
    """The snapshot with at most ``max_faces`` (100 or more) faces, and a topology number that names its faces."""
    cells = float(_FINEST)
    fewer = snapshot
    while len(fewer.faces) > max_faces and cells >= _COARSEST:
        fewer = _clustered(snapshot, int(cells))
        cells *= _COARSER
    return replace(fewer, topology=zlib.crc32(fewer.faces.tobytes()))


def _clustered(snapshot: MeshSnapshot, cells: int) -> MeshSnapshot:
    """One vertex, the first, for every occupied cell of a grid that divides the longest side into ``cells``."""
    lowest = snapshot.vertices.min(axis=0)
    size = max(float(np.ptp(snapshot.vertices, axis=0).max()), 1e-9)
    grid = np.minimum((snapshot.vertices - lowest) / size * cells, cells - 1).astype(np.int64)
    keys = (grid[:, 0] * cells + grid[:, 1]) * cells + grid[:, 2]
    _, kept, cluster = np.unique(keys, return_index=True, return_inverse=True)
    faces = cluster[snapshot.faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    # Turned so that the smallest corner comes first, equal faces have equal rows.
    first = faces.argmin(axis=1)[:, None]
    faces = np.take_along_axis(faces, (first + np.arange(3)) % 3, axis=1)
    faces = np.unique(faces, axis=0).astype(np.int32)
    colors = None if snapshot.colors is None else snapshot.colors[kept]
    return replace(snapshot, vertices=snapshot.vertices[kept], faces=faces, colors=colors)
