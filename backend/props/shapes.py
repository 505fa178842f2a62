"""Closed mesh parts in numpy: everything a prop is put together from.

Each part is one closed surface wound outwards (counter-clockwise from outside). Parts of one prop may overlap.
Z is up; sizes are free, since a finished prop is scaled as a whole.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

Point = tuple[float, float, float]

# A cone's tip keeps this radius so that no face has zero area and every face has a normal.
_LEAST_RADIUS = 2e-3

_TUBE_SEGMENTS = 10


@dataclass(frozen=True)
class Part:
    """vertices: float64[V, 3]; faces: int64[F, 3]; paint: a name that palette.paint knows."""

    vertices: np.ndarray
    faces: np.ndarray
    paint: str

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Part":
        """The part shifted by (x, y, z)."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> "Part":
        """The part stretched about the origin by positive factors."""
        return replace(self, vertices=self.vertices * np.array([x, y, z]))

    def turned(self, axis: int, angle: float) -> "Part":
        """The part rotated about the X (0), Y (1) or Z (2) axis through the origin, right-handed, in radians."""
        a, b = [(1, 2), (2, 0), (0, 1)][axis]
        rotation = np.eye(3)
        rotation[a, a] = rotation[b, b] = math.cos(angle)
        rotation[b, a], rotation[a, b] = math.sin(angle), -math.sin(angle)
        return replace(self, vertices=self.vertices @ rotation.T)


def signed_volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Volume by the divergence theorem: positive exactly if a closed surface is wound outwards."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)


def loft(rings: np.ndarray, paint: str) -> Part:
    """A closed surface through rings of points, its two ends capped by fans about their centres.

    rings: float[R, N, 3], R >= 2; the end rings must be star-shaped about their centres.
    """
    rings = np.asarray(rings, dtype=np.float64)
    ring_count, n, _ = rings.shape
    index = np.arange(ring_count * n).reshape(ring_count, n)
    here, ahead = index[:-1], index[1:]
    here_next, ahead_next = np.roll(here, -1, axis=1), np.roll(ahead, -1, axis=1)
    bottom, top = ring_count * n, ring_count * n + 1
    first, last = index[0], index[-1]
    faces = np.concatenate(
        [
            np.stack([here, here_next, ahead_next], axis=-1).reshape(-1, 3),
            np.stack([here, ahead_next, ahead], axis=-1).reshape(-1, 3),
            np.stack([np.full(n, bottom), np.roll(first, -1), first], axis=-1),
            np.stack([np.full(n, top), last, np.roll(last, -1)], axis=-1),
        ]
    )
    vertices = np.concatenate([rings.reshape(-1, 3), rings[:1].mean(axis=1), rings[-1:].mean(axis=1)])
    if signed_volume(vertices - vertices.mean(axis=0), faces) < 0:
        faces = faces[:, ::-1]
    return Part(vertices, faces, paint)


def box(center: Point, size: Point, paint: str, top_scale: tuple[float, float] = (1.0, 1.0)) -> Part:
    """A box, or with top_scale != 1 a truncated pyramid whose top is shrunk in x and y."""
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    low = np.column_stack([corners, np.full(4, -0.5)])
    high = np.column_stack([corners * np.array(top_scale), np.full(4, 0.5)])
    return loft(np.stack([low, high]) * np.array(size) + np.array(center), paint)


def prism(outline: list[tuple[float, float]], y_from: float, y_to: float, paint: str) -> Part:
    """An outline in (x, z) that is star-shaped about its mean point, pulled along y."""
    flat = np.array(outline)
    rings = [np.column_stack([flat[:, 0], np.full(len(flat), y), flat[:, 1]]) for y in (y_from, y_to)]
    return loft(np.stack(rings), paint)


