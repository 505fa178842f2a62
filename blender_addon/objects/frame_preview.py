"""A frame of an object's growth in its place: another mesh for as long as one looks at it; the finished one is kept.

The object itself says that it shows a frame, so that undo, copies and files never take a frame for the finished shape.
"""

from __future__ import annotations

import bpy
import numpy as np

from ...shared.mesh import MeshSnapshot
from . import material, mesh_data, versions

_FINAL = "any_to_3d_final_mesh"
_FRAME = "any_to_3d_frame"
_IS_FRAME = "any_to_3d_is_frame"
_RUN = "frames"

FRAME_SHOWN = "It shows a former frame of its growth. Go back to the final shape, or keep the frame as an object"


def frame_shown(target: bpy.types.Object) -> int | None:
    """The number of the frame that the object shows, as it was given to ``show``; None for one that is as it is."""
    mesh = target.data
    is_frame = isinstance(mesh, bpy.types.Mesh) and mesh.get(_IS_FRAME) is not None
    return int(target.get(_FRAME, 0)) if is_frame else None


def final_mesh(target: bpy.types.Object) -> bpy.types.Mesh:
    """The object's mesh, whatever it shows."""
    final = target.get(_FINAL) if frame_shown(target) is not None else target.data
    assert isinstance(final, bpy.types.Mesh), "only meshes show frames"
    return final


def show(target: bpy.types.Object, number: int, frame: MeshSnapshot, vertices: np.ndarray) -> None:
    """Let the object show this frame. vertices: the frame's, in the object's own space.

    Raises ValueError in any mode but Object Mode.
    """
    if target.mode != "OBJECT":
        raise ValueError(f"'{target.name}' is in another mode; leave to Object Mode first.")
    if frame_shown(target) is None:
        empty = bpy.data.meshes.new(f"{target.name} frame")
        empty[_IS_FRAME] = True
        target[_FINAL] = target.data
        versions.put_mesh(target, empty)
    mesh = target.data
    assert isinstance(mesh, bpy.types.Mesh), "put there above"
    mesh_data.write_snapshot(mesh, frame, vertices, f"{_RUN} {number}")
    material.show_vertex_colors(mesh, mesh.name, frame.colors)
    target[_FRAME] = number


def end(target: bpy.types.Object) -> bool:
    """Give the object its finished mesh back; whether it showed a frame. Raises ValueError outside Object Mode."""
    final = target.get(_FINAL)
    shown = target.data
    is_frame = frame_shown(target) is not None
    if is_frame and isinstance(final, bpy.types.Mesh) and isinstance(shown, bpy.types.Mesh):
        versions.put_mesh(target, final)
        _remove(shown)
    for name in (_FINAL, _FRAME):
        if target.get(name) is not None:
            del target[name]
    return is_frame


def end_all() -> None:
    """Before a file is saved, and after one was loaded that Blender saved by itself: every object is as it is."""
    for each in bpy.data.objects:
        if each.type == "MESH" and each.library is None and each.get(_FINAL) is not None and each.mode == "OBJECT":
            end(each)


def keep(target: bpy.types.Object) -> bpy.types.Object:
    """A new object with the frame that ``target`` shows, where it stands; ``target`` gets its finished mesh back."""
    shown = target.data
    assert isinstance(shown, bpy.types.Mesh), "only meshes show frames"
    mesh = shown.copy()
    for name in list(mesh.keys()):
        del mesh[name]
    made = bpy.data.objects.new(mesh.name, mesh)
    for collection in target.users_collection:
        collection.objects.link(made)
    made.matrix_world = target.matrix_world.copy()
    end(target)
    return made


def _remove(mesh: bpy.types.Mesh) -> None:
    materials = [each for each in mesh.materials if each is not None]
    if not mesh.users:
        bpy.data.meshes.remove(mesh)
    for each in materials:
        versions.remove_unused(each)
