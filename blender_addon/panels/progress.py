"""How far it is: the jobs that run and those that ended last."""

from __future__ import annotations

import bpy

from .. import cut_out_icons, live_pictures, pump, wording
from ..link import Link
from ..objects import scene
from ..objects.retexture_mark import mode_of_marked
from ..state import Job
from .tab import TabPanel, draw_text

_ENDED_JOBS_SHOWN = 3
_CUT_OUT_SCALE = 5.0
_LIVE_SCALE = 4.0


class ProgressPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_progress"
    bl_label = "Progress"

    def draw(self, context: bpy.types.Context) -> None:
        link = pump.link()
        jobs = link.session.jobs
        running = [job for job in jobs if job.state == "running"]
        ended = [job for job in jobs if job.is_over]
        column = self.layout.column()
        for job in (*running, *reversed(ended[-_ENDED_JOBS_SHOWN:])):
            _draw_job(column, context, link, job)
        if not running and not ended:
            draw_text(column, context, "Nothing has been generated yet", "INFO")


def _draw_job(column: bpy.types.UILayout, context: bpy.types.Context, link: Link, job: Job) -> None:
    box = column.box()
    row = box.row()
    row.label(text=f"{job.origin.prompt}, seed {job.origin.seed}", icon="MESH_DATA")
    if job.is_over:
        row.operator("any_to_3d.dismiss_job", text="", icon="X", emboss=False).request_id = job.origin.request_id
    else:
        row.operator("any_to_3d.cancel", text="", icon="X").request_id = job.origin.request_id
    has_mesh = job.state != "cancelled" or scene.name_of_object(job.origin) is not None
    draw_text(box, context, wording.job_line(link.session, job, has_mesh))
    if job.trouble is not None and job.trouble != link.session.trouble:
        draw_text(box, context, job.trouble.message)
    if job.state == "running":
        # Above what comes and goes, so that no button moves away under the pointer.
        _draw_rest(box, job)
        _draw_bars(box, link, job)
    for notice in filter(None, (job.notice, job.setback)):
        draw_text(box, context, notice, "INFO")
    for cut_out in job.cut_outs:
        icon = cut_out_icons.icon_of(job.job_id, cut_out.part)
        if icon:
            box.template_icon(icon_value=icon, scale=_CUT_OUT_SCALE)
        draw_text(box, context, wording.cut_out_line(cut_out), "IMAGE_DATA")
    if job.job_id in link.display.missing:
        draw_text(box, context, "Its object is not in this scene any more.", "INFO")
        box.operator("any_to_3d.recreate", icon="ADD").request_id = job.origin.request_id
    elif job.state in ("cancelled", "failed") and scene.name_of_object(job.origin) is not None:
        box.operator("any_to_3d.remove_unfinished", icon="TRASH").request_id = job.origin.request_id
    elif not job.is_over and {scene.mode_of_object(job.origin), mode_of_marked(job.origin.request_id)} != {"OBJECT"}:
        draw_text(box, context, "It waits while you edit it: leave to Object Mode.", "PAUSE")


def _draw_rest(box: bpy.types.UILayout, job: Job) -> None:
    """Pause or Resume, and Finish Now; pressed again, they ask again."""
    row = box.row(align=True)
    if job.is_paused or job.wish == "pause":
        row.operator("any_to_3d.resume", icon="PLAY").request_id = job.origin.request_id
    else:
        row.operator("any_to_3d.pause", icon="PAUSE").request_id = job.origin.request_id
    row.operator("any_to_3d.finish_now", icon="CHECKMARK").request_id = job.origin.request_id


def _draw_bars(box: bpy.types.UILayout, link: Link, job: Job) -> None:
    """One bar for each phase, and one for the whole job; beside them what it looks like."""
    frame = link.display.newest_frame(job.job_id)
    icon = live_pictures.icon_of(frame) if frame is not None else 0
    if icon:
        box.template_icon(icon_value=icon, scale=_LIVE_SCALE)
    bars = box.column(align=True)
    for bar in wording.phase_bars(link.session, job):
        bars.progress(factor=bar.fraction, text=bar.text)
    box.progress(factor=job.overall, text=wording.progress_text(job))
    pace = wording.pace_line(job)
    if pace:
        box.label(text=pace, icon="TIME")
    for line in wording.memory_lines(link.session):
        box.label(text=line, icon="MEMORY")
