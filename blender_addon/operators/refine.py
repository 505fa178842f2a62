"""Make a finished object of a rough mesh, as ``bpy.ops.any_to_3d.refine``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...shared import starting_points
from .. import properties, pump, wording
from ..errors import trouble_of_error
from ..history import entries as history
from ..objects import placing, provenance
from ..objects.sent_shape import has_visible_modifiers, sent_shape
from ..objects.source_fitness import why_not_source
from ..request import submission
from ..request.course import Course
from .complaint import complain
from .prompted import Prompted, angle_property, seen_from, why_not_ask

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_PANELS = -1.0


def why_not_refine(context: bpy.types.Context) -> str:
    """Why the active object cannot be refined now, with what to do; empty if it can."""
    target = context.active_object
    reason = why_not_ask() or wording.why_not(pump.link().session, "refine") or why_not_source(target)
    if reason or target is None:
        return reason
    if not target.select_get():
        return "Select a mesh object first"
    job = pump.link().session.job_of_request(str(target.get(provenance.REQUEST, "")))
    return "It is still growing; wait until it is finished, or cancel its job" if job and not job.is_over else ""


class Refine(Prompted):
    """Make a finished object of the active one, by the prompt: it grows in its place, and what it was is kept"""

    bl_idname = "any_to_3d.refine"
    bl_label = "Refine"

    keep: bpy.props.FloatProperty(
        name="Keep My Shape",
        description="0: a mere hint; 1: its outline stays; -1: the panel's",
        default=_PANELS,
        min=_PANELS,
        max=1.0,
        options={"SKIP_SAVE"},
    )
    angle: angle_property()

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_refine(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Result:
        target, link = context.active_object, pump.link()
        backend = link.session.backend
        assert target is not None, "poll wants one"
        assert backend is not None, "poll allows this operator only while connected"
        chosen = properties.settings(context).iteration
        try:
            panels = properties.prompt_fields(context)
            fields = self.over(panels)
            sent = sent_shape(context, target)
            place = placing.in_place_of(context, target, sent.way_back, has_visible_modifiers(target))
            keep = chosen.keep if self.keep < 0 else self.keep
            course = Course(
                starting_points.Refine(sent.mesh, keep),
                chosen.approve_shape,
                seen_from(context, self.angle, chosen.seen_from, place) if fields.image else None,
            )
            submit = submission.to_submit(fields, backend, place.max_faces, course)
            kept = history.settings_of(context, panels, fields, place.height) | {"iteration.keep": keep}
            link.generate(submit, fields.title, place, fields.named_parts, kept)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        pump.wake()
        return {"FINISHED"}


CLASSES = (Refine,)
