"""Small meshes of a client's own, as starting points for the tests of the backend."""

import numpy as np
from any_to_3d.shared.mesh import SourceMesh


def square(side: int = 16, mask: np.ndarray | None = None, albedo: np.ndarray | None = None) -> SourceMesh:
    """An open unit square that fills its texture; present colours are random unless they are given."""
    vertices = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    if albedo is None:
        albedo = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return SourceMesh(vertices, faces, uvs, faces.copy(), albedo, mask)


def ball(albedo: np.ndarray | None = None, rings: int = 12, segments: int = 24) -> SourceMesh:
    """A ball of radius 0.6 whose texture is its map: longitude to the right from u = 0, the north pole on top."""
    rows, columns = np.indices((rings + 1, segments + 1))
    polar, around = np.pi * rows / rings, 2 * np.pi * columns / segments
    points = [np.sin(polar) * np.sin(around), -np.sin(polar) * np.cos(around), np.cos(polar)]
    vertices = 0.6 * np.stack(points, axis=-1).reshape(-1, 3)
    uvs = np.stack([columns / segments, 1 - rows / rings], axis=-1).reshape(-1, 2)
    here = (np.arange(rings)[:, None] * (segments + 1) + np.arange(segments)).ravel()
    below = here + segments + 1
    quads = [np.stack([here, below, below + 1], axis=1), np.stack([here, below + 1, here + 1], axis=1)]
    faces = np.concatenate(quads).astype(np.int32)
    return SourceMesh(vertices.astype(np.float32), faces, uvs.astype(np.float32), faces.copy(), albedo)
