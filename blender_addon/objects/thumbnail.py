"""Small pictures of meshes, drawn in numpy: previews of assets, the history, and jobs while they run.

No window and no GPU is needed for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

_SAMPLES_PER_PIXEL = 6
_QUICK_SAMPLES_PER_PIXEL = 3
_OVERSAMPLING = 2
_AZIMUTH = math.radians(30)
_ELEVATION = math.radians(20)
_LIGHT = np.array([-0.4, -0.7, 0.6]) / np.linalg.norm([-0.4, -0.7, 0.6])
_AMBIENT = 0.45
_MARGIN = 0.92
_UNPAINTED = 0.8


def draw(vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray, albedo: np.ndarray, size: int) -> np.ndarray:
    """The object from the front, from a little to the right and above: f32[size, size, 4], sRGB, first row is the top.

    vertices: f32[V, 3], Z up, front at -Y.  faces: i32[F, 3].  uvs: f32[F, 3, 2].  albedo: f32[H, W, 3], first row is
    the top. The surface is sampled at so many points, spread evenly, that no pixel on it stays empty.
    """
    fine = size * _OVERSAMPLING
    samples = _spread(vertices, faces, fine * fine * _SAMPLES_PER_PIXEL)
    if samples is None:
        return np.zeros((size, size, 4), np.float32)
    uv = samples.mean_of_corners(uvs)
    height, width = albedo.shape[:2]
    column = (uv[:, 0] * width).astype(int).clip(0, width - 1)
    row = ((1 - uv[:, 1]) * height).astype(int).clip(0, height - 1)
    light = _lit(samples.mean_of_corners(_smooth_normals(vertices, faces)[faces]))
    return _smaller(_seen(samples.mean_of_corners(vertices[faces]), albedo[row, column, :3] * light, fine))


def draw_painted(vertices: np.ndarray, faces: np.ndarray, colors: np.ndarray | None, size: int) -> np.ndarray:
    """Likewise of a mesh with a colour u8[V, 4] at each vertex, or grey; rougher, and quick enough for a live one."""
    samples = _spread(vertices, faces, size * size * _QUICK_SAMPLES_PER_PIXEL)
    if samples is None:
        return np.zeros((size, size, 4), np.float32)
    chosen = faces[samples.face]
    corners = vertices[chosen]
    points = np.einsum("nk,nkd->nd", samples.weights, corners)
    light = _lit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    if colors is None:
        painted = np.full_like(points, _UNPAINTED)
    else:
        painted = np.einsum("nk,nkd->nd", samples.weights, colors[chosen, :3].astype(np.float32) / 255)
    return _seen(points, painted * light, size)


@dataclass(frozen=True)
class _Samples:
    """Points on a surface: the face i64[N] of each, and its barycentric weights f32[N, 3] there."""

    face: np.ndarray
    weights: np.ndarray

    def mean_of_corners(self, corners: np.ndarray) -> np.ndarray:
        """What has values [F, 3, D] at the corners, at the points."""
        return np.einsum("nk,nkd->nd", self.weights, corners[self.face])


def _spread(vertices: np.ndarray, faces: np.ndarray, count: int) -> _Samples | None:
    """So many points, evenly on the surface; None where there is none."""
    area = np.linalg.norm(_face_normals(vertices, faces), axis=1)
    if not area.sum() > 0:
        return None
    share = np.cumsum(area) / area.sum()
    face = np.searchsorted(share, (np.arange(count) + 0.5) / count).clip(max=len(area) - 1)
    return _Samples(face, _spread_in_triangles(count))


def _face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """f32[F, 3], as long as twice the face is large."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return np.cross(b - a, c - a)


def _smooth_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """f32[V, 3], of any length."""
    normals = _face_normals(vertices, faces)
    smooth = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(smooth, faces[:, corner], normals)
    return smooth


def _lit(normals: np.ndarray) -> np.ndarray:
    """How bright a surface is that faces there: f32[N, 1] for normals of any length."""
    length = np.maximum(np.linalg.norm(normals, axis=1), 1e-12)
    return (_AMBIENT + (1 - _AMBIENT) * np.maximum(normals @ _LIGHT / length, 0))[:, None]


def _seen(points: np.ndarray, colors: np.ndarray, size: int) -> np.ndarray:
    """The nearest of the coloured points at every pixel: f32[size, size, 4]."""
    picture = np.zeros((size * size, 4), np.float32)
    across, up, towards = _view(points)
    middle = (across.max() + across.min()) / 2, (up.max() + up.min()) / 2
    extent = max(np.ptp(across), np.ptp(up), 1e-9)
    column = ((across - middle[0]) / extent * _MARGIN + 0.5) * size
    row = (0.5 - (up - middle[1]) / extent * _MARGIN) * size
    pixel = row.astype(np.int64).clip(0, size - 1) * size + column.astype(np.int64).clip(0, size - 1)
    # The nearest is written last.
    order = np.argsort(towards)
    picture[pixel[order], :3] = colors[order]
    picture[pixel, 3] = 1.0
    return picture.reshape(size, size, 4)


@cache
def _spread_in_triangles(count: int) -> np.ndarray:
    """Barycentric weights f32[count, 3] by a sequence without gaps (Roberts' R2), the same for every call."""
    index = np.arange(count)[:, None]
    first, second = np.mod(index * np.array([0.7548776662466927, 0.5698402909980532]), 1.0).T
    root = np.sqrt(first)
    return np.stack([1 - root, root * (1 - second), root * second], axis=1).astype(np.float32)


def _view(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each point's place to the right, upwards and towards the eye."""
    sine, cosine = math.sin(_AZIMUTH), math.cos(_AZIMUTH)
    right = np.array([cosine, sine, 0.0])
    level = np.array([sine, -cosine, 0.0])
    towards = level * math.cos(_ELEVATION) + np.array([0.0, 0.0, math.sin(_ELEVATION)])
    upwards = np.cross(towards, right)
    return points @ right, points @ upwards, points @ towards


def _smaller(picture: np.ndarray) -> np.ndarray:
    """Blocks of pixels averaged, colours by how much of a block they cover."""
    size = picture.shape[0] // _OVERSAMPLING
    blocks = picture.reshape(size, _OVERSAMPLING, size, _OVERSAMPLING, 4)
    alpha = blocks[..., 3].mean(axis=(1, 3))
    color = blocks[..., :3].sum(axis=(1, 3)) / np.maximum(blocks[..., 3:].sum(axis=(1, 3)), 1.0)
    return np.concatenate([color, alpha[..., None]], axis=-1).astype(np.float32)
