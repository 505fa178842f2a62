"""What was generated before, with pictures, and what can be done with it."""

from __future__ import annotations

import bpy

from .. import wording
from ..history import entries as history
from ..history import icons as history_icons
from ..objects import scene
from .tab import TabPanel, draw_text

_PICTURE_SCALE = 6.0
_ROWS = 4


class HistoryList(bpy.types.UIList):
    """Pictures, prompts and seeds, the newest on top."""

    bl_idname = "ANY_TO_3D_UL_history"

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        row = layout.row(align=True)
        picture = history_icons.icon_of(item.request_id, item.thumbnail)
        if picture:
            row.label(text=item.title, icon_value=picture)
        else:
            row.label(text=item.title, icon="MESH_DATA")
        seed = row.row()
        seed.alignment = "RIGHT"
        seed.label(text=str(item.settings.seed))


class HistoryPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_history"
    bl_label = "History"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    def draw(self, context: bpy.types.Context) -> None:
        listed = context.scene.any_to_3d_history
        column = self.layout.column()
        if not len(listed):
            draw_text(column, context, "Nothing has been generated in this scene yet", "INFO")
            return
        column.template_list(
            HistoryList.bl_idname, "", context.scene, "any_to_3d_history", context.scene, "any_to_3d_history_index",
            rows=_ROWS,
        )  # fmt: skip
        index = context.scene.any_to_3d_history_index
        if 0 <= index < len(listed):
            _draw_entry(column.box(), context, listed[index])


def _draw_entry(box: bpy.types.UILayout, context: bpy.types.Context, item: history.AnyTo3DHistoryEntry) -> None:
    picture = history_icons.icon_of(item.request_id, item.thumbnail)
    if picture:
        box.template_icon(icon_value=picture, scale=_PICTURE_SCALE)
    draw_text(box, context, wording.history_line(item.outcome, item.settings.preset, item.seconds, item.when))
    buttons = box.column(align=True)
    buttons.operator("any_to_3d.use_settings", icon="PASTEDOWN").request_id = item.request_id
    buttons.operator("any_to_3d.generate_again", icon="FILE_REFRESH").request_id = item.request_id
    is_there = scene.name_of_object(history.origin_of(item)) is not None
    row = buttons.row(align=True)
    row.enabled = is_there or item.outcome == "finished"
    text, icon = ("Select Object", "RESTRICT_SELECT_OFF") if is_there else ("Bring Back", "IMPORT")
    row.operator("any_to_3d.bring_back", text=text, icon=icon).request_id = item.request_id  # type: ignore[arg-type]
    buttons.operator("any_to_3d.remove_entry", icon="X").request_id = item.request_id
