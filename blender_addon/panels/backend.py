"""Who generates: the connection, the backend on this computer, its memory and its log."""

from __future__ import annotations

import bpy

from .. import preferences, pump, wording
from ..connection import backend_log, licences
from ..link import Link
from ..state import Session
from .keys import draw_keys_in_use
from .tab import TabPanel, draw_text

_LOG_LINES = 6
_COPIED_LINES = 200


class BackendPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_backend"
    bl_label = "Backend"

    def draw(self, context: bpy.types.Context) -> None:
        link = pump.link()
        session = link.session
        column = self.layout.column()
        icon = "CHECKMARK" if session.connection == "connected" else "UNLINKED"
        draw_text(column, context, wording.connection_line(session), icon)
        _draw_state(column, context, session)
        draw_keys_in_use(column, context, link)
        column.prop(preferences.get(), "address", text="")
        _draw_buttons(column, link)
        if session.connection != "connected":
            column.operator("any_to_3d.start_demo", icon="GHOST_ENABLED")
        draw_test_result(column, context, link)
        column.operator("any_to_3d.copy_diagnostics", icon="COPYDOWN")


class BackendLogPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_backend_log"
    bl_label = "Log"
    bl_parent_id = "ANY_TO_3D_PT_backend"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    def draw(self, context: bpy.types.Context) -> None:
        log = preferences.log_path()
        lines = backend_log.last_lines(log, _COPIED_LINES)
        column = self.layout.column()
        if not lines:
            draw_text(column, context, "No backend was started from this Blender yet", "INFO")
            return
        for line in lines[-_LOG_LINES:]:
            draw_text(column, context, line, "DOT")
        row = column.row(align=True)
        row.operator("wm.path_open", text="Open Log", icon="TEXT").filepath = str(log)
        row.operator("any_to_3d.copy_text", icon="COPYDOWN").text = "\n".join(lines)


class LicencesPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_licences"
    bl_label = "Licences"
    bl_parent_id = "ANY_TO_3D_PT_backend"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(licences.stated(pump.link().session))

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        for line in licences.lines(licences.stated(pump.link().session)):
            draw_text(column, context, line, "DOT")


def draw_test_result(layout: bpy.types.UILayout, context: bpy.types.Context, link: Link) -> None:
    """The button of the connection test, and what came of it."""
    layout.operator("any_to_3d.test_connection", icon="VIEWZOOM")
    result = link.checks.result
    if link.checks.is_testing:
        draw_text(layout, context, "Testing", "SORTTIME")
    elif result is not None and link.checks.tested == preferences.normalised_address():
        draw_text(layout, context, result.text, "CHECKMARK" if result.is_good else "ERROR")


def _draw_state(column: bpy.types.UILayout, context: bpy.types.Context, session: Session) -> None:
    """What the connected backend announces."""
    if session.connection != "connected" or session.backend is None:
        return
    for line in wording.memory_lines(session):
        draw_text(column, context, line, "MEMORY")
    if session.backend.can_free_memory:
        text = "Free Memory" if session.backend.device == "cpu" else "Free VRAM"
        column.operator("any_to_3d.free_memory", text=text, icon="TRASH")
    if session.backend.warning:
        draw_text(column, context, session.backend.warning, "ERROR")


def _draw_buttons(column: bpy.types.UILayout, link: Link) -> None:
    row = column.row(align=True)
    if link.process is not None and link.process.is_alive:
        row.operator("any_to_3d.restart_backend", text="Restart", icon="FILE_REFRESH")
    else:
        row.operator("any_to_3d.start_backend", text="Start", icon="PLAY")
    row.operator("any_to_3d.stop_backend", text="Stop", icon="SNAP_FACE")
    if link.session.connection in ("offline", "refused"):
        row.operator("any_to_3d.connect")
    else:
        row.operator("any_to_3d.disconnect")
