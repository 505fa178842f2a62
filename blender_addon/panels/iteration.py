"""Going on from an object: its shape approved, refined, branched; its versions, and how it grew."""

from __future__ import annotations

import bpy

from .. import growth, properties, pump, wording
from ..objects import provenance, versions
from ..operators import approval
from ..operators.refine import why_not_refine
from .selected import SelectedPanel
from .tab import TabPanel, draw_text


class ApprovalPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_approval"
    bl_label = "Shape to Approve"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return approval.is_to_be_approved(context.active_object)

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        name = context.active_object.name if context.active_object else ""
        draw_text(
            column, context, f"The shape of '{name}' is done. Look at it, edit or sculpt it, and then:", "MESH_DATA"
        )
        reason = approval.why_not_approve(context.active_object)
        row = column.row(align=True)
        row.scale_y = 1.3
        paint = row.row(align=True)
        paint.enabled = not reason
        paint.operator("any_to_3d.approve_shape", icon="CHECKMARK")
        row.operator("any_to_3d.discard_shape", icon="TRASH")
        if reason:
            draw_text(column, context, reason, "INFO")


class RefinePanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_refine"
    bl_label = "Refine and Branch"
    bl_parent_id = SelectedPanel.bl_idname

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.prop(properties.settings(context).iteration, "keep", slider=True)
        reason = why_not_refine(context)
        row = column.row()
        row.enabled = not reason
        row.scale_y = 1.3
        row.operator("any_to_3d.refine", icon="MOD_REMESH")
        if reason:
            draw_text(column, context, reason, "INFO")
        active = context.active_object
        if active is not None and provenance.read(active).job_id:
            cannot = wording.why_not(pump.link().session, "continue")
            row = column.row()
            row.enabled = not cannot
            row.operator("any_to_3d.continue_job", text="Branch...", icon="OUTLINER")
            if cannot and cannot != reason:
                draw_text(column, context, cannot, "INFO")


class VersionsPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_versions"
    bl_label = "Versions"
    bl_parent_id = SelectedPanel.bl_idname

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        active = context.active_object
        if active is None or active.type != "MESH":
            return False
        return len(versions.versions_of(active)) > 1 or bool(growth.frames_of(active))

    def draw(self, context: bpy.types.Context) -> None:
        active = context.active_object
        assert active is not None, "poll wants one"
        column = self.layout.column()
        _draw_versions(column, active)
        if growth.frames_of(active):
            row = column.row(align=True)
            row.prop(active, "any_to_3d_growth", slider=True)
            row.operator("any_to_3d.keep_frame", text="", icon="DUPLICATE")


def _draw_versions(column: bpy.types.UILayout, active: bpy.types.Object) -> None:
    every = versions.versions_of(active)
    if len(every) < 2:
        return
    shown = next((place for place, each in enumerate(every, start=1) if each.is_shown), 0)
    row = column.row(align=True)
    row.operator("any_to_3d.version_previous", text="", icon="TRIA_LEFT")
    label = every[shown - 1].label if shown else "changed by hand"
    row.label(text=f"{shown or '-'} of {len(every)}: {label}", translate=False)
    row.operator("any_to_3d.version_next", text="", icon="TRIA_RIGHT")
    column.operator("any_to_3d.remove_other_versions", icon="TRASH")


CLASSES = (RefinePanel, VersionsPanel)
