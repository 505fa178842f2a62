"""A mark on a mesh that was received, by which a later look tells whether the artist has changed its shape."""

from __future__ import annotations

import hashlib

import bpy
import numpy as np

_SHAPE = "any_to_3d_shape"


def mark(mesh: bpy.types.Mesh) -> None:
    """Remember the mesh's shape as it is now."""
    mesh[_SHAPE] = _digest(mesh)


def is_untouched(target: bpy.types.Object) -> bool:
    """Whether the object's mesh has the shape that was received, and no visible modifier or shape key changes it."""
    mesh = target.data
    if not isinstance(mesh, bpy.types.Mesh) or mesh.get(_SHAPE) is None:
        return False
    if target.mode == "EDIT":
        target.update_from_editmode()
    changes = mesh.shape_keys is not None or any(modifier.show_viewport for modifier in target.modifiers)
    return not changes and mesh.get(_SHAPE) == _digest(mesh)


def _digest(mesh: bpy.types.Mesh) -> str:
    positions = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", positions)
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    starts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    digest = hashlib.blake2b(digest_size=16)
    for array in (positions, corners, starts):
        digest.update(array.tobytes())
    return digest.hexdigest()
