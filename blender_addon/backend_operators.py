"""What can be done with the backend beside starting and stopping it, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from . import pump

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
        was_demo = pump.link().runs_demo
        pump.link().stop_backend(_STOP_PATIENCE)
        if was_demo:
            return bpy.ops.any_to_3d.start_demo()  # type: ignore[attr-defined]
        return bpy.ops.any_to_3d.start_backend()  # type: ignore[attr-defined]


CLASSES = (RestartBackend,)
