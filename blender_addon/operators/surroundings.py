"""Take size and colours from what is there already, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import properties
from ..objects import palette
from ..request.colour_words import with_words
from ..result_settings import LOWEST_HEIGHT

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class _OfSelection(bpy.types.Operator):
    """Operators that look at the selected objects. Never registered itself."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.selected_objects:
            return True
        cls.poll_message_set("Select the objects that the new one is to go with")
        return False


class HeightFromSelection(_OfSelection):
    """Make the height that of the selected objects, from the lowest to the highest point"""

    bl_idname = "any_to_3d.height_from_selection"
    bl_label = "Height of Selection"

    def execute(self, context: bpy.types.Context) -> Result:
        assert context.scene is not None, "operators run in a scene"
        height = palette.height_of(context.selected_objects, context.scene)
        if height < LOWEST_HEIGHT:
            self.report({"WARNING"}, f"The selected objects are {height:g} m tall, which is too little")
            return {"CANCELLED"}
        properties.settings(context).height = height
        return {"FINISHED"}


class PaletteFromSelection(_OfSelection):
    """Add the words for the selected objects' colours to the prompt"""

    bl_idname = "any_to_3d.palette_from_selection"
    bl_label = "Colours of Selection"

    def execute(self, context: bpy.types.Context) -> Result:
        words = palette.words_of(context.selected_objects)
        if not words:
            self.report({"WARNING"}, "The selected objects have no material with a colour")
            return {"CANCELLED"}
        chosen = properties.settings(context)
        if chosen.text_block is not None:
            chosen.text_block.write(f"\n{', '.join(words)}")
        else:
            chosen.prompt = with_words(chosen.prompt, words)
        self.report({"INFO"}, f"Colours: {', '.join(words)}")
        return {"FINISHED"}


CLASSES = (HeightFromSelection, PaletteFromSelection)
