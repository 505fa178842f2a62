"""Where a generated object stands and how big it is. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Placement:
    """What the artist asked for when pressing Generate: the 3D cursor, the height (Blender units) and the scene."""

    location: tuple[float, float, float]
    height: float
    scene: str


def stand_on_base(vertices: np.ndarray, height: float) -> np.ndarray:
    """Vertices f32[V, 3] moved so that the centre of their base is the origin and scaled to ``height`` along Z.

    A mesh without thickness along Z is scaled by its largest extent instead; an empty one is returned as it is.

    >>> stand_on_base(np.array([[0, 0, -1], [2, 2, 1]], np.float32), 1.0).tolist()
    [[-0.5, -0.5, 0.0], [0.5, 0.5, 1.0]]
    """
    if len(vertices) == 0:
        return vertices
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    extent = high - low
    size = extent[2] if extent[2] > 1e-6 else extent.max()
    scale = np.float32(height / size) if size > 1e-6 else np.float32(1.0)
    base = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], np.float32)
    return (vertices - base) * scale
