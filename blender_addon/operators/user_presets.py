"""Saving the panel's settings under a name and using them again, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import preferences, properties, pump
from ..request import user_presets
from ..request.user_presets import PresetError

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_NOT_KEPT = (
    "prompt", "image", "sound", "text_block", "image_block", "sound_block", "seed",
    "retexture.mask", "retexture.group", "retexture.image",
)  # fmt: skip
"""What belongs to one object, and not to how objects are made."""


class SavePreset(bpy.types.Operator):
    """Save how objects are made, without the prompt and the seed, under a name"""

    bl_idname = "any_to_3d.save_preset"
    bl_label = "Save Preset"
    bl_property = "name"

    name: bpy.props.StringProperty(name="Name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Result:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> Result:
        values = properties.values_of(properties.settings(context))
        kept = {name: value for name, value in values.items() if name not in _NOT_KEPT}
        try:
            user_presets.save(preferences.presets_folder(), self.name, kept)
        except PresetError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        pump.redraw()
        return {"FINISHED"}


class UsePreset(bpy.types.Operator):
    """Use the settings that were saved under this name; the prompt and the seed stay"""

    bl_idname = "any_to_3d.use_preset"
    bl_label = "Use Preset"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    name: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            values = user_presets.load(preferences.presets_folder(), self.name)
            properties.fill(properties.settings(context), dict(values))
        except (PresetError, TypeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RemovePreset(bpy.types.Operator):
    """Delete the preset of this name"""

    bl_idname = "any_to_3d.remove_preset"
    bl_label = "Remove Preset"

    name: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            user_presets.remove(preferences.presets_folder(), self.name)
        except (PresetError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        pump.redraw()
        return {"FINISHED"}


CLASSES = (SavePreset, UsePreset, RemovePreset)
