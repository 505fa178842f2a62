"""What was generated before, with pictures, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from .. import wording
from ..history import entries as history
from ..history import icons as history_icons
from ..history import tree
from ..objects import scene
from ..request.beginning import Beginning
from .tab import TabPanel, draw_text

_PICTURE_SCALE = 6.0
_ROWS = 4


class HistoryList(bpy.types.UIList):
    """Pictures, prompts and seeds, the newest on top."""

    bl_idname = "ANY_TO_3D_UL_history"

    def filter_items(self, context, data, name):
        listed = getattr(data, name)
        shown = tree.rows(_leaves(listed))
        flags = bpy.types.UI_UL_list.filter_items_by_name(
            self.filter_name, self.bitflag_filter_item, listed, "title"
        ) or [self.bitflag_filter_item] * len(listed)
        order = [0] * len(listed)
        for place, row in enumerate(shown):
            order[row.index] = place
            if row.is_hidden:
                flags[row.index] &= ~self.bitflag_filter_item
        return flags, order

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        place = next(row for row in tree.rows(_leaves(data.any_to_3d_history)) if row.index == index)
        row = layout.row(align=True)
        for _ in range(place.depth):
            row.label(icon="BLANK1")
        if place.has_children:
            fold = "DISCLOSURE_TRI_RIGHT" if item.is_folded else "DISCLOSURE_TRI_DOWN"
            row.prop(item, "is_folded", text="", icon=fold, emboss=False)
        picture = history_icons.icon_of(item.request_id, item.thumbnail)
        if picture:
            row.label(text=item.title, icon_value=picture)
        else:
            row.label(text=item.title, icon="MESH_DATA")
        seed = row.row()
        seed.alignment = "RIGHT"
        seed.label(text=f"seed {item.settings.seed}")


def _leaves(listed: Iterable[history.AnyTo3DHistoryEntry]) -> tuple[tree.Leaf, ...]:
    return tuple(tree.Leaf(item.job_id, item.parent, item.is_folded) for item in listed)


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
    if item.retextured:
        draw_text(box, context, f"New colours for {item.retextured}", "BRUSH_DATA")
    line = Beginning.of_text(item.beginning).line
    if line:
        draw_text(box, context, line, "INFO")
    buttons = box.column(align=True)
    buttons.operator("any_to_3d.use_settings", icon="PASTEDOWN").request_id = item.request_id
    buttons.operator("any_to_3d.continue_job", text="Branch...", icon="OUTLINER").request_id = item.request_id
    buttons.operator("any_to_3d.generate_again", icon="FILE_REFRESH").request_id = item.request_id
    is_there = scene.name_of_object(history.origin_of(item)) is not None
    row = buttons.row(align=True)
    row.enabled = is_there or item.outcome == "finished"
    text, icon = ("Select Object", "RESTRICT_SELECT_OFF") if is_there else ("Bring Back", "IMPORT")
    row.operator("any_to_3d.bring_back", text=text, icon=icon).request_id = item.request_id  # type: ignore[arg-type]
    buttons.operator("any_to_3d.remove_entry", icon="X").request_id = item.request_id
