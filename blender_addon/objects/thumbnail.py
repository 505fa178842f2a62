"""A small picture of a textured mesh, drawn in numpy: for asset previews, also where there is no window and no GPU."""

from __future__ import annotations

import math

import numpy as np

_SAMPLES_PER_PIXEL = 6
_OVERSAMPLING = 2
_AZIMUTH = math.radians(30)
_ELEVATION = math.radians(20)
_LIGHT = np.array([-0.4, -0.7, 0.6]) / np.linalg.norm([-0.4, -0.7, 0.6])
_AMBIENT = 0.45
_MARGIN = 0.92


def draw(vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray, albedo: np.ndarray, size: int) -> np.ndarray:
    """The object from the front, from a little to the right and above: f32[size, size, 4], sRGB, first row is the top.

    vertices: f32[V, 3], Z up, front at -Y.  faces: i32[F, 3].  uvs: f32[F, 3, 2].  albedo: f32[H, W, 3], first row is
    the top. The surface is sampled at so many points, spread evenly, that no pixel on it stays empty.
    """
    fine = size * _OVERSAMPLING
    picture = np.zeros((fine * fine, 4), np.float32)
    points, colors = _samples(vertices, faces, uvs, albedo, fine * fine * _SAMPLES_PER_PIXEL)
    if len(points):
        across, up, towards = _view(points)
        middle = (across.max() + across.min()) / 2, (up.max() + up.min()) / 2
        extent = max(np.ptp(across), np.ptp(up), 1e-9)
        column = ((across - middle[0]) / extent * _MARGIN + 0.5) * fine
        row = (0.5 - (up - middle[1]) / extent * _MARGIN) * fine
        pixel = row.astype(np.int64).clip(0, fine - 1) * fine + column.astype(np.int64).clip(0, fine - 1)
        # The nearest is written last.
        order = np.argsort(towards)
        picture[pixel[order], :3] = colors[order]
        picture[pixel, 3] = 1.0
    return _smaller(picture.reshape(fine, fine, 4))


def _samples(
    vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray, albedo: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points f32[count, 3] on the surface and their shaded colours f32[count, 3]."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    if not area.sum() > 0:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)
    smooth = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(smooth, faces[:, corner], normals)
    share = np.cumsum(area) / area.sum()
    face = np.searchsorted(share, (np.arange(count) + 0.5) / count).clip(max=len(area) - 1)
    weights = _spread_in_triangles(count)
    points = np.einsum("nk,nkd->nd", weights, corners[face])
    normal = np.einsum("nk,nkd->nd", weights, smooth[faces[face]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    uv = np.einsum("nk,nkd->nd", weights, uvs[face])
    height, width = albedo.shape[:2]
    column = (uv[:, 0] * width).astype(int).clip(0, width - 1)
    row = ((1 - uv[:, 1]) * height).astype(int).clip(0, height - 1)
    light = _AMBIENT + (1 - _AMBIENT) * np.maximum(normal @ _LIGHT, 0)
    return points, albedo[row, column, :3] * light[:, None]


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
