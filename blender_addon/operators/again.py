"""Ask once more for what a history entry asked for, from what it began with: nothing, an object, or another job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy

from ...shared.starting_points import Continue
from .. import properties
from ..history import entries as history
from ..objects import beginnings, placing, scene, versions
from ..state import Provenance
from .going_on import Change, go_on

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


def select_beginning(context: bpy.types.Context, origin: Provenance) -> str:
    """Select what this job began with, in that version; a sentence on it, empty for a job of nothing but its prompt.

    Raises ValueError, saying what to do, where it is gone.
    """
    kind = origin.beginning.kind
    if kind == "branch" and not origin.beginning.is_edited:
        return _parents_line(context, origin)
    if not kind:
        return ""
    source = beginnings.source_of(origin)
    beginnings.select(context, source)
    button = {"refine": "Refine", "retexture": "Retexture"}.get(kind, "Texture It")
    return f"This began with {source.line}, which is selected. Press {button} to begin there again"


def ask_again(context: bpy.types.Context, origin: Provenance) -> Result:
    """Send it again, the panel being filled with its settings.

    Raises ValueError where what it began with is gone, or RuntimeError where Blender or the backend does not allow it.
    """
    begun = origin.beginning
    if not begun.kind and (origin.retextured or origin.parent):
        where = "Use These Settings, select an object, and press Retexture" if origin.retextured else "Press Branch..."
        raise ValueError(f"An older release asked for this, and did not note what it began with. {where}.")
    ask: dict[str, Callable[[], Result]] = {
        "": lambda: bpy.ops.any_to_3d.generate(angle=_angle(origin)),  # type: ignore[attr-defined]
        "refine": lambda: _refine(context, origin),
        "retexture": lambda: _retexture(context, origin),
        "branch": lambda: _branch(context, origin),
    }
    return ask[begun.kind]()


def _begin_at(context: bpy.types.Context, source: beginnings.Source) -> None:
    before = versions.shown_version(source.target)
    beginnings.select(context, source)
    now = versions.shown_version(source.target)
    if now is not None and now != before:
        scene.push_undo(f"Any to 3D: {now.label}")  # this operator is no undo step itself, as its job will be one


def _refine(context: bpy.types.Context, origin: Provenance) -> Result:
    _begin_at(context, beginnings.source_of(origin))
    return bpy.ops.any_to_3d.refine(keep=origin.beginning.keep, angle=_angle(origin))  # type: ignore[attr-defined]


def _retexture(context: bpy.types.Context, origin: Provenance) -> Result:
    source, begun = beginnings.source_of(origin), origin.beginning
    _begin_at(context, source)
    mesh = source.target.data
    assert isinstance(mesh, bpy.types.Mesh), "only meshes are sources"
    is_there = begun.uv_map in mesh.uv_layers
    return bpy.ops.any_to_3d.retexture(  # type: ignore[attr-defined]
        strength=begun.strength,
        size=begun.size,
        # Its own new UV map, where that is still there: another one would lie elsewhere.
        uvs="KEEP" if is_there else "NEW" if begun.is_new_uv_map else "AUTOMATIC",
        uv_map=begun.uv_map if is_there else "",
        mask=begun.mask,
        mask_name=begun.mask_name,
        face_set=begun.face_set,
        uses_alpha="YES" if begun.uses_alpha else "NO",
        invert="YES" if begun.is_inverted else "NO",
        border=begun.border,
    )


def _branch(context: bpy.types.Context, origin: Provenance) -> Result:
    begun = origin.beginning
    if begun.is_edited:
        _begin_at(context, beginnings.source_of(origin))
        return bpy.ops.any_to_3d.approve_shape(prompt=origin.prompt)  # type: ignore[attr-defined]
    parent = replace(origin, job_id=origin.parent, request_id=_request_of(origin.parent))
    name = scene.name_of_object(parent)
    if name is None:
        place = placing.placement(context, properties.settings(context).height, "CURSOR")
    else:
        target = bpy.data.objects[name]
        way_back = scene.local_from_generator(target, parent.request_id)
        place = placing.in_place_of(context, target, way_back, bakes_modifiers=False)
    words = origin.prompt if begun.has_own_prompt else ""
    source = Continue(origin.parent, begun.checkpoint, begun.more_steps)
    go_on(context, parent, source, Change(words, origin.preset, origin.seed), place)
    return {"FINISHED"}


def _parents_line(context: bpy.types.Context, origin: Provenance) -> str:
    """Choose the entry of the job that it went on from, which Branch... goes on from again."""
    listed = context.scene.any_to_3d_history
    index = next((number for number, each in enumerate(listed) if each.job_id == origin.parent), None)
    if index is None:
        raise ValueError(
            "This went on from a job that this scene's history does not know any more. "
            "Generate Again asks the backend for it all the same."
        )
    context.scene.any_to_3d_history_index = index
    more = f", {origin.beginning.more_steps} more steps" if origin.beginning.more_steps else ""
    state = origin.beginning.checkpoint or "its newest state"
    return f"This went on from the entry that is chosen now, from {state}{more}. Press Branch... to do so again"


def _request_of(job_id: str) -> str:
    """The request by which this file knows the job."""
    origins = (entry.origin for entry in history.entries())
    return next((origin.request_id for origin in origins if origin.job_id == job_id), "")


def _angle(origin: Provenance) -> str:
    seen = origin.beginning.seen_from
    return f"{seen.elevation} {seen.azimuth}" if seen else ""
