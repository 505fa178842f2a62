"""The only writer of objects in ``bpy.data``: a job's live object, found again each time by the job id on it.

No Blender object is kept between calls, because undo, redo and loading a file make every reference invalid.
"""

from __future__ import annotations

from enum import Enum

import bpy
import numpy as np

from ...shared.mesh import MeshSnapshot, TexturedMesh
from ...shared.messages import Welcome
from ..state import Provenance
from . import face_budget, grouping, material, mesh_data, provenance, replacement
from .placement import SHARP_ANGLE, Placement, stand
from .units import to_units

_HEIGHT = "any_to_3d_height"
_ORIGIN = "any_to_3d_origin"
_MAX_FACES = "any_to_3d_max_faces"
_SHARP_ANGLE = "any_to_3d_sharp_angle"
_TAKES_NAME = "any_to_3d_takes_name"
_IS_FINAL = "any_to_3d_is_final"

_LONGEST_NAME = 48


class Outcome(Enum):
    """What became of a mesh: SHOWN, or BUSY (in another mode, or rendering: try again), or MISSING (no such object)."""

    SHOWN = "shown"
    BUSY = "busy"
    MISSING = "missing"


def show(origin: Provenance, snapshot: MeshSnapshot, run: str) -> Outcome:
    """Write an intermediate mesh into the job's object, in place; see mesh_data.write_snapshot."""
    target = _find(origin)
    if target is None:
        return Outcome.MISSING
    if _is_busy(target):
        return Outcome.BUSY
    mesh = _mesh_of(target)
    vertices = _standing(target, snapshot.vertices)
    mesh_data.write_snapshot(mesh, snapshot, vertices, run)
    material.show_vertex_colors(mesh, _name_of(origin), snapshot.colors)
    return Outcome.SHOWN


def finish(origin: Provenance, textured: TexturedMesh, backend: Welcome | None) -> Outcome:
    """Turn the job's object into the finished one: UVs, packed image, Principled material, smooth shading, face budget.

    backend: who made it, if that is known.
    """
    target = _find(origin)
    if target is None:
        return Outcome.MISSING
    if _is_busy(target):
        return Outcome.BUSY
    mesh = _mesh_of(target)
    sharp_angle = float(target.get(_SHARP_ANGLE, SHARP_ANGLE))
    mesh_data.write_textured(mesh, textured, _standing(target, textured.vertices), sharp_angle)
    material.show_albedo(mesh, _name_of(origin), textured)
    budget = int(target.get(_MAX_FACES, 0))
    if budget:
        face_budget.reduce_faces(target, budget, sharp_angle)
    provenance.write(target, origin)
    provenance.write_backend(target, backend)
    target[_IS_FINAL] = True
    replacement.complete(target, origin.request_id, bool(target.get(_TAKES_NAME)))
    return Outcome.SHOWN


def create(origin: Provenance, placement: Placement) -> None:
    """Add the job's object, still without a surface, at the place that the artist asked for."""
    name = _name_of(origin)
    target = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    provenance.write(target, origin)
    # An undo may have taken the mark along.
    old = replacement.find(origin.request_id) or replacement.mark(placement.replaces, origin.request_id)
    target[_HEIGHT] = replacement.height_of(old, placement.height) if old else placement.height
    target[_ORIGIN] = placement.origin
    target[_MAX_FACES] = placement.max_faces
    target[_SHARP_ANGLE] = placement.sharp_angle
    target[_TAKES_NAME] = placement.takes_name
    target[_IS_FINAL] = False
    if old is not None and old.users_scene:
        replacement.take_place(target, old, to_units(target[_HEIGHT], old.users_scene[0]), placement.origin)
        return
    target.location = placement.location
    collection = _collection(placement.scene)
    if placement.group is not None:
        collection = grouping.collection_of(placement.group, _scene(placement.scene).collection)
    collection.objects.link(target)


def remove_unfinished(origin: Provenance) -> bool:
    """Delete the job's object unless it is finished; whether there was one."""
    target = _find(origin)
    if target is None or target.get(_IS_FINAL):
        return False
    mesh = _mesh_of(target)
    bpy.data.objects.remove(target)
    if not mesh.users:
        bpy.data.meshes.remove(mesh)
    return True


def unfinished() -> tuple[Provenance, ...]:
    """The jobs whose objects in this file are not final yet."""
    objects = (each for each in bpy.data.objects if each.get(provenance.JOB) and each.library is None)
    found = (provenance.read(each) for each in objects if not each.get(_IS_FINAL))
    return tuple({origin.job_id: origin for origin in found}.values())


def push_undo(message: str) -> None:
    """One step that Ctrl-Z takes back; works from a timer, where no window is active."""
    windows = bpy.context.window_manager.windows
    if not bpy.context.window and windows:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.ed.undo_push(message=message)
    else:
        bpy.ops.ed.undo_push(message=message)


def name_of_object(origin: Provenance) -> str | None:
    """The name of the job's object, which the artist may have changed; None if there is no such object."""
    target = _find(origin)
    return target.name if target else None


def mode_of_object(origin: Provenance) -> str:
    """The mode of the job's object, "OBJECT" where there is none."""
    target = _find(origin)
    return target.mode if target else "OBJECT"


def _find(origin: Provenance) -> bpy.types.Object | None:
    for each in bpy.data.objects:
        if (
            each.get(provenance.REQUEST) == origin.request_id
            and each.type == "MESH"
            and each.library is None
            and each.users_scene
        ):
            return each
    return None


def _is_busy(target: bpy.types.Object) -> bool:
    is_rendering = bpy.app.is_job_running("RENDER") or bpy.app.is_job_running("OBJECT_BAKE")
    return is_rendering or target.mode != "OBJECT"


def _mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    mesh = target.data
    assert isinstance(mesh, bpy.types.Mesh), "only meshes are found"
    return mesh


def _standing(target: bpy.types.Object, vertices: np.ndarray) -> np.ndarray:
    height = to_units(target[_HEIGHT], target.users_scene[0])
    return stand(vertices, height, target.get(_ORIGIN, "BASE"))


def _collection(scene_name: str) -> bpy.types.Collection:
    scene = _scene(scene_name)
    if scene == bpy.context.scene:
        return bpy.context.collection or scene.collection
    return scene.collection


def _scene(name: str) -> bpy.types.Scene:
    scene = bpy.data.scenes.get(name) or bpy.context.scene
    assert scene is not None, "Blender always has one"
    return scene


def _name_of(origin: Provenance) -> str:
    return origin.prompt[:_LONGEST_NAME].strip() or "Any to 3D"
