"""An object that a generated one takes the place of: hidden while that one grows, and shown again if it fails.

The old object carries the requests' ids until then, so that it is found after it was renamed, and after undo or a load.
Several may wait for their turn to take its place, as branches of one object do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import bpy
from mathutils import Matrix, Vector

from . import provenance
from .placement import Origin, origin_above
from .units import metres_per_unit

_REPLACED_BY = "any_to_3d_replaced_by"
_GAVE_WAY_TO = "any_to_3d_gave_way_to"
"""The requests whose results have taken its place for good, which may have begun with it."""

_WITH_SIZE = ("MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME", "GREASEPENCIL")


def mark(name: str, request_id: str) -> bpy.types.Object | None:
    """Remember that the object of this name, if there is one, is to be replaced by the result of this request."""
    old = bpy.data.objects.get(name)
    if old is not None and old.library is None:
        _set_awaited(old, dict.fromkeys((*_awaited(old), request_id)))
        return old
    return None


def find(request_id: str) -> bpy.types.Object | None:
    """The object that this request replaces, if it is still there."""
    return next((each for each in bpy.data.objects if request_id in _awaited(each)), None)


def find_replaced(request_id: str) -> bpy.types.Object | None:
    """The object that this request's result has taken the place of, if it is still there, whatever its name is."""
    return next((each for each in bpy.data.objects if request_id in str(each.get(_GAVE_WAY_TO, "")).split()), None)


def height_of(old: bpy.types.Object, otherwise: float) -> float:
    """How high it is along its own Z, in metres; ``otherwise`` for what has no size, such as an empty."""
    if old.type not in _WITH_SIZE or not old.users_scene:
        return otherwise
    low, high = _box(old)
    height = (high.z - low.z) * abs(old.matrix_world.to_scale().z) * metres_per_unit(old.users_scene[0])
    return height if height > 1e-6 else otherwise


def take_place(target: bpy.types.Object, old: bpy.types.Object, height: float, origin: Origin) -> None:
    """Put ``target`` where ``old`` stands: collections, parent, rotation, same underside; scale 1. height: units."""
    for collection in old.users_collection:
        if target.name not in collection.objects:
            collection.objects.link(target)
    target.parent, target.parent_type, target.parent_bone = old.parent, old.parent_type, old.parent_bone
    target.matrix_parent_inverse = old.matrix_parent_inverse.copy()
    rotation = old.matrix_world.to_quaternion()
    base = old.matrix_world.translation.copy()
    if old.type in _WITH_SIZE:
        low, high = _box(old)
        below = low.z if old.matrix_world.to_scale().z >= 0 else high.z
        base = old.matrix_world @ Vector(((low.x + high.x) / 2, (low.y + high.y) / 2, below))
    up = rotation @ Vector((0.0, 0.0, 1.0))
    location = base + up * origin_above(0.0, height, origin)
    target.matrix_world = Matrix.Translation(location[:]) @ rotation.to_matrix().to_4x4()
    _hide(old, True)


def take_exact_place(target: bpy.types.Object, old: bpy.types.Object) -> None:
    """Put ``target`` where ``old`` stands, with its scale: a vertex of one lies where the same of the other does."""
    for collection in old.users_collection:
        if target.name not in collection.objects:
            collection.objects.link(target)
    target.parent, target.parent_type, target.parent_bone = old.parent, old.parent_type, old.parent_bone
    target.matrix_parent_inverse = old.matrix_parent_inverse.copy()
    target.matrix_world = old.matrix_world.copy()
    _hide(old, True)


def release(old: bpy.types.Object, request_ids: Collection[str]) -> None:
    """It is not to be replaced by these requests any more: show it, unless another one's mesh grows in its place."""
    left = [each for each in _awaited(old) if each not in request_ids]
    _set_awaited(old, left)
    growing = (each for each in bpy.data.objects if each.get(provenance.REQUEST) in left and each.users_scene)
    if not any(not each.get(provenance.IS_FINAL) for each in growing):
        _hide(old, False)


def show_meanwhile(request_id: str) -> None:
    """What grew in its place was deleted, and may come back: show it, but remember the request."""
    old = find(request_id)
    if old is not None and old.users_scene:
        _hide(old, False)


def complete(target: bpy.types.Object, request_id: str, takes_name: bool) -> None:
    """The result is there: hide the old object in renders too, and pass its name on if that was asked for."""
    old = find(request_id)
    if old is None:
        return
    _hide(old, True)
    old.hide_render = True
    _set_awaited(old, [each for each in _awaited(old) if each != request_id])
    old[_GAVE_WAY_TO] = f"{old.get(_GAVE_WAY_TO, '')} {request_id}".strip()
    if takes_name:
        name = old.name
        old.name = f"{name} (replaced)"
        target.name = name


def give_back(request_ids: Collection[str]) -> None:
    """These requests came to nothing: show what they were to replace."""
    for each in bpy.data.objects:
        if any(request_id in request_ids for request_id in _awaited(each)):
            release(each, request_ids)


def _awaited(old: bpy.types.Object) -> list[str]:
    """The requests that are to replace it, in the order in which they were asked for."""
    return str(old.get(_REPLACED_BY, "")).split()


def _set_awaited(old: bpy.types.Object, request_ids: Iterable[str]) -> None:
    text = " ".join(request_ids)
    if text:
        old[_REPLACED_BY] = text
    elif old.get(_REPLACED_BY) is not None:
        del old[_REPLACED_BY]


def _box(old: bpy.types.Object) -> tuple[Vector, Vector]:
    corners = [Vector(corner) for corner in old.bound_box]
    low = Vector([min(corner[axis] for corner in corners) for axis in range(3)])
    high = Vector([max(corner[axis] for corner in corners) for axis in range(3)])
    return low, high


def _hide(old: bpy.types.Object, is_hidden: bool) -> None:
    """Close or open its eye in every view layer: what Alt-H shows again."""
    for scene in old.users_scene:
        for layer in scene.view_layers:
            if old.name in layer.objects:
                old.hide_set(is_hidden, view_layer=layer)
