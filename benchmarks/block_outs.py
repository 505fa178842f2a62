"""Rough shapes as an artist blocks them out in a minute, and what each is to become: heaps of boxes and cylinders."""

from dataclasses import dataclass

import numpy as np
import trimesh
from any_to_3d.backend.evaluation.pairs import Pair
from any_to_3d.backend.props.build import PROP_RADIUS
from trimesh import Trimesh
from trimesh.creation import box, cylinder
from trimesh.transformations import rotation_matrix


@dataclass(frozen=True)
class BlockOut:
    """vertices f32[V, 3] in generator units, front towards -Y, as large as the props; faces i32[F, 3]."""

    pair: Pair
    vertices: np.ndarray
    faces: np.ndarray


def block_outs() -> tuple[BlockOut, ...]:
    """All of them; parts overlap, and the mug is open at the top."""
    made = {
        Pair("chair", "red"): _chair(),
        Pair("barrel", "blue"): [_can(0.45, 1.2)],
        Pair("table", "brown"): [_brick((1.4, 0.9, 0.12), (0, 0, 0.35)), *_legs(0.6, 0.35, -0.05, 0.8, 0.12)],
        Pair("mug", "yellow"): [_open_can(0.45, 0.9), *_handle()],
        Pair("house", "green"): [_brick((1.0, 1.0, 0.7), (0, 0, -0.3)), _roof()],
        Pair("car", "orange"): _car(),
    }
    return tuple(_framed(pair, parts) for pair, parts in made.items())


def _chair() -> list[Trimesh]:
    seat, back = _brick((0.8, 0.8, 0.12), (0, 0, 0)), _brick((0.8, 0.12, 0.8), (0, 0.34, 0.4))
    return [seat, back, *_legs(0.33, 0.33, -0.35, 0.7, 0.12)]


def _car() -> list[Trimesh]:
    body, cabin = _brick((0.6, 1.4, 0.3), (0, 0, 0)), _brick((0.5, 0.7, 0.3), (0, 0.05, 0.25))
    across = rotation_matrix(np.pi / 2, (0, 1, 0))
    wheels = [
        cylinder(0.16, 0.1, sections=24).apply_transform(across).apply_translation((x, y, -0.15))
        for x in (-0.3, 0.3)
        for y in (-0.45, 0.45)
    ]
    return [body, cabin, *wheels]


def _handle() -> list[Trimesh]:
    bars = [_brick((0.3, 0.1, 0.1), (0.55, 0, z)) for z in (-0.2, 0.2)]
    return [*bars, _brick((0.1, 0.1, 0.5), (0.7, 0, 0))]


def _roof() -> Trimesh:
    corners = [(x, y, 0.05) for x in (-0.6, 0.6) for y in (-0.6, 0.6)] + [(0, -0.6, 0.65), (0, 0.6, 0.65)]
    return Trimesh(corners, [(0, 2, 4), (1, 5, 3), (0, 4, 5), (0, 5, 1), (2, 3, 5), (2, 5, 4), (0, 1, 3), (0, 3, 2)])


def _legs(x: float, y: float, middle: float, length: float, thickness: float) -> list[Trimesh]:
    size = (thickness, thickness, length)
    return [_brick(size, (sx * x, sy * y, middle)) for sx in (-1, 1) for sy in (-1, 1)]


def _brick(size: tuple[float, float, float], middle: tuple[float, float, float]) -> Trimesh:
    return box(size).apply_translation(middle)


def _can(radius: float, height: float) -> Trimesh:
    return cylinder(radius, height, sections=32)


def _open_can(radius: float, height: float) -> Trimesh:
    """Without its upper lid."""
    can = _can(radius, height)
    return Trimesh(can.vertices, can.faces[can.triangles_center[:, 2] < height / 2 - 1e-6])


def _framed(pair: Pair, parts: list[Trimesh]) -> BlockOut:
    whole = trimesh.util.concatenate(parts)
    low, high = whole.bounds
    centred = whole.vertices - (low + high) / 2
    scaled = PROP_RADIUS / np.linalg.norm(centred, axis=1).max() * centred
    return BlockOut(pair, scaled.astype(np.float32), whole.faces.astype(np.int32))
