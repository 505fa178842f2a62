"""What follows on a shape that was made to be approved, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...shared.starting_points import Continue
from .. import pump, wording
from ..errors import trouble_of_error
from ..objects import placing, provenance, scene, shape_mark, versions
from ..objects.sent_shape import has_visible_modifiers, sent_shape
from .complaint import complain
from .going_on import Change, go_on

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


def is_to_be_approved(target: bpy.types.Object | None) -> bool:
    """Whether the object is a shape that waits for the artist's word."""
    return target is not None and bool(target.get(provenance.UNTIL)) and bool(target.get(provenance.IS_FINAL))


def why_not_approve(target: bpy.types.Object | None) -> str:
    """Why this shape cannot be painted now, with what to do; empty if it can."""
    if target is None or not is_to_be_approved(target):
        return "Select an object whose shape is to be approved"
    session = pump.link().session
    job_id = provenance.read(target).job_id
    if any(job.origin.parent == job_id for job in session.active_jobs):
        return "It is being painted already"
    return wording.why_not(session, "continue")


class _OfShape(bpy.types.Operator):
    """Operators on the active object, a shape to be approved. Never registered itself."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = cls.reason(context.active_object)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @classmethod
    def reason(cls, target: bpy.types.Object | None) -> str:
        raise NotImplementedError


class ApproveShape(_OfShape):
    """Let the backend paint this shape, with whatever you have changed about it"""

    bl_idname = "any_to_3d.approve_shape"
    bl_label = "Texture It"

    prompt: bpy.props.StringProperty(
        name="Prompt", description="To paint it after; empty: what the shape was made from", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason(cls, target: bpy.types.Object | None) -> str:
        return why_not_approve(target)

    def execute(self, context: bpy.types.Context) -> Result:
        target = context.active_object
        assert target is not None, "poll wants one"
        origin = provenance.read(target)
        try:
            if shape_mark.is_untouched(target):
                source = Continue(origin.job_id, origin.until)
                way_back = scene.local_from_generator(target, origin.request_id)
                place = placing.in_place_of(context, target, way_back, False)
            else:
                sent = sent_shape(context, target)
                source = Continue(origin.job_id, origin.until, mesh=sent.mesh)
                place = placing.in_place_of(context, target, sent.way_back, has_visible_modifiers(target))
            go_on(context, origin, source, Change(self.prompt), place)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        return {"FINISHED"}


class DiscardShape(_OfShape):
    """Delete this shape; what it was before, if it was something, is shown again"""

    bl_idname = "any_to_3d.discard_shape"
    bl_label = "Discard"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def reason(cls, target: bpy.types.Object | None) -> str:
        if not is_to_be_approved(target):
            return "Select an object whose shape is to be approved"
        assert target is not None, "none has no shape"
        return "" if target.mode == "OBJECT" else "Leave to Object Mode first"

    def execute(self, context: bpy.types.Context) -> Result:
        target = context.active_object
        assert target is not None, "poll wants one"
        shown = versions.shown_version(target)
        before = [each for each in versions.versions_of(target) if shown is not None and each.number < shown.number]
        if shown is not None and before:
            versions.show_version(target, before[-1].number)
            versions.forget_version(target, shown.number)
        else:
            mesh = target.data
            bpy.data.objects.remove(target)
            if isinstance(mesh, bpy.types.Mesh) and not mesh.users:
                bpy.data.meshes.remove(mesh)
        pump.redraw()
        return {"FINISHED"}


CLASSES = (ApproveShape, DiscardShape)
