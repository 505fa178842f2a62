"""The only writer of objects in ``bpy.data``: a job's live object, found again each time by the job id on it.

No Blender object is kept between calls, because undo, redo and loading a file make every reference invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum

import bpy
import numpy as np

from ...shared.mesh import MeshSnapshot, TexturedMesh
from ...shared.messages import Welcome
from ..state import Provenance
from . import face_budget, grouping, material, mesh_data, provenance, replacement, shape_mark, succession, versions
from .placement import SHARP_ANGLE, Placement, stand
from .provenance import HEIGHT, IS_FINAL, MAX_FACES, ORIGIN
from .units import to_units

_TAKES_NAME = "any_to_3d_takes_name"
_AS_VERSION = "any_to_3d_as_version"
_MATRIX = "any_to_3d_local_from_generator"
"""On a growing object, and on the mesh of a finished one: for a job that goes on from it."""

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
        replacement.show_meanwhile(origin.request_id)
        return Outcome.MISSING
    if _is_busy(target):
        return Outcome.BUSY
    mesh = _mesh_of(target)
    if _is_mirrored(target):
        snapshot = replace(snapshot, faces=snapshot.faces[:, ::-1])
    mesh_data.write_snapshot(mesh, snapshot, _standing(target, snapshot.vertices), run)
    material.show_vertex_colors(mesh, _name_of(origin), snapshot.colors)
    return Outcome.SHOWN


def finish(origin: Provenance, textured: TexturedMesh, backend: Welcome | None) -> Outcome:
    """Turn the job's object into the finished one: UVs, packed image, Principled material, smooth shading, face budget.

    backend: who made it, if that is known.
    """
    target = _find(origin)
    if target is None:
        replacement.show_meanwhile(origin.request_id)
        return Outcome.MISSING
    old = replacement.find(origin.request_id)
    if _is_busy(target) or (old is not None and _is_busy(old)):
        return Outcome.BUSY
    mesh = _mesh_of(target)
    if _is_mirrored(target):
        textured = replace(textured, faces=textured.faces[:, ::-1], uv_faces=textured.uv_faces[:, ::-1])
    sharp_angle = float(target.get(provenance.SHARP_ANGLE, SHARP_ANGLE))
    mesh_data.write_textured(mesh, textured, _standing(target, textured.vertices), sharp_angle)
    material.show_albedo(mesh, _name_of(origin), textured)
    budget = int(target.get(MAX_FACES, 0))
    if budget:
        face_budget.reduce_faces(target, budget, sharp_angle)
    provenance.write(target, origin)
    provenance.write_backend(target, backend)
    target[IS_FINAL] = True
    _seal(target)
    if old is not None and target.get(_AS_VERSION):
        succession.join(target, old, _name_of(origin), origin.request_id)
    else:
        replacement.complete(target, origin.request_id, bool(target.get(_TAKES_NAME)))
    return Outcome.SHOWN


def _seal(target: bpy.types.Object) -> None:
    """Note on the finished mesh what a later job that goes on from it needs."""
    mesh = _mesh_of(target)
    shape_mark.mark(mesh)
    if target.get(_MATRIX) is not None:
        mesh[_MATRIX] = target[_MATRIX]
        del target[_MATRIX]


def create(origin: Provenance, placement: Placement) -> None:
    """Add the job's object, still without a surface, at the place that the artist asked for."""
    name = _name_of(origin)
    target = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    provenance.write(target, origin)
    # An undo may have taken the mark along.
    old = replacement.find(origin.request_id) or replacement.mark(placement.replaces, origin.request_id)
    height = placement.height
    if old is not None and not placement.is_exact:
        height = replacement.height_of(old, placement.height)
    target[HEIGHT] = height
    target[ORIGIN] = placement.origin
    target[MAX_FACES] = placement.max_faces
    target[provenance.SHARP_ANGLE] = placement.sharp_angle
    target[_TAKES_NAME] = placement.takes_name
    target[IS_FINAL] = False
    if placement.local_from_generator:
        target[_MATRIX] = placement.local_from_generator
    if old is not None and old.users_scene and placement.is_exact:
        target[_AS_VERSION] = placement.as_version
        succession.stand_in(target, old)
        return
    if old is not None and old.users_scene:
        replacement.take_place(target, old, to_units(target[HEIGHT], old.users_scene[0]), placement.origin)
        return
    target.location = placement.location
    collection = _collection(placement.scene)
    if placement.group is not None:
        collection = grouping.collection_of(placement.group, _scene(placement.scene).collection)
    collection.objects.link(target)


