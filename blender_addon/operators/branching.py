"""Go on from what the backend has stored of a job, as ``bpy.ops.any_to_3d.continue_job``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import bpy

from ...shared.messages import Checkpoints, ListCheckpoints
from ...shared.starting_points import MOST_EXTRA_STEPS, Continue
from .. import properties, pump, wording
from ..errors import trouble_of_error
from ..history import entries as history
from ..objects import placing, provenance, scene
from ..objects.placement import Placement
from ..state import Provenance
from .complaint import complain
from .going_on import AS_BEFORE, Change, go_on
from .prompted import why_not_ask

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_DIALOG_WIDTH = 380
_DIALOG_LETTERS = 56

_NONE = Provenance("", "", "", "", 0)


def _stored_of(job_id: str) -> Checkpoints | None:
    return pump.link().session.checkpoints_of(job_id)


def job_of(context: bpy.types.Context, request_id: str) -> Provenance:
    """The job of this entry of the history, or of the active object without one; an empty one where there is none."""
    if request_id:
        entry = history.find(context.scene, request_id)
        return history.origin_of(entry) if entry is not None else _NONE
    active = context.active_object
    return provenance.read(active) if active is not None and provenance.is_generated(active) else _NONE


# What Blender gives to these has an operator's properties, but not its methods.


def _checkpoint_names(given: ContinueJob, context: bpy.types.Context, text: str) -> Iterable[str]:
    stored = _stored_of(job_of(context, given.request_id).job_id)
    return [each.name for each in stored.checkpoints] if stored else []


def _preset_names(given: ContinueJob, context: bpy.types.Context, text: str) -> Iterable[str]:
    recipe = pump.link().session.recipe(job_of(context, given.request_id).recipe)
    return [each.name for each in recipe.presets] if recipe else []


class ContinueJob(bpy.types.Operator):
    """Go on from what the backend has stored of this job: with other words, another seed, or more steps"""

    bl_idname = "any_to_3d.continue_job"
    bl_label = "Branch"

    request_id: bpy.props.StringProperty(
        description="Of an entry of the history; empty: the job of the active object", options={"SKIP_SAVE", "HIDDEN"}
    )
    checkpoint: bpy.props.StringProperty(
        name="From", description="A state that is stored; empty: the newest", search=_checkpoint_names,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    prompt: bpy.props.StringProperty(
        name="Prompt", description="Empty: its own, with its picture and its sound", options={"SKIP_SAVE"}
    )
    preset: bpy.props.StringProperty(
        name="Preset", description="Empty: its own", search=_preset_names, options={"SKIP_SAVE"}
    )
    seed: bpy.props.IntProperty(
        name="Seed", description="-1: its own", default=AS_BEFORE, min=AS_BEFORE, options={"SKIP_SAVE"}
    )
    more_steps: bpy.props.IntProperty(
        name="More Steps", description="Of the last phase, beyond what the preset has", min=0, max=MOST_EXTRA_STEPS,
        step=100, options={"SKIP_SAVE"},
    )  # fmt: skip
    as_version: bpy.props.BoolProperty(
        name="New Version of the Object",
        description="Otherwise, and where the object is gone, it becomes an object of its own at the 3D cursor",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_ask() or wording.why_not(pump.link().session, "continue")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Result:
        job_id = job_of(context, self.request_id).job_id
        if job_id and pump.link().session.offers("checkpoints"):
            pump.link().ask(ListCheckpoints(job_id))
        return context.window_manager.invoke_props_dialog(self, width=_DIALOG_WIDTH)

    def draw(self, context: bpy.types.Context) -> None:
        origin = job_of(context, self.request_id)
        column = self.layout.column()
        column.use_property_split = True
        column.label(text=f"{origin.prompt}, seed {origin.seed}", icon="MESH_DATA", translate=False)
        for name in ("checkpoint", "prompt", "preset", "seed", "more_steps", "as_version"):
            column.prop(self, name)
        for line in textwrap.wrap(wording.stored_line(pump.link().session, origin.job_id), _DIALOG_LETTERS):
            column.label(text=line, translate=False)

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            origin = job_of(context, self.request_id)
            self._check(origin)
            source = Continue(origin.job_id, self.checkpoint, self.more_steps)
            change = Change(self.prompt.strip(), self.preset, self.seed)
            go_on(context, origin, source, change, self._place(context, origin))
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        return {"FINISHED"}

    def _check(self, origin: Provenance) -> None:
        if not origin.job_id:
            raise ValueError("No backend has accepted this job, so none has anything of it. Select a generated object.")
        if origin.retextured:
            raise ValueError("This job has only painted an object. Paint it once more instead of going on from it.")
        stored = _stored_of(origin.job_id)
        names = [each.name for each in stored.checkpoints] if stored else []
        if stored is not None and not names:
            raise ValueError(wording.stored_line(pump.link().session, origin.job_id))
        if stored is not None and self.checkpoint and self.checkpoint not in names:
            raise ValueError(f"Nothing is stored under '{self.checkpoint}'; there is {', '.join(names)}.")

    def _place(self, context: bpy.types.Context, origin: Provenance) -> Placement:
        name = scene.name_of_object(origin) if self.as_version else None
        if name is None:
            return placing.placement(context, properties.settings(context).height, "CURSOR")
        target = bpy.data.objects[name]
        return placing.in_place_of(context, target, scene.local_from_generator(target, origin.request_id), False)


CLASSES = (ContinueJob,)
