"""The colours of one surface painted onto another one that lies close to it, as an image for the other's UV map."""

from __future__ import annotations

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from .mesh_reading import Surface
from .texel_raster import run_on, texels_of


def transfer(source: Surface, albedo: np.ndarray, target: Surface, size: int) -> np.ndarray:
    """For each texel of ``target`` the colour of the nearest point of ``source``: u8[size, size, 3], first row the top.

    albedo: f32[H, W, 3] in [0, 1], first row is the top. The islands of ``target`` must not overlap.
    Takes some microseconds for each texel on an island: an image of 1024 x 1024 some 5 s on one core.
    """
    painted = np.zeros((size * size, 3), np.float32)
    is_painted = np.zeros(size * size, bool)
    texels = texels_of(target.uvs, size, size)
    if len(texels.index):
        corners = target.vertices[target.faces]
        points = np.einsum("nk,nkd->nd", texels.weights, corners[texels.face])
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        painted[texels.index] = _colors_at(source, albedo, points, normals[texels.face])
        is_painted[texels.index] = True
    image = run_on(painted.reshape(size, size, 3), is_painted.reshape(size, size))
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _colors_at(source: Surface, albedo: np.ndarray, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The source's colour nearest to each point, on the side that faces as its normal does: f32[N, 3]."""
    at, face = _nearest(source, points, normals)
    first, second, third = (source.vertices[source.faces[face, corner]] for corner in range(3))
    uv = np.einsum("nk,nkd->nd", _barycentric(at, first, second, third), source.uvs[face])
    height, width = albedo.shape[:2]
    column = (uv[:, 0] * width).astype(int).clip(0, width - 1)
    row = ((1 - uv[:, 1]) * height).astype(int).clip(0, height - 1)
    return albedo[row, column]


def _nearest(source: Surface, points: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place f32[N, 3] on the source for each point, and its triangle i64[N]."""
    tree = BVHTree.FromPolygons(source.vertices.tolist(), source.faces.tolist(), all_triangles=True)
    at, face = np.empty((len(points), 3), np.float32), np.empty(len(points), np.int64)
    for index, (point, normal) in enumerate(zip(points.tolist(), normals.tolist(), strict=True)):
        place, facing, nearest, _ = tree.find_nearest(point)
        if facing is not None and facing.dot(normal) < 0:
            # The far side of a thin wall may be nearer than this one.
            place, nearest = _along(tree, Vector(point), Vector(normal)) or (place, nearest)
        assert place is not None, "a tree with a face in it always finds one"
        assert nearest is not None, "a tree with a face in it always finds one"
        at[index], face[index] = place[:], nearest
    return at, face


def _along(tree: BVHTree, point: Vector, normal: Vector) -> tuple[Vector, int] | None:
    """The nearer of the surfaces before and behind the point that face as it does."""
    found: tuple[float, Vector, int] | None = None
    for direction in (normal, -normal):
        place, facing, triangle, distance = tree.ray_cast(point, direction)
        if place is None or facing is None or triangle is None or distance is None or facing.dot(normal) <= 0:
            continue
        if found is None or distance < found[0]:
            found = (distance, place, triangle)
    return found[1:] if found else None


def _barycentric(at: np.ndarray, first: np.ndarray, second: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Weights f32[N, 3] of points in the planes of triangles."""
    normal = np.cross(second - first, third - first)
    squared = np.maximum((normal * normal).sum(axis=1), 1e-30)
    at_second = (np.cross(at - first, third - first) * normal).sum(axis=1) / squared
    at_third = (np.cross(second - first, at - first) * normal).sum(axis=1) / squared
    return np.stack([1 - at_second - at_third, at_second, at_third], axis=-1).clip(0, 1)
