"""What to make: a line for each kind of prompt that the backend understands, weights, and what to avoid."""

from __future__ import annotations

import bpy

from .. import properties, pump, wording
from ..iteration_settings import RECIPE, IterationSettings
from .tab import TabPanel, draw_text

_WEIGHT_WIDTH = 3.0


class TextSourceMenu(bpy.types.Menu):
    """Texts of this file."""

    bl_idname = "ANY_TO_3D_MT_text_source"
    bl_label = "Text from"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        layout = self.layout
        if properties.settings(context).text_block is not None:
            layout.operator("any_to_3d.take_text", text="The Line in the Panel", icon="LOOP_BACK").name = ""
        layout.operator("any_to_3d.write_long_text", icon="TEXT")
        for text in bpy.data.texts:
            layout.operator("any_to_3d.take_text", text=text.name, icon="TEXT", translate=False).name = text.name


class ImageSourceMenu(bpy.types.Menu):
    """Pictures of this file, and the clipboard."""

    bl_idname = "ANY_TO_3D_MT_image_source"
    bl_label = "Image from"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        layout = self.layout
        if properties.settings(context).image_block is not None:
            layout.operator("any_to_3d.take_image", text="A File", icon="FILE_FOLDER").name = ""
        layout.operator("any_to_3d.paste_image", icon="PASTEDOWN")
        for image in bpy.data.images:
            if image.source != "VIEWER" or image.type == "RENDER_RESULT":
                button = layout.operator("any_to_3d.take_image", text=image.name, icon="IMAGE_DATA", translate=False)
                button.name = image.name


class SoundSourceMenu(bpy.types.Menu):
    """Sounds of this file, and the sequencer."""

    bl_idname = "ANY_TO_3D_MT_sound_source"
    bl_label = "Sound from"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        layout = self.layout
        if properties.settings(context).sound_block is not None:
            layout.operator("any_to_3d.take_sound", text="A File", icon="FILE_FOLDER").name = ""
        layout.operator("any_to_3d.take_strip", icon="SEQ_SEQUENCER")
        for sound in bpy.data.sounds:
            button = layout.operator("any_to_3d.take_sound", text=sound.name, icon="SOUND", translate=False)
            button.name = sound.name


_LINES = (
    ("text", "prompt", "text_block", "text_weight", "TEXT", "a red chair", TextSourceMenu),
    ("image", "image", "image_block", "image_weight", "IMAGE_DATA", "a picture of it", ImageSourceMenu),
    ("audio", "sound", "sound_block", "sound_weight", "SOUND", "a sound of it", SoundSourceMenu),
)
"""Modality, property, the same from this .blend, its weight, icon, example, and where else it may come from."""


class PromptPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_prompt"
    bl_label = "Prompt"

    def draw(self, context: bpy.types.Context) -> None:
        chosen = properties.settings(context)
        recipe = pump.link().session.recipe(chosen.recipe)
        understood = recipe.modalities if recipe else ("text",)
        # Weights only once there is something to weigh.
        filled = properties.filled_modalities(chosen)
        column = self.layout.column()
        for modality, field, block, weight, icon, example, menu in _LINES:
            if modality not in understood and modality not in filled:
                continue
            row = column.row(align=True)
            # What a former backend took stays on show, so that it can be cleared.
            row.alert = recipe is not None and modality not in understood
            if getattr(chosen, block) is not None:
                row.prop(chosen, block, text="", icon=icon)  # type: ignore[arg-type]
            else:
                row.prop(chosen, field, text="", icon=icon, placeholder=example)  # type: ignore[arg-type]
            row.menu(menu.bl_idname, text="", icon="DOWNARROW_HLT")
            if len(filled) > 1 and modality in filled:
                number = row.row(align=True)
                number.ui_units_x = _WEIGHT_WIDTH
                number.prop(chosen, weight, text="")
            if modality == "image" and modality in filled:
                _draw_angle(column, context, chosen.iteration)
        column.operator("any_to_3d.palette_from_selection", icon="COLOR")
        column.prop(chosen, "negative", text="", icon="REMOVE", placeholder="avoid, as in: red")


def _draw_angle(column: bpy.types.UILayout, context: bpy.types.Context, chosen: IterationSettings) -> None:
    """From where the picture shows its object, where the backend takes that into account."""
    row = column.row()
    reason = wording.why_not(pump.link().session, "seen_from")
    row.enabled = not reason or chosen.seen_from != RECIPE  # what no backend takes can be set back
    row.prop(chosen, "seen_from", text="Seen")
    if reason and chosen.seen_from != RECIPE:
        draw_text(column, context, reason, "INFO")


CLASSES = (TextSourceMenu, ImageSourceMenu, SoundSourceMenu, PromptPanel)
