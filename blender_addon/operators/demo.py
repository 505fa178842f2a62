"""Demo mode as an operator: the add-on with a recorded job, where there is no backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import preferences, pump, wording
from ..demo.launch import demo_options
from ..errors import trouble_of_error
from .complaint import complain

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class StartDemo(bpy.types.Operator):
    """See the whole add-on at work without a backend: every prompt plays the same recorded object"""

    bl_idname = "any_to_3d.start_demo"
    bl_label = "Try the Demo"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        link = pump.link()
        reason = wording.why_not_demo(link.session, link.is_starting, link.runs_demo)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Result:
        link = pump.link()
        try:
            if link.runs_demo:
                link.connect(link.process.address)
            else:
                link.start_backend(demo_options(), preferences.log_path())
        except ValueError as error:
            return complain(self, trouble_of_error(error, "start_failed"))
        pump.wake()
        return {"FINISHED"}


CLASSES = (StartDemo,)
