"""Who generates: the connection, and the backend on this computer."""

from __future__ import annotations

import bpy

from .. import preferences, pump, wording
from .tab import TabPanel, draw_text


class BackendPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_backend"
    bl_label = "Backend"

    def draw(self, context: bpy.types.Context) -> None:
        session = pump.link().session
        column = self.layout.column()
        icon = "CHECKMARK" if session.connection == "connected" else "UNLINKED"
        draw_text(column, context, wording.connection_line(session), icon)
        if session.backend is not None and session.backend.warning:
            draw_text(column, context, session.backend.warning, "ERROR")
        column.prop(preferences.get(), "address", text="")
        row = column.row(align=True)
        row.operator("any_to_3d.start_backend", text="Start", icon="PLAY")
        row.operator("any_to_3d.stop_backend", text="Stop", icon="SNAP_FACE")
        if session.connection in ("offline", "refused"):
            row.operator("any_to_3d.connect")
        else:
            row.operator("any_to_3d.disconnect")
        if session.connection != "connected":
            column.operator("any_to_3d.start_demo", icon="GHOST_ENABLED")
