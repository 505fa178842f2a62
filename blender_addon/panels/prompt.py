"""What to make: a line for each kind of prompt that the backend understands, weights, and what to avoid."""

from __future__ import annotations

import bpy

from .. import properties, pump
from .tab import TabPanel

_WEIGHT_WIDTH = 3.0

_LINES = (
    ("text", "prompt", "text_weight", "TEXT", "a red chair"),
    ("image", "image", "image_weight", "IMAGE_DATA", "a picture of it"),
    ("audio", "sound", "sound_weight", "SOUND", "a sound of it"),
)
"""Modality, property, its weight, icon and example."""


class PromptPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_prompt"
    bl_label = "Prompt"

    def draw(self, context: bpy.types.Context) -> None:
        chosen = properties.settings(context)
        recipe = pump.link().session.recipe(chosen.recipe)
        understood = recipe.modalities if recipe else ("text",)
        # Weights only once there is something to weigh.
        filled = [part.modality for part in properties.prompt_fields(context).parts]
        column = self.layout.column()
        for modality, field, weight, icon, example in _LINES:
            if modality not in understood and modality not in filled:
                continue
            row = column.row(align=True)
            # What a former backend took stays on show, so that it can be cleared.
            row.alert = recipe is not None and modality not in understood
            row.prop(chosen, field, text="", icon=icon, placeholder=example)  # type: ignore[arg-type]
            if len(filled) > 1 and modality in filled:
                number = row.row(align=True)
                number.ui_units_x = _WEIGHT_WIDTH
                number.prop(chosen, weight, text="")
        column.prop(chosen, "negative", text="", icon="REMOVE", placeholder="avoid, as in: red")
