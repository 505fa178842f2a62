"""What can be done about jobs and before one, as ``bpy.ops.any_to_3d.*``. Each is a line or two around the link."""

from __future__ import annotations

import random
from time import monotonic, sleep
from typing import TYPE_CHECKING

import bpy

from .. import properties, pump, wording
from ..errors import trouble
from ..objects import placing, scene
from ..request import submission
from .complaint import complain

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class Cancel(bpy.types.Operator):
    """End this job; the mesh that it made so far stays"""

    bl_idname = "any_to_3d.cancel"
    bl_label = "Cancel"

    request_id: bpy.props.StringProperty(description="Empty: the newest job", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if pump.link().session.active_jobs:
            return True
        cls.poll_message_set("No job is running")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        newest = pump.link().session.active_jobs[-1]
        pump.link().cancel(self.request_id or newest.origin.request_id)
        pump.wake()
        return {"FINISHED"}


class RemoveUnfinished(bpy.types.Operator):
    """Delete the mesh that a cancelled or failed job has left"""

    bl_idname = "any_to_3d.remove_unfinished"
    bl_label = "Remove Its Mesh"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender wants a set

    request_id: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Result:
        job = pump.link().session.job_of_request(self.request_id)
        if job is None or not job.is_over or not scene.remove_unfinished(job.origin):
            self.report({"ERROR"}, "This job has left no unfinished mesh")
            return {"CANCELLED"}
        pump.redraw()
        return {"FINISHED"}


class Wait(bpy.types.Operator):
    """For scripts without a window: work until the backend has answered and every job has ended"""

    bl_idname = "any_to_3d.wait"
    bl_label = "Wait for Jobs"

    timeout: bpy.props.FloatProperty(name="Timeout", description="Seconds", default=600.0, min=0.0)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if bpy.app.background:
            return True
        cls.poll_message_set("With a window the add-on works by itself; waiting would freeze it")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        deadline = monotonic() + self.timeout
        link = pump.link()
        before = link.session.trouble  # told already, by whatever ran into it
        while not link.is_settled:
            if monotonic() > deadline:
                self.report({"ERROR"}, f"Still not done after {wording.duration(self.timeout)}")
                return {"CANCELLED"}
            pump.step()
            sleep(0.01)
        trouble_now = link.session.trouble
        if trouble_now is not None and trouble_now is not before:
            self.report({"ERROR"}, trouble_now.message)
            return {"CANCELLED"}
        return {"FINISHED"}


class Recreate(bpy.types.Operator):
    """The job's object was deleted: put its newest mesh at the 3D cursor"""

    bl_idname = "any_to_3d.recreate"
    bl_label = "Re-create Object"

    request_id: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Result:
        height = properties.settings(context).height
        pump.link().recreate(self.request_id, placing.placement(context, height, "CURSOR"))
        pump.wake()
        return {"FINISHED"}


class RandomSeed(bpy.types.Operator):
    """Draw another seed, for another object from the same prompt"""

    bl_idname = "any_to_3d.random_seed"
    bl_label = "Random Seed"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    def execute(self, context: bpy.types.Context) -> Result:
        # Short enough to read aloud and type again.
        properties.settings(context).seed = random.SystemRandom().randrange(100_000)
        return {"FINISHED"}


class ChoosePreset(bpy.types.Operator):
    """Use this preset"""

    bl_idname = "any_to_3d.choose_preset"
    bl_label = "Choose Preset"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    preset: bpy.props.StringProperty(options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, chosen: bpy.types.OperatorProperties) -> str:
        recipe = pump.link().session.recipe(properties.settings(context).recipe)
        presets = recipe.presets if recipe else ()
        return next((preset.description for preset in presets if preset.name == chosen.preset), str(cls.__doc__))

    def execute(self, context: bpy.types.Context) -> Result:
        properties.settings(context).preset = self.preset
        return {"FINISHED"}


class UseFastestPreset(bpy.types.Operator):
    """Choose the preset that needs the least work, and generate again"""

    bl_idname = "any_to_3d.use_fastest_preset"
    bl_label = "Try the Fastest Preset"

    def execute(self, context: bpy.types.Context) -> Result:
        chosen = properties.settings(context)
        recipe = pump.link().session.recipe(chosen.recipe)
        if recipe is None:
            return complain(self, trouble("no_backend"))
        chosen.preset = submission.fastest_preset(recipe)
        return bpy.ops.any_to_3d.generate()  # type: ignore[attr-defined]


class DismissJob(bpy.types.Operator):
    """Take this job from the panel; its object and its place in the history stay"""

    bl_idname = "any_to_3d.dismiss_job"
    bl_label = "Dismiss Job"

    request_id: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().dismiss_job(self.request_id)
        pump.redraw()
        return {"FINISHED"}


class Dismiss(bpy.types.Operator):
    """Close this message"""

    bl_idname = "any_to_3d.dismiss"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().dismiss()
        pump.redraw()
        return {"FINISHED"}


CLASSES = (
    Cancel,
    RemoveUnfinished,
    Wait,
    Recreate,
    RandomSeed,
    ChoosePreset,
    UseFastestPreset,
    DismissJob,
    Dismiss,
)
