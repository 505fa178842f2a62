"""What the artist and scripts can do, as ``bpy.ops.any_to_3d.*``. Each is a line or two around the link."""

from __future__ import annotations

import random
from dataclasses import replace
from time import monotonic, sleep
from typing import TYPE_CHECKING

import bpy

from .. import preferences, properties, pump, result_settings, wording
from ..connection import launching, licences
from ..connection.addresses import normalise
from ..connection.backend_process import free_port
from ..errors import Trouble, trouble, trouble_of_error
from ..history import entries as history
from ..objects import placing, scene
from ..request import submission
from ..result_settings import ORIGINS, PLACES

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_PANELS_SEED = -1
"""The seed of an operator that was given none."""


def _panels_weight(part: str) -> object:
    return bpy.props.FloatProperty(
        name=f"{part} weight", description="-1: the panel's", default=-1.0, options={"SKIP_SAVE"}
    )


def complain(operator: bpy.types.Operator, trouble: Trouble) -> Result:
    """End an operator with an error: in the panel, and where there is none, for the script that called it."""
    pump.link().complain(trouble)
    pump.redraw()
    # Without a window there is no panel to read; as a report it becomes the script's exception.
    operator.report({"ERROR" if bpy.app.background else "WARNING"}, trouble.message)
    return {"CANCELLED"}


class Generate(bpy.types.Operator):
    """Make an object from the prompt. It grows at its place while the backend works"""

    bl_idname = "any_to_3d.generate"
    bl_label = "Generate"

    prompt: bpy.props.StringProperty(name="Prompt", description="Empty: the panel's", options={"SKIP_SAVE"})
    image: bpy.props.StringProperty(name="Image", description="Empty: the panel's", options={"SKIP_SAVE"})
    sound: bpy.props.StringProperty(name="Sound", description="Empty: the panel's", options={"SKIP_SAVE"})
    negative: bpy.props.StringProperty(name="Avoid", description="Empty: the panel's", options={"SKIP_SAVE"})
    text_weight: _panels_weight("Text")
    image_weight: _panels_weight("Image")
    sound_weight: _panels_weight("Sound")
    preset: bpy.props.StringProperty(name="Preset", description="Empty: the panel's", options={"SKIP_SAVE"})
    seed: bpy.props.IntProperty(name="Seed", description="-1: the panel's", default=_PANELS_SEED, options={"SKIP_SAVE"})
    height: bpy.props.FloatProperty(
        name="Height", description="In metres; -1: the panel's", default=-1.0, options={"SKIP_SAVE"}
    )
    place: bpy.props.EnumProperty(name="Place", items=result_settings.or_panels(PLACES), options={"SKIP_SAVE"})
    origin: bpy.props.EnumProperty(name="Origin", items=result_settings.or_panels(ORIGINS), options={"SKIP_SAVE"})
    max_faces: bpy.props.IntProperty(
        name="Faces", description="At most; 0: as made; -1: the panel's", default=-1, min=-1, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        session = pump.link().session
        reason = wording.why_not_generate(session)
        # A Blender without a window has no panel to read them in.
        if not reason and not bpy.app.background and licences.are_unread(session, preferences.get().licences_read):
            reason = "Read the licences of the backend's networks first, in the panel Generate"
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
            fields = self._over(panels)
            placement = placing.placement(context, height, self.place, self.origin, self.max_faces)
            submit = submission.to_submit(fields, backend, placement.max_faces)
            kept = history.settings_of(context, panels, fields, height)
            link.generate(submit, fields.title, placement, fields.named_parts, kept)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        pump.wake()
        return {"FINISHED"}

    def _over(self, panel: submission.PromptFields) -> submission.PromptFields:
        """The panel's fields, less those that this operator was given."""
        return replace(
            panel,
            text=self.prompt or panel.text,
            preset=self.preset or panel.preset,
            seed=panel.seed if self.seed == _PANELS_SEED else self.seed,
            text_weight=panel.text_weight if self.text_weight < 0 else self.text_weight,
            image=bpy.path.abspath(self.image) or panel.image,
            image_weight=panel.image_weight if self.image_weight < 0 else self.image_weight,
            sound=bpy.path.abspath(self.sound) or panel.sound,
            sound_weight=panel.sound_weight if self.sound_weight < 0 else self.sound_weight,
            negative=self.negative or panel.negative,
        )


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


class Connect(bpy.types.Operator):
    """Connect to the backend at the address in the preferences"""

    bl_idname = "any_to_3d.connect"
    bl_label = "Connect"

    address: bpy.props.StringProperty(description="Empty: the one in the preferences", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            address = normalise(self.address or preferences.get().address)
            if preferences.address_needs_permission(address):
                message = f"{address} is another computer, and Blender is not allowed to go online."
                return complain(self, trouble("online_denied", message))
            pump.link().connect(address, preferences.curve_keys())
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_address"))
        pump.wake()
        return {"FINISHED"}


class Disconnect(bpy.types.Operator):
    """Stop talking to the backend. Its jobs go on, and connecting again finds them"""

    bl_idname = "any_to_3d.disconnect"
    bl_label = "Disconnect"

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().disconnect()
        pump.redraw()
        return {"FINISHED"}


class StartBackend(bpy.types.Operator):
    """Start the backend on this computer and connect to it"""

    bl_idname = "any_to_3d.start_backend"
    bl_label = "Start Backend"

    use_free_port: bpy.props.BoolProperty(
        description="Change the address in the preferences to a port that nobody uses", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if pump.link().session.connection == "connected":
            cls.poll_message_set("A backend is connected. Disconnect from it first")
            return False
        if pump.link().is_starting:
            cls.poll_message_set("The backend is starting")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            if self.use_free_port:
                preferences.get().address = f"tcp://127.0.0.1:{free_port()}"
            notice = launching.start()
        except ValueError as error:
            return complain(self, trouble_of_error(error, "start_failed"))
        if notice:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class StopBackend(bpy.types.Operator):
    """Stop the backend that this Blender started. Its running jobs keep their last checkpoint"""

    bl_idname = "any_to_3d.stop_backend"
    bl_label = "Stop Backend"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        process = pump.link().process
        if process is not None and process.is_alive:
            return True
        cls.poll_message_set("This Blender started no backend that still runs")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        pump.link().stop_backend()
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
        while not link.is_settled:
            if monotonic() > deadline:
                self.report({"ERROR"}, f"Still not done after {wording.duration(self.timeout)}")
                return {"CANCELLED"}
            pump.step()
            sleep(0.01)
        if link.session.trouble is not None:
            self.report({"ERROR"}, link.session.trouble.message)
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
    Generate,
    Cancel,
    RemoveUnfinished,
    Connect,
    Disconnect,
    StartBackend,
    StopBackend,
    Wait,
    Recreate,
    RandomSeed,
    ChoosePreset,
    UseFastestPreset,
    DismissJob,
    Dismiss,
)
