"""The order of the backend's queue, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...shared.messages import Move
from .. import pump

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_STEPS = {"UP": -1, "DOWN": 1}


class MoveJob(bpy.types.Operator):
    """Change this job's place among those that wait"""

    bl_idname = "any_to_3d.move_job"
    bl_label = "Move in the Queue"

    request_id: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    direction: bpy.props.EnumProperty(
        name="Direction",
        items=(
            ("TOP", "First", "To be the next one"),
            ("UP", "Earlier", "One place earlier"),
            ("DOWN", "Later", "One place later"),
        ),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        session = pump.link().session
        if session.connection != "connected" or session.backend is None or not session.backend.can_move:
            cls.poll_message_set("The connected backend cannot change the order of its jobs")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        job = pump.link().session.job_of_request(self.request_id)
        if job is None or job.state != "queued":
            self.report({"WARNING"}, "This job does not wait any more")
            return {"CANCELLED"}
        place = 1 if self.direction == "TOP" else job.position + _STEPS[self.direction]
        pump.link().ask(Move(job.job_id, max(place, 1)))
        pump.wake()
        return {"FINISHED"}


CLASSES = (MoveJob,)
