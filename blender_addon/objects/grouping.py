"""Collections that the add-on makes, found again by an id on them, because artists rename collections."""

from __future__ import annotations

import bpy

from .placement import Group

_GROUP = "any_to_3d_group"


def collection_of(group: Group, parent: bpy.types.Collection) -> bpy.types.Collection:
    """The group's collection; made below ``parent`` if there is none, as after an undo that took it along."""
    found = next((each for each in bpy.data.collections if each.get(_GROUP) == group.identifier), None)
    if found is not None:
        return found
    collection = bpy.data.collections.new(group.name)
    collection[_GROUP] = group.identifier
    parent.children.link(collection)
    return collection
