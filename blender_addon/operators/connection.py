"""The connection and the backend of this Blender, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...shared.fingerprint import fingerprint
from .. import preferences, pump
from ..connection import launching
from ..connection.addresses import normalise
from ..connection.backend_keys import accept_key
from ..connection.backend_process import free_port
from ..errors import trouble, trouble_of_error
from .complaint import complain

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class Connect(bpy.types.Operator):
    """Connect to the backend at the address in the preferences"""

    bl_idname = "any_to_3d.connect"
    bl_label = "Connect"

    address: bpy.props.StringProperty(description="Empty: the one in the preferences", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Result:
        return _connect(self, self.address or preferences.get().address)


class AcceptKey(bpy.types.Operator):
    """Remember this as the backend's key in place of the former one, and connect"""

    bl_idname = "any_to_3d.accept_key"
    bl_label = "Accept New Key"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender wants a set

    address: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    key: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(cls, context: bpy.types.Context, chosen: bpy.types.OperatorProperties) -> str:
        return f"Remember the key {fingerprint(chosen.key)} for {chosen.address}, and connect"

    def execute(self, context: bpy.types.Context) -> Result:
        path = preferences.key_file()
        if path is None:
            return complain(self, trouble("bad_key_file", "No key file is chosen in the preferences."))
        try:
            accept_key(path, self.address, self.key)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_key_file"))
        preferences.get().backend_key = ""
        return _connect(self, self.address)


class Disconnect(bpy.types.Operator):
    """Stop talking to the backend. Its jobs go on, and connecting again finds them"""

    bl_idname = "any_to_3d.disconnect"
    bl_label = "Disconnect"

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().disconnect()
        pump.redraw()
        return {"FINISHED"}


class StartBackend(bpy.types.Operator):
    """Start the backend on this computer and connect to it"""

    bl_idname = "any_to_3d.start_backend"
    bl_label = "Start Backend"

    use_free_port: bpy.props.BoolProperty(
        description="Change the address in the preferences to a port that nobody uses", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if pump.link().session.connection == "connected":
            cls.poll_message_set("A backend is connected. Disconnect from it first")
            return False
        if pump.link().is_starting:
            cls.poll_message_set("The backend is starting")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            if self.use_free_port:
                preferences.get().address = f"tcp://127.0.0.1:{free_port()}"
            notice = launching.start()
        except ValueError as error:
            return complain(self, trouble_of_error(error, "start_failed"))
        if notice:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class StopBackend(bpy.types.Operator):
    """Stop the backend that this Blender started. Its running jobs keep their last checkpoint"""

    bl_idname = "any_to_3d.stop_backend"
    bl_label = "Stop Backend"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        process = pump.link().process
        if process is not None and process.is_alive:
            return True
        cls.poll_message_set("This Blender started no backend that still runs")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().stop_backend()
        pump.redraw()
        return {"FINISHED"}


def _connect(operator: bpy.types.Operator, typed: str) -> Result:
    try:
        address = normalise(typed)
        if preferences.address_needs_permission(address):
            message = f"{address} is another computer, and Blender is not allowed to go online."
            return complain(operator, trouble("online_denied", message))
        pump.link().connect(address, preferences.curve_keys(address))
    except ValueError as error:
        return complain(operator, trouble_of_error(error, "bad_address"))
    pump.wake()
    return {"FINISHED"}


CLASSES = (Connect, AcceptKey, Disconnect, StartBackend, StopBackend)
