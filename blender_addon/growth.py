"""The scrubber: a property of objects by which one looks at how they grew. Nothing of it is stored in the .blend."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ..shared.mesh import MeshSnapshot
from . import pump
from .objects import frame_preview, provenance, scene

FINAL = 100.0


def frames_of(target: bpy.types.Object | None) -> Sequence[MeshSnapshot]:
    """What is remembered of how this object grew, oldest first; nothing of one that still does."""
    if target is None or not target.get(provenance.IS_FINAL):
        return ()
    return pump.link().display.frames.frames(str(target.get(provenance.JOB, "")))


def show(target: bpy.types.Object, number: int) -> None:
    """Let the object show the frame of this number, from 0; beyond the last, and below 0, its final shape.

    Raises ValueError in any mode but Object Mode.
    """
    frames = frames_of(target)
    if 0 <= number < len(frames):
        frame = frames[number]
        vertices = scene.placed_as(target, frame_preview.final_mesh(target), frame.vertices)
        frame_preview.show(target, number, frame, vertices)
    else:
        frame_preview.end(target)


def _percent(target: bpy.types.Object) -> float:
    number, count = frame_preview.frame_shown(target), len(frames_of(target))
    return FINAL if number is None or not count else FINAL * number / count


def _set_percent(target: bpy.types.Object, percent: float) -> None:
    if target.mode == "OBJECT":
        show(target, int(percent / FINAL * len(frames_of(target)) + 1e-4))


def register() -> None:
    bpy.types.Object.any_to_3d_growth = bpy.props.FloatProperty(  # type: ignore[attr-defined]
        name="Growth",
        description="Look at how it grew; at 100 % it is as it is",
        min=0.0,
        max=FINAL,
        precision=0,
        subtype="PERCENTAGE",
        get=_percent,
        set=_set_percent,
    )


def unregister() -> None:
    del bpy.types.Object.any_to_3d_growth  # type: ignore[attr-defined]
