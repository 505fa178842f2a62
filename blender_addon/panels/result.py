"""What becomes of the result: its origin, its faces and its shading; below the panel that generates."""

from __future__ import annotations

import bpy

from .. import properties
from ..objects import placing
from .generation import GenerationPanel
from .tab import TabPanel, draw_text


class ResultPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_result"
    bl_label = "Place and Shape"
    bl_parent_id = GenerationPanel.bl_idname
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    def draw(self, context: bpy.types.Context) -> None:
        chosen = properties.settings(context).result
        column = self.layout.column()
        column.prop(chosen, "place", text="")
        if chosen.place == "REPLACE":
            column.prop(chosen, "takes_name")
            reason = placing.why_not_replace(context)
            if reason:
                draw_text(column, context, reason, "INFO")
        split = column.split(factor=0.25)
        split.label(text="Origin")
        split.row().prop(chosen, "origin", expand=True)
        column.prop(chosen, "max_faces")
        column.prop(chosen, "sharp_angle")


CLASSES = (ResultPanel,)
