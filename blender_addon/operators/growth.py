"""Look at how an object grew, and keep what it was on the way, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import growth
from ..objects import frame_preview

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_FINAL = -1


class _OfGrowth(bpy.types.Operator):
    """Operators on the frames of the active object. Never registered itself."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender wants a set

    frame: bpy.props.IntProperty(
        name="Frame", description="From 0, the first; -1: the one that it shows, or its final shape", default=_FINAL,
        min=_FINAL, options={"SKIP_SAVE"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        target = context.active_object
        if target is None or not growth.frames_of(target):
            cls.poll_message_set("Select a generated object whose growth this Blender has seen since it was started")
            return False
        if target.mode != "OBJECT":
            cls.poll_message_set("Leave to Object Mode first")
            return False
        return True


class ShowFrame(_OfGrowth):
    """Let the active object show a former frame of its growth, or its final shape again"""

    bl_idname = "any_to_3d.show_frame"
    bl_label = "Show Frame"

    def execute(self, context: bpy.types.Context) -> Result:
        assert context.active_object is not None, "poll wants one"
        growth.show(context.active_object, self.frame)
        return {"FINISHED"}


class KeepFrame(_OfGrowth):
    """Make an object of the frame that is shown, where it stands; the active one gets its final shape back"""

    bl_idname = "any_to_3d.keep_frame"
    bl_label = "Keep Frame as Object"

    def execute(self, context: bpy.types.Context) -> Result:
        target = context.active_object
        assert target is not None, "poll wants one"
        if self.frame != _FINAL:
            growth.show(target, self.frame)
        if frame_preview.frame_shown(target) is None:
            self.report({"WARNING"}, "It shows its final shape; choose a former frame first")
            return {"CANCELLED"}
        made = frame_preview.keep(target)
        target.select_set(False)
        made.select_set(True)
        context.view_layer.objects.active = made
        return {"FINISHED"}


CLASSES = (ShowFrame, KeepFrame)
