"""Two objects in one frame, so that position and size do not count as shape."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Placement:
    """points * scale + offset (f64[3])."""

    scale: float
    offset: np.ndarray

    def moved(self, points: np.ndarray) -> np.ndarray:
        """f32[P, 3]."""
        return (points * self.scale + self.offset).astype(np.float32)


def placement(vertices: np.ndarray, reference: np.ndarray) -> Placement:
    """What makes box centre and box diagonal of ``vertices`` [V, 3] equal ``reference``'s; it turns nothing.

    Raises ValueError for a mesh of one point.
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    reference_low, reference_high = reference.min(axis=0), reference.max(axis=0)
    diagonal = np.linalg.norm(high - low)
    if not diagonal > 0:
        raise ValueError("the mesh is a single point, so it has no size to align")
    scale = float(np.linalg.norm(reference_high - reference_low) / diagonal)
    return Placement(scale, (reference_low + reference_high) / 2 - (low + high) / 2 * scale)


def moved_onto(vertices: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """``vertices`` f32[V, 3] placed onto ``reference``.

    Rotation is not touched: facing the wrong way is an error of the object. Raises ValueError for a mesh of one point.
    """
    return placement(vertices, reference).moved(vertices)


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Points f32[P, 3] turned about the Z axis, counter-clockwise seen from above."""
    angle = math.radians(degrees)
    x, y, z = points.T
    return np.stack(
        [math.cos(angle) * x - math.sin(angle) * y, math.sin(angle) * x + math.cos(angle) * y, z], axis=1
    ).astype(np.float32)
