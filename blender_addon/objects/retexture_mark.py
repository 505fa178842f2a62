"""What an object carries while a job gives it new colours: enough to find it, to go on after a load, and to undo all.

It is a property of the object, so that undo, copies and saved files have it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import bpy

from ..request.beginning import Beginning
from ..state import PromptPart, Provenance


class AnyTo3DRetexture(bpy.types.PropertyGroup):
    """request_id: empty where no job is at work.  origin: its Provenance as JSON.  layer: the UV map.

    has_new_layer: that was made for the job.  base: the version that the object was; is_first: made for the job, too.
    before: the colours that were sent, and the mask as alpha; only where there is a mask.
    material, image: what the job has made so far.
    """

    request_id: bpy.props.StringProperty()
    origin: bpy.props.StringProperty()
    layer: bpy.props.StringProperty()
    has_new_layer: bpy.props.BoolProperty()
    width: bpy.props.IntProperty()
    height: bpy.props.IntProperty()
    base: bpy.props.IntProperty()
    is_first: bpy.props.BoolProperty()
    before: bpy.props.PointerProperty(type=bpy.types.Image)
    material: bpy.props.PointerProperty(type=bpy.types.Material)
    image: bpy.props.PointerProperty(type=bpy.types.Image)


PROPERTY = "any_to_3d"
"""Of objects: what the add-on keeps with them, see versions.AnyTo3DObject."""


def has_something_kept(target: bpy.types.Object) -> bool:
    """Whether the add-on keeps anything with the object; to read what it keeps would make that of nothing."""
    return target.is_property_set(PROPERTY)


def mark_of(target: bpy.types.Object) -> AnyTo3DRetexture:
    """The object's mark, made blank where there is none."""
    return target.any_to_3d.retexture  # type: ignore[attr-defined]


def marked() -> Iterator[bpy.types.Object]:
    """The objects of this file, in any scene, that a job gives new colours to."""
    for each in bpy.data.objects:
        # Which scenes an object is in takes Blender long to find, so this comes last.
        if each.type == "MESH" and each.library is None and is_retextured_now(each) and each.users_scene:
            yield each


def is_retextured_now(target: bpy.types.Object) -> bool:
    """Whether a job is giving it new colours."""
    return has_something_kept(target) and bool(mark_of(target).request_id)


def mode_of_marked(request_id: str) -> str:
    """The mode of the object that this request gives new colours to, "OBJECT" where there is none."""
    return next((each.mode for each in marked() if mark_of(each).request_id == request_id), "OBJECT")


def write_origin(mark: AnyTo3DRetexture, origin: Provenance) -> None:
    """Note which job it is, known better once the backend has accepted it."""
    mark.request_id = origin.request_id
    mark.origin = json.dumps(asdict(origin), ensure_ascii=False)


def read_origin(mark: AnyTo3DRetexture) -> Provenance:
    """What ``write_origin`` noted."""
    fields = json.loads(mark.origin)
    parts = tuple(PromptPart(**part) for part in fields.pop("parts"))
    overrides = tuple((str(name), float(value)) for name, value in fields.pop("overrides"))
    beginning = Beginning.of_text(json.dumps(fields.pop("beginning", {})))
    return Provenance(**fields, parts=parts, overrides=overrides, beginning=beginning)


def clear(mark: AnyTo3DRetexture) -> None:
    """No job is at work any more; what only the mark has used goes too."""
    before = mark.before
    for name in ("request_id", "origin", "layer"):
        setattr(mark, name, "")
    mark.before = mark.material = mark.image = None
    mark.has_new_layer = mark.is_first = False
    mark.base = 0
    if before is not None and not before.users:
        bpy.data.images.remove(before)


CLASSES = (AnyTo3DRetexture,)
