"""From the artist's choice of a place to a Placement: the 3D cursor, what lies below it, or the object to replace."""

from __future__ import annotations

import bpy
from mathutils import Vector

from .. import properties
from ..result_settings import PANELS
from . import provenance, replacement
from .placement import Origin, Placement, origin_above
from .units import to_units

_DOWN = Vector((0.0, 0.0, -1.0))


def why_not_replace(context: bpy.types.Context) -> str:
    """Why the active object cannot be replaced, with what to do; empty if it can."""
    chosen = context.active_object
    if chosen is None or not chosen.select_get():
        return "Select the object to replace, or choose another place"
    if chosen.library is not None:
        return f"'{chosen.name}' is linked from another file and cannot be replaced; make it local"
    return ""


def placement(
    context: bpy.types.Context,
    height: float,
    place: str = PANELS,
    origin: str = PANELS,
    max_faces: int = -1,
    at: Vector | None = None,
) -> Placement:
    """What is asked for in this context; PANELS, and -1, stand for what the panel says. height: metres.

    at: in place of the 3D cursor.

    Raises ValueError, saying what to do, if there is no object to replace.
    """
    scene = context.scene
    assert scene is not None, "operators run in a scene"
    settings = properties.settings(context).result
    place = settings.place if place == PANELS else place
    from_centre = (settings.origin if origin == PANELS else origin) == "CENTRE"
    kind: Origin = "CENTRE" if from_centre else "BASE"
    location = (scene.cursor.location if at is None else at).copy()
    replaces = ""
    if place == "SURFACE":
        location.z = origin_above(surface_below(context, location), to_units(height, scene), kind)
    elif place == "REPLACE":
        reason = why_not_replace(context)
        if reason:
            raise ValueError(f"{reason}.")
        location, replaces = context.active_object.matrix_world.translation, context.active_object.name
    return Placement(
        (location.x, location.y, location.z),
        height,
        scene.name,
        kind,
        replaces,
        settings.takes_name,
        max_faces=settings.max_faces if max_faces < 0 else max_faces,
        sharp_angle=settings.sharp_angle,
    )


def in_place_of(
    context: bpy.types.Context, target: bpy.types.Object, way_back: tuple[float, ...], bakes_modifiers: bool
) -> Placement:
    """Exactly where ``target`` stands, as its new version; beside it, with it hidden, if its modifiers are baked in.

    way_back: see ``Placement.local_from_generator``; empty where a job goes on that was placed by a height.
    """
    scene = context.scene
    assert scene is not None, "operators run in a scene"
    settings = properties.settings(context)
    box = [target.matrix_world @ Vector(corner) for corner in target.bound_box]
    middle = sum(box, Vector()) / len(box)
    kind: Origin = "CENTRE" if way_back or target.get(provenance.ORIGIN) == "CENTRE" else "BASE"
    known = target.get(provenance.HEIGHT)
    return Placement(
        middle.to_tuple(),  # type: ignore[arg-type]
        replacement.height_of(target, settings.height) if known is None else float(known),
        scene.name,
        kind,
        target.name,
        takes_name=True,
        max_faces=int(target.get(provenance.MAX_FACES, settings.result.max_faces)),
        sharp_angle=float(target.get(provenance.SHARP_ANGLE, settings.result.sharp_angle)),
        as_version=not bakes_modifiers,
        local_from_generator=way_back,
    )


def surface_below(context: bpy.types.Context, point: Vector) -> float:
    """Z of the first visible surface at or below this point; without one the floor, Z = 0, or the point if it is lower.

    A point on a surface, as snapping leaves the 3D cursor, may lie a rounding error inside it.
    """
    lift = 1e-4 * max(1.0, abs(point.z))
    graph = context.evaluated_depsgraph_get()
    is_hit, found, *_ = context.scene.ray_cast(graph, point + Vector((0.0, 0.0, lift)), _DOWN)
    return found.z if is_hit else min(0.0, point.z)
