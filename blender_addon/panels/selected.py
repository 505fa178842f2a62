"""What can be made of the selected objects, and what the active one was made from."""

from __future__ import annotations

import bpy

from .. import wording
from ..objects import provenance
from ..operators import objects as object_operators
from .tab import TabPanel, draw_text

_TOOLS = (
    (object_operators.ReduceFaces, "MOD_DECIM"),
    (object_operators.RemeshQuads, "MOD_REMESH"),
    (object_operators.MakeLevelsOfDetail, "MOD_MULTIRES"),
    (object_operators.MakeCollision, "MESH_ICOSPHERE"),
    (object_operators.MarkAsAsset, "ASSET_MANAGER"),
)


class SelectedPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_selected"
    bl_label = "Selected Object"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        active = context.active_object
        if active is not None and active.type == "MESH" and active.select_get():
            column.label(text=f"{active.name}: {len(active.data.polygons):,} faces", icon="OBJECT_DATA")
            if provenance.is_generated(active):
                self._draw_provenance(column, context, active)
        reason = object_operators.why_not_on_meshes(context)
        if reason:
            draw_text(column, context, reason, "INFO")
        tools = column.column(align=True)
        for operator, icon in _TOOLS:
            tools.operator(operator.bl_idname, icon=icon)  # type: ignore[arg-type]

    def _draw_provenance(
        self, column: bpy.types.UILayout, context: bpy.types.Context, active: bpy.types.Object
    ) -> None:
        origin = provenance.read(active)
        box = column.box().column(align=True)
        draw_text(box, context, origin.prompt, "TEXT")
        if origin.negative:
            draw_text(box, context, f"without: {origin.negative}", "REMOVE")
        draw_text(box, context, f"{origin.recipe}, {origin.preset}, seed {origin.seed}", "SETTINGS")
        names = (provenance.PROFILE, provenance.BACKEND_VERSION, provenance.DATE)
        made = wording.made_by(*(str(active.get(name, "")) for name in names))
        if made:
            draw_text(box, context, made, "TIME")


CLASSES = (SelectedPanel,)
