"""What is to come: the jobs that wait, in the backend's order."""

from __future__ import annotations

import bpy

from .. import pump, wording
from .tab import TabPanel, draw_text


class QueuePanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_queue"
    bl_label = "Queue"

    def draw(self, context: bpy.types.Context) -> None:
        session = pump.link().session
        waiting = [job for job in session.active_jobs if job.state != "running"]
        column = self.layout.column()
        for job in sorted(waiting, key=lambda each: each.position):
            row = column.row(align=True)
            row.label(text=f"{job.origin.prompt}  ·  {job.origin.seed}", icon="TIME")
            row.operator("any_to_3d.cancel", text="", icon="X").request_id = job.origin.request_id
            draw_text(column, context, wording.job_line(session, job))
        if not waiting:
            draw_text(column, context, "No job waits", "INFO")
