"""An object's shape as it is sent to begin a job with, and the way back: from the result to where the object stands."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...shared.mesh import SourceMesh
from .evaluated_mesh import evaluated, working_copy
from .object_mode import in_object_mode
from .source_fitness import check_faces, fit_source
from .source_mesh import in_generator_units

_SMALLEST_VOLUME = 1e-12


def has_visible_modifiers(target: bpy.types.Object) -> bool:
    """Whether what is sent is more than the object's mesh, so that its modifiers would count twice on the result."""
    return any(modifier.show_viewport for modifier in target.modifiers)


@dataclass(frozen=True)
class SentShape:
    """local_from_generator: f64[4, 4], by which a mesh in generator units stands in the object's own space as sent."""

    mesh: SourceMesh
    local_from_generator: np.ndarray

    @property
    def way_back(self) -> tuple[float, ...]:
        """The same as 16 numbers, row by row."""
        return tuple(self.local_from_generator.ravel().tolist())


def sent_shape(context: bpy.types.Context, target: bpy.types.Object) -> SentShape:
    """The object as it is seen, with its modifiers and its scale; its own -Y is the front, however it is turned.

    Raises ValueError, with what to do, for one that cannot be sent.
    """
    stretch = _unturned(fit_source(target))
    with in_object_mode(context), working_copy(context, target) as copy:
        check_faces(context, copy, target.name)
        seen = evaluated(context, copy)
    vertices, faces = in_generator_units(seen.vertices, seen.faces, stretch)
    mesh = SourceMesh(vertices, faces, np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32))
    return SentShape(mesh, _way_back(seen.vertices, vertices, faces, stretch))


def _unturned(target: bpy.types.Object) -> np.ndarray:
    """The object's scale and shear, f64[4, 4], without where it stands and how it is turned.

    Raises ValueError for a scale of 0, from which there is no way back.
    """
    world = target.matrix_world
    stretch = np.array(world.to_quaternion().to_matrix().inverted() @ world.to_3x3(), np.float64)
    if abs(np.linalg.det(stretch)) < _SMALLEST_VOLUME:
        raise ValueError(f"'{target.name}' has a scale of 0 along an axis. Set it to another one first.")
    matrix = np.eye(4)
    matrix[:3, :3] = stretch
    return matrix


def _way_back(local: np.ndarray, sent: np.ndarray, faces: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """What undoes stretching, centring and scaling, worked out from where the vertices that faces use came to lie."""
    used = np.unique(faces)
    stretched, placed = local[used] @ stretch[:3, :3].T, sent[used].astype(np.float64)
    axis = np.ptp(stretched, axis=0).argmax()
    scale = np.ptp(placed[:, axis]) / np.ptp(stretched[:, axis])
    center = stretched.mean(axis=0) - placed.mean(axis=0) / scale
    back = np.eye(4)
    inverse = np.linalg.inv(stretch[:3, :3])
    back[:3, :3] = inverse / scale
    back[:3, 3] = inverse @ center
    return back
