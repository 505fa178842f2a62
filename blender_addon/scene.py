"""The only writer of objects in ``bpy.data``: a job's live object, found again each time by the job id on it.

No Blender object is kept between calls, because undo, redo and loading a file make every reference invalid.
"""

from __future__ import annotations

from enum import Enum

import bpy

from ..shared.mesh import MeshSnapshot, TexturedMesh
from . import material, mesh_data
from .placement import Placement, stand_on_base
from .state import Provenance

_REQUEST = "any_to_3d_request"
_JOB = "any_to_3d_job"
_PROMPT = "any_to_3d_prompt"
_RECIPE = "any_to_3d_recipe"
_PRESET = "any_to_3d_preset"
_SEED = "any_to_3d_seed"
_BACKEND = "any_to_3d_backend_version"
_HEIGHT = "any_to_3d_height"
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
    vertices = stand_on_base(snapshot.vertices, target[_HEIGHT])
    mesh_data.write_snapshot(mesh, snapshot, vertices, run)
    material.show_vertex_colors(mesh, _name_of(origin), snapshot.colors)
    return Outcome.SHOWN


def finish(origin: Provenance, textured: TexturedMesh, backend_version: str) -> Outcome:
    """Turn the job's object into the finished one: UVs, packed image, Principled material, smooth shading."""
    target = _find(origin)
    if target is None:
        return Outcome.MISSING
    if _is_busy(target):
        return Outcome.BUSY
    mesh = _mesh_of(target)
    vertices = stand_on_base(textured.vertices, target[_HEIGHT])
    mesh_data.write_textured(mesh, textured, vertices)
    material.show_albedo(mesh, _name_of(origin), textured.albedo)
    _write_provenance(target, origin)
    target[_BACKEND] = backend_version
    target[_IS_FINAL] = True
    return Outcome.SHOWN


def create(origin: Provenance, placement: Placement) -> None:
    """Add the job's object, still without a surface, at the place that the artist asked for."""
    name = _name_of(origin)
    target = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    target.location = placement.location
    _write_provenance(target, origin)
    target[_HEIGHT] = placement.height
    target[_IS_FINAL] = False
    _collection(placement.scene).objects.link(target)


def unfinished() -> tuple[Provenance, ...]:
    """The jobs whose objects in this file are not final yet."""
    objects = (each for each in bpy.data.objects if each.get(_JOB) and each.library is None)
    found = (_read_provenance(each) for each in objects if not each.get(_IS_FINAL))
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
            each.get(_REQUEST) == origin.request_id
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


def _collection(scene_name: str) -> bpy.types.Collection:
    scene = bpy.data.scenes.get(scene_name)
    if scene is None or scene == bpy.context.scene:
        return bpy.context.collection or bpy.context.scene.collection
    return scene.collection


def _name_of(origin: Provenance) -> str:
    return origin.prompt[:_LONGEST_NAME].strip() or "Any to 3D"


def _write_provenance(target: bpy.types.Object, origin: Provenance) -> None:
    target[_REQUEST] = origin.request_id
    target[_JOB] = origin.job_id
    target[_PROMPT] = origin.prompt
    target[_RECIPE] = origin.recipe
    target[_PRESET] = origin.preset
    target[_SEED] = origin.seed


def _read_provenance(target: bpy.types.Object) -> Provenance:
    return Provenance(
        request_id=str(target.get(_REQUEST, "")),
        prompt=str(target.get(_PROMPT, "")),
        recipe=str(target.get(_RECIPE, "")),
        preset=str(target.get(_PRESET, "")),
        seed=int(target.get(_SEED, 0)),
        job_id=str(target.get(_JOB, "")),
    )
