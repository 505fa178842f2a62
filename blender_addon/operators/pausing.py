"""Let a running job rest, go on, or finish as it is, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import bpy

from ...shared.messages import Operation
from .. import pump, wording
from ..state import Job, Wish

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class _OfRunningJob(bpy.types.Operator):
    """Operators on one job that runs. Never registered itself."""

    request_id: bpy.props.StringProperty(description="Empty: the job that runs", options={"SKIP_SAVE", "HIDDEN"})

    operation: ClassVar[Operation]
    wish: ClassVar[Wish]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        session = pump.link().session
        reason = wording.why_not(session, cls.operation)
        if not reason and not any(cls.suits(job) for job in session.jobs):
            reason = "No job is in the state for this"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether this job can be asked for it."""
        return job.state == "running"

    def execute(self, context: bpy.types.Context) -> Result:
        session = pump.link().session
        suited = [job for job in session.jobs if self.suits(job) and self.request_id in ("", job.origin.request_id)]
        if not suited:
            self.report({"WARNING"}, "This job is not in the state for it any more")
            return {"CANCELLED"}
        pump.link().wish(suited[-1].origin.request_id, self.wish)
        pump.wake()
        return {"FINISHED"}


class PauseJob(_OfRunningJob):
    """Let this job rest, with its device's memory free for rendering. The jobs that wait go on waiting"""

    bl_idname = "any_to_3d.pause"
    bl_label = "Pause"

    operation = "pause"
    wish = "pause"

    @classmethod
    def suits(cls, job: Job) -> bool:
        return job.state == "running" and not job.is_paused


class ResumeJob(_OfRunningJob):
    """Let this job go on, with the same result as if it had never rested"""

    bl_idname = "any_to_3d.resume"
    bl_label = "Resume"

    operation = "pause"
    wish = "resume"

    @classmethod
    def suits(cls, job: Job) -> bool:
        return job.state == "running" and (job.is_paused or job.wish == "pause")


class FinishNow(_OfRunningJob):
    """Take no further step: make a finished, textured object of what is there now"""

    bl_idname = "any_to_3d.finish_now"
    bl_label = "Finish Now"

    operation = "finish_now"
    wish = "finish_now"


CLASSES = (PauseJob, ResumeJob, FinishNow)
