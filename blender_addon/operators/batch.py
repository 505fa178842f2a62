"""Generate from a list of prompts, as ``bpy.ops.any_to_3d.generate_batch``."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import bpy
from mathutils import Vector

from .. import properties, pump, wording
from ..errors import trouble_of_error
from ..history import entries as history
from ..objects import placing
from ..objects.placement import Group, Placement
from ..objects.units import to_units
from ..request import batch, submission

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_PANELS = -1


class GenerateBatch(bpy.types.Operator):
    """Make an object from each line of a text, with some seeds each, in a grid and in a collection of their own"""

    bl_idname = "any_to_3d.generate_batch"
    bl_label = "Generate Batch"

    text: bpy.props.StringProperty(
        name="Text", description="Name of a text in this file; empty: the panel's", options={"SKIP_SAVE"}
    )
    file: bpy.props.StringProperty(
        name="File", description="A text file, if no text is named; empty: the panel's", options={"SKIP_SAVE"}
    )
    seed: bpy.props.IntProperty(
        name="First Seed", description="-1: the panel's", default=_PANELS, min=_PANELS, options={"SKIP_SAVE"}
    )
    seeds: bpy.props.IntProperty(
        name="Seeds", description="How many for each prompt; -1: the panel's", default=_PANELS, options={"SKIP_SAVE"}
    )
    spacing: bpy.props.FloatProperty(
        name="Spacing", description="In heights; -1: the panel's", default=_PANELS, options={"SKIP_SAVE"}
    )
    preset: bpy.props.StringProperty(name="Preset", description="Empty: the panel's", options={"SKIP_SAVE"})
    height: bpy.props.FloatProperty(
        name="Height", description="In metres; -1: the panel's", default=_PANELS, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = wording.why_not_generate(pump.link().session)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Result:
        link = pump.link()
        try:
            panels = properties.prompt_fields(context)
            requests = self._requests(context, panels)
            for submit, fields, place in requests:
                kept = history.settings_of(context, panels, fields, place.height)
                link.generate(submit, fields.title, place, fields.named_parts, kept)
        except ValueError as error:
            link.complain(trouble_of_error(error, "bad_prompt"))
            pump.redraw()
            # Without a window there is no panel to read; as a report it becomes the script's exception.
            self.report({"ERROR" if bpy.app.background else "WARNING"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{len(requests)} objects are on their way")
        pump.wake()
        return {"FINISHED"}

    def _requests(
        self, context: bpy.types.Context, panels: submission.PromptFields
    ) -> list[tuple[submission.Submit, submission.PromptFields, Placement]]:
        """Everything that is to be sent. Raises ValueError before anything of it is."""
        backend = pump.link().session.backend
        assert backend is not None, "poll allows this operator only while connected"
        chosen = properties.settings(context)
        seed = chosen.seed if self.seed < 0 else self.seed
        seeds = chosen.batch.seeds if self.seeds < 0 else self.seeds
        items = batch.lay_out(batch.prompts_of(self._list(context)), seed, seeds)
        panel = replace(panels, text_weight=1.0, image="", sound="")
        group = Group(uuid.uuid4().hex, f"Any to 3D batch {datetime.now():%Y-%m-%d %H.%M.%S}")
        requests = []
        for item in items:
            fields = replace(panel, text=item.prompt, seed=item.seed, preset=self.preset or panel.preset)
            place = self._place(context, item, group)
            requests.append((submission.to_submit(fields, backend, place.max_faces), fields, place))
        return requests

    def _list(self, context: bpy.types.Context) -> str:
        chosen = properties.settings(context).batch
        text = bpy.data.texts.get(self.text)
        if self.text and text is None:
            raise ValueError(f"There is no text '{self.text}' in this file.")
        if text is None and not self.file:
            text = chosen.text
        if text is not None:
            return text.as_string()
        path = self.file or chosen.file
        if not path:
            raise ValueError("Choose a text or a file with one prompt a line.")
        return batch.read_list(bpy.path.abspath(path))

    def _place(self, context: bpy.types.Context, item: batch.BatchItem, group: Group) -> Placement:
        chosen = properties.settings(context)
        height = self.height if self.height > 0 else chosen.height
        spacing = self.spacing if self.spacing > 0 else chosen.batch.spacing
        assert context.scene is not None, "operators run in a scene"
        step = to_units(height * spacing, context.scene)
        kind = "SURFACE" if chosen.result.place == "SURFACE" else "CURSOR"
        cell = context.scene.cursor.location + Vector((item.column * step, item.row * step, 0.0))
        return replace(placing.placement(context, height, kind, at=cell), group=group)


CLASSES = (GenerateBatch,)
