"""Where a generated object stands, how big it is and how it ends. Pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

Origin = Literal["BASE", "CENTRE"]
Place = Literal["CURSOR", "SURFACE", "REPLACE"]

SHARP_ANGLE = math.radians(60)
"""Generated surfaces are bumpy: at 30 or 40 degrees, meant for clean models, their bumps would show as facets."""


@dataclass(frozen=True)
class Group:
    """A collection that objects are put into together, made when the first of them is there."""

    identifier: str
    name: str


@dataclass(frozen=True)
class Placement:
    """What the artist asked for when pressing Generate.

    location: of the object's origin, in Blender units.  height: in metres.  scene, replaces: names, at that moment.
    group: None for the active collection.
    as_version: the result becomes a new version of what it replaces, instead of an object of its own.
    local_from_generator: 16 numbers of the matrix by which a mesh of the job stands, exactly where the replaced object
    does; without them it stands by ``height`` and ``origin``.
    max_faces: 0 keeps what the backend makes.  sharp_angle: radians; edges above it look sharp, the others smooth.
    """

    location: tuple[float, float, float]
    height: float
    scene: str
    origin: Origin = "BASE"
    replaces: str = ""
    takes_name: bool = False
    group: Group | None = None
    max_faces: int = 0
    sharp_angle: float = SHARP_ANGLE
    as_version: bool = False
    local_from_generator: tuple[float, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it stands as the replaced object does, with its scale, and not upright by a height."""
        return self.as_version or bool(self.local_from_generator)


def stand(vertices: np.ndarray, height: float, origin: Origin = "BASE") -> np.ndarray:
    """Vertices f32[V, 3] scaled to ``height`` along Z, with the middle of their base, or of their box, at 0, 0, 0.

    A mesh without thickness along Z is scaled by its largest extent instead; an empty one is returned as it is.

    >>> stand(np.array([[0, 0, -1], [2, 2, 1]], np.float32), 1.0).tolist()
    [[-0.5, -0.5, 0.0], [0.5, 0.5, 1.0]]
    >>> stand(np.array([[0, 0, -1], [2, 2, 1]], np.float32), 1.0, "CENTRE").tolist()
    [[-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]]
    """
    if len(vertices) == 0:
        return vertices
    by_axis = np.ascontiguousarray(vertices.T)  # rows of three are slow to reduce and to add to
    low, high = by_axis.min(axis=1), by_axis.max(axis=1)
    extent = high - low
    size = extent[2] if extent[2] > 1e-6 else extent.max()
    scale = np.float32(height / size) if size > 1e-6 else np.float32(1.0)
    middle = (low + high) / 2
    if origin == "BASE":
        middle[2] = low[2]
    by_axis -= middle.astype(np.float32)[:, None]
    by_axis *= scale
    return np.ascontiguousarray(by_axis.T)


def origin_above(base: float, height: float, origin: Origin) -> float:
    """How high the origin of an object is that stands at ``base``; same unit as both.

    >>> origin_above(1.0, 0.5, "BASE"), origin_above(1.0, 0.5, "CENTRE")
    (1.0, 1.25)
    """
    return base if origin == "BASE" else base + height / 2
