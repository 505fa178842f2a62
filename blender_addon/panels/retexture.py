"""A new texture for the active object: how strong, how large, on which UVs, and where."""

from __future__ import annotations

import bpy

from .. import properties
from ..operators.retexture import why_not_retexture
from ..retexture_settings import RetextureSettings
from .selected import SelectedPanel
from .tab import TabPanel, draw_text


class RetexturePanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_retexture"
    bl_label = "Retexture"
    bl_parent_id = SelectedPanel.bl_idname

    def draw(self, context: bpy.types.Context) -> None:
        chosen: RetextureSettings = properties.settings(context).retexture
        target = context.active_object
        column = self.layout.column()
        column.prop(chosen, "strength", text=_strength_text(chosen.strength), slider=True)
        _draw_choice(column, chosen, "size")
        _draw_choice(column, chosen, "uvs")
        _draw_choice(column, chosen, "mask")
        self._draw_mask(column, chosen, target)
        reason = why_not_retexture(target)
        row = column.row()
        row.enabled = not reason
        row.scale_y = 1.3
        row.operator("any_to_3d.retexture", icon="BRUSH_DATA")
        if reason:
            draw_text(column, context, reason, "INFO")

    def _draw_mask(
        self, column: bpy.types.UILayout, chosen: RetextureSettings, target: bpy.types.Object | None
    ) -> None:
        if chosen.mask == "GROUP" and target is not None and target.type == "MESH":
            column.prop_search(chosen, "group", target, "vertex_groups", text="")
        elif chosen.mask == "IMAGE":
            column.template_ID(chosen, "image", new="image.new", open="image.open")
            column.prop(chosen, "uses_alpha")
        if chosen.mask != "NONE":
            row = column.row(align=True)
            row.prop(chosen, "border")
            row.prop(chosen, "is_inverted", text="", icon="ARROW_LEFTRIGHT")


def _draw_choice(column: bpy.types.UILayout, chosen: RetextureSettings, name: str) -> None:
    split = column.split(factor=0.4)
    split.label(text=chosen.bl_rna.properties[name].name)
    split.prop(chosen, name, text="")


def _strength_text(strength: float) -> str:
    """
    >>> _strength_text(0.1), _strength_text(0.5), _strength_text(1.0)
    ('Tint', 'Strength', 'New')
    """
    if strength <= 0.25:
        return "Tint"
    return "New" if strength >= 0.95 else "Strength"


CLASSES = (RetexturePanel,)