def remove_unfinished(origin: Provenance) -> bool:
    """Delete the job's object unless it is finished; whether there was one."""
    target = _find(origin)
    if target is None or target.get(IS_FINAL):
        return False
    _remove(target)
    return True


def number_of_object(origin: Provenance) -> int:
    """Blender's own number of the job's object, which undo does not change and copies do not share; 0 for none."""
    target = _find(origin)
    return target.session_uid if target else 0


def remove_half_grown(numbers: Iterable[int]) -> dict[int, list[str]]:
    """Delete those of these objects that are unfinished, see ``number_of_object``; the collections they were in."""
    wanted, were_in = set(numbers), {}
    for each in [each for each in bpy.data.objects if each.session_uid in wanted]:
        if each.get(IS_FINAL) is not None and not each.get(IS_FINAL):
            were_in[each.session_uid] = [collection.name for collection in each.users_collection]
            _remove(each)
    return were_in


def link_again(were_in: Mapping[int, list[str]]) -> None:
    """Put results that redo brought back into their collections.

    Blender keeps a collection as it is where its two undo steps are alike, and knows nothing of deletions between them.
    """
    for each in bpy.data.objects:
        if each.session_uid in were_in and each.get(IS_FINAL) and not each.users_scene:
            found = [bpy.data.collections.get(name) for name in were_in[each.session_uid]]
            for collection in found:
                (collection or _scene("").collection).objects.link(each)


def _remove(target: bpy.types.Object) -> None:
    mesh = _mesh_of(target)
    bpy.data.objects.remove(target)
    if not mesh.users:
        bpy.data.meshes.remove(mesh)


def unfinished() -> tuple[Provenance, ...]:
    """The jobs whose objects in this file are not final yet."""
    objects = (each for each in bpy.data.objects if each.get(provenance.JOB) and each.library is None)
    found = (provenance.read(each) for each in objects if not each.get(IS_FINAL))
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
    """The name of the job's object, which the artist may have changed and which may show another version now.

    None if there is no such object.
    """
    target = _find(origin) or _find_version(origin)
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


def _find_version(origin: Provenance) -> bpy.types.Object | None:
    meshes = (each for each in bpy.data.objects if each.type == "MESH" and each.library is None and each.users_scene)
    return next((each for each in meshes if versions.version_of_request(each, origin.request_id)), None)


def _is_busy(target: bpy.types.Object) -> bool:
    is_rendering = bpy.app.is_job_running("RENDER") or bpy.app.is_job_running("OBJECT_BAKE")
    return is_rendering or target.mode != "OBJECT"


def _mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    mesh = target.data
    assert isinstance(mesh, bpy.types.Mesh), "only meshes are found"
    return mesh


def local_from_generator(target: bpy.types.Object, request_id: str) -> tuple[float, ...]:
    """The matrix by which the mesh of this request was placed, of a finished object; empty if by a height."""
    version = versions.version_of_request(target, request_id)
    mesh = bpy.data.meshes[version.mesh] if version else _mesh_of(target)
    return tuple(mesh.get(_MATRIX, ()))


def placed_as(target: bpy.types.Object, mesh: bpy.types.Mesh, vertices: np.ndarray) -> np.ndarray:
    """A former shape of a finished object in the object's own space, as its finished ``mesh`` was placed."""
    matrix = mesh.get(_MATRIX)
    return _standing(target, vertices) if matrix is None else _moved(vertices, matrix)


def _is_mirrored(target: bpy.types.Object) -> bool:
    """Whether its meshes are turned inside out on the way into its own space, as a negative scale does."""
    matrix = target.get(_MATRIX)
    return matrix is not None and np.linalg.det(succession.as_matrix(matrix)[:3, :3]) < 0


def _moved(vertices: np.ndarray, numbers: tuple[float, ...]) -> np.ndarray:
    matrix = succession.as_matrix(numbers)
    return (vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)


def _standing(target: bpy.types.Object, vertices: np.ndarray) -> np.ndarray:
    if target.get(_MATRIX) is not None:
        return _moved(vertices, target[_MATRIX])
    height = to_units(target[HEIGHT], target.users_scene[0])
    return stand(vertices, height, target.get(ORIGIN, "BASE"))


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
