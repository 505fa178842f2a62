"""Object Mode for as long as something needs it: only there is a mesh what the artist sees, and may it be copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def in_object_mode(context: bpy.types.Context) -> Iterator[None]:
    """Leave the mode that the active object is in, and go back to it. What was edited so far is in the mesh."""
    active = context.active_object
    mode = active.mode if active is not None else "OBJECT"
    if mode == "OBJECT":
        yield
        return
    bpy.ops.object.mode_set(mode="OBJECT")
    try:
        yield
    finally:
        bpy.ops.object.mode_set(mode=mode)
