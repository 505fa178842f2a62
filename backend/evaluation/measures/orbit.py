"""Pictures of a finished object from all around: unlit albedo and normals, by the product's own z-buffer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ....shared.mesh import TexturedMesh
from ...finishing.texture_reading import bilinear
from ...kernels.zbuffer import triangle_ids
from ...props.render import clip_coordinates

VIEWS = 120
"""Azimuths of a full orbit (paper Sec. V-B)."""

ELEVATIONS = (0.0, 15.0)
"""Degrees; the second is the secondary report."""


@dataclass(frozen=True)
class ObjectView:
    """One picture: rgb f32[S, S, 3] on white, alpha f32[S, S], normal f32[S, S, 3], (n + 1) / 2 on black."""

    rgb: np.ndarray
    alpha: np.ndarray
    normal: np.ndarray


def azimuths(count: int = VIEWS) -> np.ndarray:
    """``count`` azimuths in radians from the front all around, the end not repeated."""
    return np.linspace(0, 2 * math.pi, count, endpoint=False)


def orbit(mesh: TexturedMesh, elevation_degrees: float, size: int, count: int = VIEWS) -> Iterator[ObjectView]:
    """``count`` views of ``mesh`` at one elevation, from distance 2.5 with a field of view of 40 degrees."""
    for azimuth in azimuths(count):
        yield render(mesh, math.radians(elevation_degrees), float(azimuth), size)


def render(mesh: TexturedMesh, elevation: float, azimuth: float, size: int, supersample: int = 2) -> ObjectView:
    """One square view; angles in radians, supersample^2 samples a pixel. The texture is read bilinearly."""
    fine = size * supersample
    clip = clip_coordinates(mesh.vertices, elevation, azimuth)
    ids, _ = triangle_ids(clip, mesh.faces, fine, fine)
    rows, columns = np.nonzero(ids)
    face = ids[rows, columns] - 1
    pixels = np.stack([(columns + 0.5) / fine * 2 - 1, 1 - (rows + 0.5) / fine * 2], axis=1)
    weights = _perspective_weights(pixels, clip.astype(np.float64)[mesh.faces[face]])
    normals = np.einsum("pc,pcx->px", weights, vertex_normals(mesh.vertices, mesh.faces)[mesh.faces[face]])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    samples = np.zeros((fine, fine, 7), np.float32)
    samples[..., :3] = 1
    samples[rows, columns, :3] = bilinear(mesh.albedo, np.einsum("pc,pcx->px", weights, mesh.uvs[mesh.uv_faces[face]]))
    samples[rows, columns, 3] = 1
    samples[rows, columns, 4:] = (normals + 1) / 2
    image = samples.reshape(size, supersample, size, supersample, 7).mean(axis=(1, 3))
    return ObjectView(image[..., :3], image[..., 3], image[..., 4:])


def visible_points(vertices: np.ndarray, faces: np.ndarray, size: int = 128, spacing: float = 0.02) -> np.ndarray:
    """Points f64[P, 3] of the surface that some camera on an orbit sees, at most one in each cube of ``spacing``.

    What lies inside a body (a prop is made of closed parts that overlap) is no part of its shape.
    """
    found = []
    for elevation in (-60.0, -20.0, 20.0, 60.0):
        for azimuth in azimuths(12):
            clip = clip_coordinates(vertices, math.radians(elevation), float(azimuth))
            ids, _ = triangle_ids(clip, faces, size, size)
            rows, columns = np.nonzero(ids)
            face = ids[rows, columns] - 1
            pixels = np.stack([(columns + 0.5) / size * 2 - 1, 1 - (rows + 0.5) / size * 2], axis=1)
            weights = _perspective_weights(pixels, clip.astype(np.float64)[faces[face]])
            found.append(np.einsum("pc,pcx->px", weights, vertices.astype(np.float64)[faces[face]]))
    points = np.concatenate(found)
    _, first = np.unique(np.floor(points / spacing).astype(np.int64), axis=0, return_index=True)
    return points[first]


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Vertex normals f64[V, 3], each face weighted by its area; not normalised."""
    a, b, c = vertices.astype(np.float64)[faces].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    return np.stack([sum(np.bincount(faces[:, k], facing[:, x], len(vertices)) for k in range(3)) for x in range(3)], 1)


def _perspective_weights(pixels: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """World-space barycentric weights f64[P, 3] of NDC points [P, 2] in clip-space triangles f64[P, 3, 4]."""
    x, y, w = corners[..., 0], corners[..., 1], corners[..., 3]
    # Edge functions of the homogeneous triangle, which are already divided by w (Olano and Greer 1997).
    dx, dy = x - pixels[:, :1] * w, y - pixels[:, 1:] * w
    weights = np.stack(
        [dx[:, i] * dy[:, j] - dx[:, j] * dy[:, i] for i, j in ((1, 2), (2, 0), (0, 1))],
        axis=1,
    )
    return weights / weights.sum(axis=1, keepdims=True)
