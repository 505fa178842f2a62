"""Levels of detail: reduced copies of an object under the names that engines look for, in a collection of their own."""

from __future__ import annotations

import re
from collections.abc import Callable

import bpy

from . import provenance

LEVEL = re.compile(r"_LOD(\d+)$")


def make_levels(
    target: bpy.types.Object, copies: int, ratio: float, reduce_faces: Callable[[bpy.types.Object, int], object]
) -> list[bpy.types.Object]:
    """Make ``copies`` of the object, each with ``ratio`` of the faces of the one before; all levels, the object first.

    The object itself becomes NAME_LOD0 and is the only one in view. All stand in a collection "NAME LOD" below the
    object's own one; levels of an earlier call are replaced. reduce_faces: brings an object to a budget.
    """
    name = LEVEL.sub("", target.name)
    collection = _collection_of(target, name)
    for each in list(collection.objects):
        if each != target and LEVEL.sub("", each.name) == name:
            _remove(each)
    target.name = f"{name}_LOD0"
    levels = [target]
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    full = len(target.data.polygons)
    for level in range(1, copies + 1):
        copy = _copy(target, f"{name}_LOD{level}")
        collection.objects.link(copy)
        reduce_faces(copy, max(4, round(full * ratio**level)))
        copy.hide_set(True)
        levels.append(copy)
    return levels


def _collection_of(target: bpy.types.Object, name: str) -> bpy.types.Collection:
    """The collection of the levels, with the object in it: the one it is in, if an earlier call made that."""
    wanted = f"{name} LOD"
    current = next((each for each in target.users_collection if each.name.startswith(wanted)), None)
    if current is not None:
        return current
    collection = bpy.data.collections.new(wanted)
    homes = target.users_collection
    homes[0].children.link(collection)
    collection.objects.link(target)
    for each in homes:
        each.objects.unlink(target)
    return collection


def _copy(target: bpy.types.Object, name: str) -> bpy.types.Object:
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    copy, mesh = target.copy(), target.data.copy()
    assert isinstance(copy, bpy.types.Object), "a copy is of the same type"
    assert isinstance(mesh, bpy.types.Mesh), "a copy is of the same type"
    copy.data = mesh
    copy.name = mesh.name = name
    if copy.asset_data is not None:
        copy.asset_clear()
    if provenance.is_generated(copy):
        # A job is found by it, and its object is the first level.
        del copy[provenance.REQUEST]
    return copy


def _remove(level: bpy.types.Object) -> None:
    mesh = level.data
    bpy.data.objects.remove(level)
    if isinstance(mesh, bpy.types.Mesh) and mesh.users == 0:
        bpy.data.meshes.remove(mesh)
