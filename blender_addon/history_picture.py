"""A small picture of a finished object, for the history: points of its surface, splatted. Pure numpy.

Blender's own previews are made in the background, of assets, and never without a window; this takes some milliseconds.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

from ..shared.mesh import TexturedMesh

SIZE = 96
"""Pixels a side."""

_SAMPLES = 60_000
_MARGIN = 0.06
_LIGHT = np.array([-0.35, -0.65, 0.68], np.float32)
_AMBIENT = 0.55
_AZIMUTH, _ELEVATION = np.radians(30.0), np.radians(20.0)


def picture_of(mesh: TexturedMesh) -> np.ndarray:
    """The object from its front right, a little above, lit from the left: u8[SIZE, SIZE, 4], first row at the top."""
    picture = np.zeros((SIZE, SIZE, 4), np.uint8)
    if len(mesh.faces) == 0:
        return picture
    corners = mesh.vertices[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled_area = np.linalg.norm(across, axis=1)
    face, weights = _spread(doubled_area)
    points = np.einsum("nk,nkc->nc", weights, corners[face])
    colors = _texels(mesh, face, weights) * _shade(across / np.maximum(doubled_area, 1e-12)[:, None])[face, None]
    column, row, depth = _projected(points)
    # The nearest comes last, and what is written last stays.
    order = np.argsort(-depth, kind="stable")
    picture[row[order], column[order], :3] = colors[order].clip(0, 255).astype(np.uint8)
    picture[row, column, 3] = 255
    return picture


def packed(picture: np.ndarray) -> str:
    """As text, for a property in the .blend."""
    return base64.b85encode(zlib.compress(picture.tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> np.ndarray | None:
    """The picture u8[SIZE, SIZE, 4]; None for a text that holds none."""
    try:
        pixels = zlib.decompress(base64.b85decode(text))
        return np.frombuffer(pixels, np.uint8).reshape(SIZE, SIZE, 4)
    except (ValueError, zlib.error):
        return None


def _spread(areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces by their share of the area, each at least once, and barycentric weights spread over them."""
    share = areas / max(float(areas.sum()), 1e-12)
    face = np.repeat(np.arange(len(areas)), 1 + np.floor(share * _SAMPLES).astype(np.int64))
    # The additive recurrence of two irrational numbers fills a square evenly (Roberts 2018); folded, a triangle.
    steps = np.arange(1, len(face) + 1)[:, None] * np.array([0.7548776662466927, 0.5698402909980532])
    u, v = (steps % 1.0).T
    outside = u + v > 1
    u[outside], v[outside] = 1 - u[outside], 1 - v[outside]
    return face, np.stack([1 - u - v, u, v], axis=1).astype(np.float32)


def _texels(mesh: TexturedMesh, face: np.ndarray, weights: np.ndarray) -> np.ndarray:
    uv = np.einsum("nk,nkc->nc", weights, mesh.uvs[mesh.uv_faces][face])
    height, width = mesh.albedo.shape[:2]
    column = (uv[:, 0] * width).astype(np.int64).clip(0, width - 1)
    row = ((1 - uv[:, 1]) * height).astype(np.int64).clip(0, height - 1)
    return mesh.albedo[row, column].astype(np.float32)


def _shade(normals: np.ndarray) -> np.ndarray:
    return _AMBIENT + (1 - _AMBIENT) * (normals @ (_LIGHT / np.linalg.norm(_LIGHT))).clip(0, 1)


def _projected(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Column, row and distance of points seen without perspective, the whole object in the picture."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y, z = (points - (low + high) / 2).T
    # Turned so that the camera, at -Y, moves to the right of the front.
    right, forward = x * np.cos(_AZIMUTH) + y * np.sin(_AZIMUTH), -x * np.sin(_AZIMUTH) + y * np.cos(_AZIMUTH)
    up = z * np.cos(_ELEVATION) + forward * np.sin(_ELEVATION)
    depth = forward * np.cos(_ELEVATION) - z * np.sin(_ELEVATION)
    extent = max(float(np.ptp(right)), float(np.ptp(up)), 1e-9)
    scale = SIZE * (1 - 2 * _MARGIN) / extent
    column = (SIZE / 2 + (right - (right.min() + right.max()) / 2) * scale).astype(np.int64)
    row = (SIZE / 2 - (up - (up.min() + up.max()) / 2) * scale).astype(np.int64)
    return column.clip(0, SIZE - 1), row.clip(0, SIZE - 1), depth
