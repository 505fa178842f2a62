"""Collections that the add-on makes, found again by an id on them, because artists rename collections."""

from __future__ import annotations

import uuid

import bpy

_GROUP = "any_to_3d_group"


def make(name: str, parent: bpy.types.Collection) -> str:
    """Make a collection of this name below ``parent``; returns its id."""
    collection = bpy.data.collections.new(name)
    collection[_GROUP] = uuid.uuid4().hex
    parent.children.link(collection)
    return str(collection[_GROUP])


def find(group: str) -> bpy.types.Collection | None:
    """The collection with this id, if there is one."""
    return next((each for each in bpy.data.collections if group and each.get(_GROUP) == group), None)
