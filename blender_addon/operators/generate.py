"""Make an object from the prompt alone, as ``bpy.ops.any_to_3d.generate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import iteration_settings, properties, pump
from ..errors import trouble_of_error
from ..history import entries as history
from ..objects import placing
from ..objects.placement import Placement
from ..request import submission
from ..request.course import Course
from ..result_settings import ORIGINS, PANELS, PLACES, YES_OR_NO, or_panels
from .complaint import complain
from .prompted import Prompted, angle_property, seen_from, why_not_ask

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class Generate(Prompted):
    """Make an object from the prompt. It grows at its place while the backend works"""

    bl_idname = "any_to_3d.generate"
    bl_label = "Generate"

    height: bpy.props.FloatProperty(
        name="Height", description="In metres; -1: the panel's", default=-1.0, options={"SKIP_SAVE"}
    )
    place: bpy.props.EnumProperty(name="Place", items=or_panels(PLACES), options={"SKIP_SAVE"})
    origin: bpy.props.EnumProperty(name="Origin", items=or_panels(ORIGINS), options={"SKIP_SAVE"})
    max_faces: bpy.props.IntProperty(
        name="Faces", description="At most; 0: as made; -1: the panel's", default=-1, min=-1, options={"SKIP_SAVE"}
    )
    seen_from: bpy.props.EnumProperty(
        name="Image Is Seen", items=or_panels(iteration_settings.ANGLES), options={"SKIP_SAVE"}
    )
    angle: angle_property()
    approve_shape: bpy.props.EnumProperty(
        name="Approve the Shape First", items=or_panels(YES_OR_NO), options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_ask()
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Result:
        height = self.height if self.height > 0 else properties.settings(context).height
        link = pump.link()
        backend = link.session.backend
        assert backend is not None, "poll allows this operator only while connected"
        try:
            panels = properties.prompt_fields(context)
            fields = self.over(panels)
            placement = placing.placement(context, height, self.place, self.origin, self.max_faces)
            course = self._course(context, fields, placement)
            submit = submission.to_submit(fields, backend, placement.max_faces, course)
            kept = history.settings_of(context, panels, fields, height)
            kept |= {"iteration.approve_shape": course.stops_after_shape}
            link.generate(submit, fields.title, placement, fields.named_parts, kept)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        pump.wake()
        return {"FINISHED"}

    def _course(self, context: bpy.types.Context, fields: submission.PromptFields, placement: Placement) -> Course:
        chosen = properties.settings(context).iteration
        choice = chosen.seen_from if self.seen_from == PANELS else self.seen_from
        return Course(
            stops_after_shape=chosen.approve_shape if self.approve_shape == PANELS else self.approve_shape == "YES",
            seen_from=seen_from(context, self.angle, choice, placement) if fields.image else None,
        )


CLASSES = (Generate,)
