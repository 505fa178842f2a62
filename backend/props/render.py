"""Pictures of props for training and comparison: flat shading under one world-fixed light, area-sampled edges."""

import math
from dataclasses import dataclass

import numpy as np

from ...shared.conventions import camera_position
from ..kernels.zbuffer import triangle_ids
from .build import Prop

FOV_Y = math.radians(40.0)
DISTANCE = 2.5

_NEAR, _FAR = 1.0, 5.0

# From the front left, above. The light stays with the world, so shading tells one azimuth from another.
_LIGHT = np.array([-0.30, -0.55, 0.78]) / np.linalg.norm([-0.30, -0.55, 0.78])
_DARKEST = 0.58


@dataclass(frozen=True)
class PropView:
    """rgb: uint8[S, S, 3] on white.   alpha: uint8[S, S].   normal: uint8[S, S, 3], world (n + 1) / 2 on black."""

    rgb: np.ndarray
    alpha: np.ndarray
    normal: np.ndarray


def render(
    prop: Prop,
    elevation: float,
    azimuth: float,
    size: int = 64,
    supersample: int = 3,
    distance: float = DISTANCE,
    fov_y: float = FOV_Y,
) -> PropView:
    """One square view; angles in radians by shared/conventions.py, supersample^2 z-buffer samples a pixel.

    Deterministic. Light falls off smoothly from 1.0 facing the lamp to 0.58 facing away (a wrapped Lambert term), so
    the prop's colour stays readable all around; there are no shadows.
    """
    triangles = prop.vertices[prop.faces]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    shade = _DARKEST + (1.0 - _DARKEST) * (0.5 + 0.5 * normals @ _LIGHT).clip(0.0) ** 1.5
    # Row 0 is the background, so that ids index the table directly.
    table = np.zeros((len(prop.faces) + 1, 7), dtype=np.float32)
    table[0, :3] = 1.0
    table[1:, :3] = prop.face_colors * shade[:, None]
    table[1:, 3] = 1.0
    table[1:, 4:] = 0.5 * normals + 0.5
    fine = size * supersample
    ids, _ = triangle_ids(clip_coordinates(prop.vertices, elevation, azimuth, distance, fov_y), prop.faces, fine, fine)
    samples = table[ids].reshape(size, supersample, size, supersample, 7).mean(axis=(1, 3))
    image = np.rint(255.0 * samples.clip(0.0, 1.0)).astype(np.uint8)
    return PropView(image[..., :3], image[..., 3], image[..., 4:])


def clip_coordinates(
    vertices: np.ndarray, elevation: float, azimuth: float, distance: float = DISTANCE, fov_y: float = FOV_Y
) -> np.ndarray:
    """World points [V, 3] to clip space float32[V, 4] of the camera that looks at the origin (OpenGL's convention)."""
    position = camera_position(distance, elevation, azimuth)
    right = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    backward = position / distance
    up = np.cross(backward, right)
    seen = (np.asarray(vertices, dtype=np.float64) - position) @ np.column_stack([right, up, backward])
    focal = 1.0 / math.tan(0.5 * fov_y)
    z = seen[:, 2] * (_FAR + _NEAR) / (_NEAR - _FAR) + 2.0 * _FAR * _NEAR / (_NEAR - _FAR)
    return np.column_stack([focal * seen[:, 0], focal * seen[:, 1], z, -seen[:, 2]]).astype(np.float32)
