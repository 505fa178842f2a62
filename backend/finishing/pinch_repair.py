"""Open the pinches of a surface: an edge where four or more faces meet becomes two or more edges of two faces each.

Edge collapse makes them where a thin part is squeezed flat. The faces around a pinched edge are paired, every fan of
faces around a vertex then gets a vertex of its own, and vertices that stood on one spot are moved apart a little.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_ROUNDS = 16

APART = 1e-4
"""How far each of several vertices on one spot moves into its own fan, in generator units."""


def without_pinches(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A surface with the same faces in which every edge has two of them, where such a pairing was found.

    vertices f32[V, 3], faces i32[F, 3]. A surface with an edge that is walked more often one way than the other is
    open, not pinched, and comes back as it is.
    """
    halves = _HalfEdges(faces, len(vertices))
    if not halves.are_balanced:
        return vertices, faces
    shifts = np.zeros(halves.edge_count, np.int64)
    for _ in range(_ROUNDS):
        corners = halves.fans(shifts)
        pinched = halves.shared_edges(corners)
        if not len(pinched):
            break
        # The pairing left both pairs on one edge. Another pairing of the same faces cuts the fan at one of its ends.
        shifts[pinched] += 1
    return _with_own_vertices(vertices, faces, corners)


class _HalfEdges:
    """Half-edge h is corner h of the flattened faces; it walks from that corner to the face's next one."""

    def __init__(self, faces: np.ndarray, vertex_count: int) -> None:
        start = faces.ravel().astype(np.int64)
        end = np.roll(faces, -1, axis=1).ravel().astype(np.int64)
        key = np.minimum(start, end) * vertex_count + np.maximum(start, end)
        forward, backward = np.flatnonzero(start < end), np.flatnonzero(start > end)
        self._forward = forward[np.argsort(key[forward], kind="stable")]
        self._backward = backward[np.argsort(key[backward], kind="stable")]
        self.are_balanced = np.array_equal(key[self._forward], key[self._backward])
        _, self._first, self._edge, self._size = np.unique(
            key[self._forward], return_index=True, return_inverse=True, return_counts=True
        )
        self._rank = np.arange(len(self._forward)) - self._first[self._edge]
        self.edge_count = len(self._first)

    def fans(self, shifts: np.ndarray) -> np.ndarray:
        """Label of the fan each corner belongs to, if an edge's n-th forward face is paired with its n + shift-th."""
        size = self._size[self._edge]
        twin = self._backward[self._first[self._edge] + (self._rank + shifts[self._edge]) % size]
        rows = np.concatenate([self._forward, _next(self._forward)])
        columns = np.concatenate([_next(twin), twin])
        count = len(self._forward) + len(self._backward)
        graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
        return connected_components(graph, directed=False)[1]

    def shared_edges(self, corners: np.ndarray) -> np.ndarray:
        """Numbers of the edges that would still be walked twice in one direction between the same two fans."""
        key = corners[self._forward].astype(np.int64) * len(corners) + corners[_next(self._forward)]
        _, place, count = np.unique(key, return_inverse=True, return_counts=True)
        return np.unique(self._edge[count[place] > 1])


def _next(half: np.ndarray) -> np.ndarray:
    return half - half % 3 + (half + 1) % 3


def _with_own_vertices(vertices: np.ndarray, faces: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One vertex for every fan; those that were one vertex before move towards the middle of their own fan."""
    fan_count = int(corners.max()) + 1
    original = np.zeros(fan_count, np.int64)
    original[corners] = faces.ravel()
    split_faces = corners.reshape(-1, 3).astype(np.int32)
    placed = vertices[original].astype(np.float64)
    is_shared = np.bincount(original, minlength=len(vertices))[original] > 1
    centre = np.zeros((fan_count, 3))
    np.add.at(centre, corners, np.repeat(vertices[faces].mean(axis=1), 3, axis=0))
    inwards = centre / np.bincount(corners, minlength=fan_count)[:, None] - placed
    inwards /= np.maximum(np.linalg.norm(inwards, axis=1, keepdims=True), 1e-12)
    placed[is_shared] += APART * inwards[is_shared]
    return placed.astype(np.float32), split_faces
