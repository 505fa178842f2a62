"""Whether an object can be sent as a mesh at all; if not, why, and what the artist can do about it."""

from __future__ import annotations

import bpy

from ...shared.mesh import MAX_SOURCE_FACES
from .evaluated_mesh import triangle_count
from .frame_preview import FRAME_SHOWN, frame_shown

_CONVERTIBLE = ("CURVE", "SURFACE", "META", "FONT", "CURVES", "GREASEPENCIL", "GPENCIL", "POINTCLOUD", "VOLUME")


def why_not_source(target: bpy.types.Object | None) -> str:
    """Why the object's own kind or state forbids it; empty if nothing does. Quick enough to be drawn."""
    if target is None:
        return "Select a mesh object first"
    if target.type == "EMPTY" and target.instance_collection is not None:
        return f"'{target.name}' is a collection instance. Make its objects real: Object > Apply > Make Instances Real"
    if target.type in _CONVERTIBLE:
        return f"'{target.name}' is not a mesh. Convert it: Object > Convert > Mesh"
    if target.type != "MESH":
        return f"'{target.name}' is not a mesh. Select a mesh object"
    if target.library is not None or target.override_library is not None:
        return f"'{target.name}' is linked from another file. Make it local: Object > Relations > Make Local"
    if frame_shown(target) is not None:
        return FRAME_SHOWN
    if target.mode == "SCULPT" and target.use_dynamic_topology_sculpting:
        return "Dynamic topology has changes that are not in the mesh yet. Leave Sculpt Mode first"
    return ""


def fit_source(target: bpy.types.Object | None) -> bpy.types.Object:
    """The object. Raises ValueError, with what to do, for one that cannot be sent."""
    reason = why_not_source(target)
    if reason:
        raise ValueError(f"{reason}.")
    assert target is not None, "none has a reason"
    return target


def check_faces(context: bpy.types.Context, copy: bpy.types.Object, name: str) -> None:
    """Raise ValueError, with what to do, for no triangles at all or too many, with the modifiers.

    copy: in Object Mode; only there does Blender tell how many there are.  name: what the artist calls the object.
    """
    count = triangle_count(context, copy)
    if not count:
        raise ValueError(f"'{name}' has no faces. Add some, or look whether a modifier takes them away.")
    if count > MAX_SOURCE_FACES:
        raise ValueError(
            f"'{name}' has {count:,} triangles with its modifiers; {MAX_SOURCE_FACES:,} are allowed. Use "
            "Reduce Faces, a Decimate modifier, or fewer subdivisions."
        )
