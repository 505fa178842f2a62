"""What can be done with the backend beside starting and stopping it, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...shared.messages import FreeMemory
from .. import preferences, pump
from ..connection import launching, licences
from ..connection.addresses import normalise
from ..connection.diagnosis import collected_diagnostics
from ..demo.launch import demo_options
from ..errors import trouble, trouble_of_error
from .complaint import complain

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_STOP_PATIENCE = 3.0


class RestartBackend(bpy.types.Operator):
    """Stop the backend that this Blender started, if it still runs, and start it again. Its jobs go on"""

    bl_idname = "any_to_3d.restart_backend"
    bl_label = "Restart Backend"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        link = pump.link()
        if link.session.connection == "connected" and (link.process is None or not link.process.is_alive):
            cls.poll_message_set("This Blender did not start the backend that it is connected to")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        link = pump.link()
        was_demo = link.runs_demo
        link.stop_backend(_STOP_PATIENCE)
        try:
            if was_demo:
                link.start_backend(demo_options(), preferences.log_path())
                notice = ""
            else:
                notice = launching.start()
        except ValueError as error:
            return complain(self, trouble_of_error(error, "start_failed"))
        if notice:
            self.report({"INFO"}, notice)
        pump.wake()
        return {"FINISHED"}


class TestConnection(bpy.types.Operator):
    """Ask the address in the preferences who is there, and how fast; a connection that exists stays as it is"""

    bl_idname = "any_to_3d.test_connection"
    bl_label = "Test Connection"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if pump.link().checks.is_testing:
            cls.poll_message_set("A test is running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            address = normalise(preferences.get().address)
            if preferences.address_needs_permission(address):
                return complain(self, trouble("online_denied"))
            pump.link().checks.test(address, preferences.curve_keys(address))
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_address"))
        pump.wake()
        return {"FINISHED"}


class FreeBackendMemory(bpy.types.Operator):
    """Let the backend give its networks' memory back, as for a render; the next job loads them again"""

    bl_idname = "any_to_3d.free_memory"
    bl_label = "Free VRAM"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        session = pump.link().session
        if session.connection != "connected" or session.backend is None or not session.backend.can_free_memory:
            cls.poll_message_set("The connected backend cannot do this")
            return False
        if any(job.state == "running" for job in session.jobs):
            cls.poll_message_set("A job runs and needs the networks")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().ask(FreeMemory())
        pump.wake()
        return {"FINISHED"}


class FindPrograms(bpy.types.Operator):
    """Look again for backends in the usual places of this computer"""

    bl_idname = "any_to_3d.find_programs"
    bl_label = "Look Again"

    def execute(self, context: bpy.types.Context) -> Result:
        launching.search_programs()
        pump.wake()
        return {"FINISHED"}


class UseProgram(bpy.types.Operator):
    """Start the backend with this program"""

    bl_idname = "any_to_3d.use_program"
    bl_label = "Use"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender wants a set

    path: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(cls, context: bpy.types.Context, chosen: bpy.types.OperatorProperties) -> str:
        return f"Start the backend with {chosen.path}"

    def execute(self, context: bpy.types.Context) -> Result:
        preferences.get().command = self.path
        return {"FINISHED"}


class ReadLicences(bpy.types.Operator):
    """Note that you have read the licences of this backend's networks; asked again when they change"""

    bl_idname = "any_to_3d.read_licences"
    bl_label = "I Have Read This"

    def execute(self, context: bpy.types.Context) -> Result:
        preferences.get().licences_read = licences.mark_of(licences.stated(pump.link().session))
        pump.redraw()
        return {"FINISHED"}


class CopyDiagnostics(bpy.types.Operator):
    """Copy versions, the state of the backend and the end of its log to the clipboard, for a report"""

    bl_idname = "any_to_3d.copy_diagnostics"
    bl_label = "Copy Diagnostics"

    with_prompts: bpy.props.BoolProperty(
        name="Include prompts",
        description="Also the words of your prompts and the names of their files; unset, they are left out everywhere",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Result:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> Result:
        text = collected_diagnostics(self.with_prompts)
        context.window_manager.clipboard = text
        self.report({"INFO"}, f"Copied {len(text.splitlines())} lines to the clipboard")
        return {"FINISHED"}


CLASSES = (
    RestartBackend,
    TestConnection,
    FreeBackendMemory,
    FindPrograms,
    UseProgram,
    ReadLicences,
    CopyDiagnostics,
)
