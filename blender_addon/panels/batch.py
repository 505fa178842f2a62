"""Many objects at once: a list of prompts, and how many seeds of each."""

from __future__ import annotations

import bpy

from .. import properties, pump, wording
from .tab import TabPanel, draw_text


class BatchPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_batch"
    bl_label = "Batch"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    def draw(self, context: bpy.types.Context) -> None:
        chosen = properties.settings(context).batch
        column = self.layout.column()
        column.prop(chosen, "text", text="", icon="TEXT")
        row = column.row()
        row.active = chosen.text is None
        row.prop(chosen, "file", text="", icon="FILE_TEXT", placeholder="a text file")
        row = column.row(align=True)
        row.prop(chosen, "seeds")
        row.prop(chosen, "spacing")
        column.operator("any_to_3d.generate_batch", icon="MESH_GRID")
        reason = wording.why_not_generate(pump.link().session)
        if not reason and chosen.text is None and not chosen.file:
            reason = "Choose a text of this file, or a text file, with one prompt a line"
        if reason:
            draw_text(column, context, reason, "INFO")


CLASSES = (BatchPanel,)
