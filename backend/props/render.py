"""Pictures of props for training and comparison: surface.py under its world-fixed light, area-sampled edges."""

import math
from dataclasses import dataclass

import numpy as np

from ...shared.conventions import camera_position
from ..kernels.zbuffer import triangle_ids
from .build import Prop
from .surface import albedo, lit, soft_light

FOV_Y = math.radians(40.0)
DISTANCE = 2.5

_NEAR, _FAR = 1.0, 5.0


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

    Deterministic. Light falls off smoothly from 1.0 facing the lamp to 0.58 facing away, so the prop's colour stays
    readable all around; there are no shadows.
    """
    surface = prop.surface
    # Row 0 is the background, so that ids index the table directly.
    table = np.zeros((len(prop.faces) + 1, 7), dtype=np.float32)
    table[0, :3] = 1.0
    table[1:, :3] = surface.colours * soft_light(surface.normals)[:, None]
    table[1:, 3] = 1.0
    table[1:, 4:] = 0.5 * surface.normals + 0.5
    fine = size * supersample
    ids, _ = triangle_ids(clip_coordinates(prop.vertices, elevation, azimuth, distance, fov_y), prop.faces, fine, fine)
    samples = table[ids]
    rows, columns = np.nonzero(np.concatenate([[False], surface.is_textured])[ids])
    if len(rows):
        faces = ids[rows, columns] - 1
        points = _seen_points(prop, faces, rows, columns, fine, _Camera(elevation, azimuth, distance, fov_y))
        samples[rows, columns, :3] = lit(surface, albedo(surface, prop.triangles, points, faces), points, faces)
    samples = samples.reshape(size, supersample, size, supersample, 7).mean(axis=(1, 3))
    image = np.rint(255.0 * samples.clip(0.0, 1.0)).astype(np.uint8)
    return PropView(image[..., :3], image[..., 3], image[..., 4:])


@dataclass(frozen=True)
class _Camera:
    """Where a picture is taken from; angles in radians."""

    elevation: float
    azimuth: float
    distance: float
    fov_y: float

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Position, and the unit vectors to the right, up and backwards."""
        position = camera_position(self.distance, self.elevation, self.azimuth)
        right = np.array([math.cos(self.azimuth), math.sin(self.azimuth), 0.0])
        backward = position / self.distance
        return position, right, np.cross(backward, right), backward


def _seen_points(
    prop: Prop, faces: np.ndarray, rows: np.ndarray, columns: np.ndarray, pixels: int, camera: _Camera
) -> np.ndarray:
    """float64[N, 3]: where the rays through pixel centres meet the planes of the faces they see."""
    position, right, up, backward = camera.axes()
    reach = math.tan(0.5 * camera.fov_y)
    across, above = ((columns + 0.5) / pixels * 2.0 - 1.0) * reach, (1.0 - (rows + 0.5) / pixels * 2.0) * reach
    rays = across[:, None] * right + above[:, None] * up - backward
    normals = prop.surface.normals[faces]
    towards = np.einsum("nx,nx->n", normals, rays)
    # A face seen exactly edge-on covers no pixel centre but by rounding.
    towards = np.where(np.abs(towards) < 1e-9, 1e-9, towards)
    depth = np.einsum("nx,nx->n", normals, prop.triangles[faces, 0] - position) / towards
    return position + depth[:, None] * rays


def clip_coordinates(
    vertices: np.ndarray, elevation: float, azimuth: float, distance: float = DISTANCE, fov_y: float = FOV_Y
) -> np.ndarray:
    """World points [V, 3] to clip space float32[V, 4] of the camera that looks at the origin (OpenGL's convention)."""
    position, right, up, backward = _Camera(elevation, azimuth, distance, fov_y).axes()
    seen = (np.asarray(vertices, dtype=np.float64) - position) @ np.column_stack([right, up, backward])
    focal = 1.0 / math.tan(0.5 * fov_y)
    z = seen[:, 2] * (_FAR + _NEAR) / (_NEAR - _FAR) + 2.0 * _FAR * _NEAR / (_NEAR - _FAR)
    return np.column_stack([focal * seen[:, 0], focal * seen[:, 1], z, -seen[:, 2]]).astype(np.float32)
