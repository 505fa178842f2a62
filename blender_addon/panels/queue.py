"""What is to come: the jobs that wait, in the backend's order."""

from __future__ import annotations

import bpy

from .. import pump, wording
from ..state import Job, Session
from .tab import TabPanel, draw_text


class QueuePanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_queue"
    bl_label = "Queue"

    def draw(self, context: bpy.types.Context) -> None:
        session = pump.link().session
        waiting = sorted((job for job in session.active_jobs if job.state != "running"), key=_place)
        column = self.layout.column()
        if not waiting:
            draw_text(column, context, "No job waits", "INFO")
        for index, job in enumerate(waiting):
            _draw_job(column.box(), context, session, job, index == 0, index == len(waiting) - 1)


def _place(job: Job) -> float:
    """Those that the backend has not placed yet come last."""
    return job.position or float("inf")


def _draw_job(
    box: bpy.types.UILayout, context: bpy.types.Context, session: Session, job: Job, is_first: bool, is_last: bool
) -> None:
    row = box.row(align=True)
    row.label(text=job.origin.prompt, icon="TIME", translate=False)
    for direction, icon, is_allowed in (("UP", "TRIA_UP", not is_first), ("DOWN", "TRIA_DOWN", not is_last)):
        arrow = row.row(align=True)
        arrow.enabled = is_allowed and job.state == "queued"
        button = arrow.operator("any_to_3d.move_job", text="", icon=icon)  # type: ignore[arg-type]
        button.request_id, button.direction = job.origin.request_id, direction
    row.operator("any_to_3d.generate_again", text="", icon="DUPLICATE").request_id = job.origin.request_id
    row.operator("any_to_3d.cancel", text="", icon="X").request_id = job.origin.request_id
    draw_text(box, context, f"{wording.job_line(session, job)}, seed {job.origin.seed}")