def lathe(profile: list[tuple[float, float]], paint: str, segments: int = 24) -> Part:
    """A surface of revolution about Z from (radius, z) points; both ends are capped flat.

    A profile that turns back inside itself (up the outside, down the inside) makes a hollow vessel.
    """
    angles = (np.arange(segments) + 0.5) * (2.0 * math.pi / segments)
    circle = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(segments)])
    rings = [circle * max(radius, _LEAST_RADIUS) + np.array([0.0, 0.0, z]) for radius, z in profile]
    return loft(np.stack(rings), paint)


def cylinder(radius: float, z_from: float, z_to: float, paint: str, segments: int = 24) -> Part:
    """An upright cylinder about Z."""
    return lathe([(radius, z_from), (radius, z_to)], paint, segments)


def sphere(radius: float, paint: str, segments: int = 16) -> Part:
    """A sphere about the origin with half as many rows as segments."""
    angles = np.linspace(-0.5 * math.pi, 0.5 * math.pi, segments // 2 + 1)
    return lathe([(radius * math.cos(a), radius * math.sin(a)) for a in angles], paint, segments)


def torus_arc(radius: float, thickness: float, start: float, end: float, paint: str) -> Part:
    """A bent round bar in the XZ plane about the origin, from angle start to end (radians, from +X towards +Z).

    radius: of the bend, to the bar's middle; thickness: of the bar.
    """
    bends = np.linspace(start, end, 13)
    around = np.arange(_TUBE_SEGMENTS) * (2.0 * math.pi / _TUBE_SEGMENTS)
    out = radius + 0.5 * thickness * np.cos(around)
    rings = [np.column_stack([out * math.cos(b), 0.5 * thickness * np.sin(around), out * math.sin(b)]) for b in bends]
    return loft(np.stack(rings), paint)


def bar(start: Point, end: Point, thickness: float, paint: str, segments: int = 10) -> Part:
    """A round bar between two points."""
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.linalg.norm(b - a)
    side = np.cross(along, [0.0, 1.0, 0.0] if abs(along[0]) > 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(along, side)
    around = np.arange(segments) * (2.0 * math.pi / segments)
    circle = 0.5 * thickness * (np.cos(around)[:, None] * side + np.sin(around)[:, None] * other)
    return loft(np.stack([a + circle, b + circle]), paint)


def ring(profile: list[tuple[float, float]], paint: str, segments: int = 24) -> Part:
    """A closed outline of (radius, z) points turned about the Z axis: a hoop with a hole, unlike a lathe's."""
    angles = (np.arange(segments) + 0.5) * (2.0 * math.pi / segments)
    circle = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(segments)])
    outline = np.array(profile)
    vertices = circle[:, None] * outline[:, :1] + np.array([0.0, 0.0, 1.0]) * outline[:, 1:]
    index = np.arange(segments * len(outline)).reshape(segments, len(outline))
    ahead = np.roll(index, -1, axis=0)
    index_next, ahead_next = np.roll(index, -1, axis=1), np.roll(ahead, -1, axis=1)
    halves = [np.stack([index, ahead, ahead_next], axis=-1), np.stack([index, ahead_next, index_next], axis=-1)]
    vertices, faces = vertices.reshape(-1, 3), np.concatenate(halves).reshape(-1, 3)
    return Part(vertices, faces if signed_volume(vertices, faces) > 0 else faces[:, ::-1], paint)


def torus(radius: float, thickness: float, paint: str, segments: int = 24) -> Part:
    """A round ring about the Z axis at height 0. radius: to the bar's middle; thickness: of the bar."""
    around = np.arange(_TUBE_SEGMENTS) * (2.0 * math.pi / _TUBE_SEGMENTS)
    return ring(
        [(radius + 0.5 * thickness * math.cos(a), 0.5 * thickness * math.sin(a)) for a in around], paint, segments
    )


def slab(outline: list[tuple[float, float]], thickness: float, paint: str) -> Part:
    """A star-shaped outline in (x, z), given some thickness along y about y = 0."""
    return prism(outline, -0.5 * thickness, 0.5 * thickness, paint)
