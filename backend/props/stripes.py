"""World-fixed bands: cuts a part along parallel planes so that each face lies in one band."""

import numpy as np

_ON_PLANE = 1e-6


def cut_by_planes(
    vertices: np.ndarray, faces: np.ndarray, direction: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Split every face that crosses a plane `direction . x = offset`; a closed surface stays closed.

    vertices: float[V, 3]; faces: int[F, 3]; direction: unit vector; offsets: one per plane.
    """
    points = [tuple(p) for p in vertices]
    triangles = [tuple(f) for f in faces]
    for offset in offsets:
        side = np.array(points) @ direction - offset
        side[np.abs(side) < _ON_PLANE] = 0.0
        triangles = _cut_once(points, triangles, np.sign(side), side)
    return np.array(points), np.array(triangles, dtype=np.int64)


def _cut_once(points: list, triangles: list, sign: np.ndarray, side: np.ndarray) -> list:
    made: dict[tuple[int, int], int] = {}

    def crossing(i: int, j: int) -> int:
        i, j = min(i, j), max(i, j)
        if (i, j) not in made:
            share = side[i] / (side[i] - side[j])
            made[i, j] = len(points)
            points.append(tuple(np.array(points[i]) * (1 - share) + np.array(points[j]) * share))
        return made[i, j]

    result = []
    for triangle in triangles:
        signs = [sign[i] for i in triangle]
        if not (1.0 in signs and -1.0 in signs):
            result.append(triangle)
        elif 0.0 in signs:
            k = signs.index(0.0)
            a, b, c = triangle[k], triangle[(k + 1) % 3], triangle[(k + 2) % 3]
            m = crossing(b, c)
            result += [(a, b, m), (a, m, c)]
        else:
            k = next(k for k in range(3) if signs[k] != signs[(k + 1) % 3] and signs[k] != signs[(k + 2) % 3])
            a, b, c = triangle[k], triangle[(k + 1) % 3], triangle[(k + 2) % 3]
            ab, ac = crossing(a, b), crossing(a, c)
            result += [(a, ab, ac), (ab, b, c), (ab, c, ac)]
    return result


def is_light_band(heights: np.ndarray, period: float, light_share: float, phase: float) -> np.ndarray:
    """Whether each coordinate along the stripe direction falls into the light part of its period."""
    return np.mod(heights - phase, period) < light_share * period


def band_edges(low: float, high: float, period: float, light_share: float, phase: float) -> np.ndarray:
    """All band borders strictly inside (low, high)."""
    first = np.floor((low - phase) / period) * period + phase
    starts = np.arange(first, high + period, period)
    edges = np.concatenate([starts, starts + light_share * period])
    return np.sort(edges[(edges > low) & (edges < high)])
