"""What an error's box can do by itself: show the manual's page, copy a command, leave out what cannot be used."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from .. import manual_page, properties, pump
from ..errors import ADVICE, TroubleCode
from ..request.prompt_files import UnreadableFile
from ..request.submission import Part

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_POPUP_LETTERS = 90


class Explain(bpy.types.Operator):
    """Show the manual's page about this error"""

    bl_idname = "any_to_3d.explain"
    bl_label = "Explain"

    code: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Result:
        code: TroubleCode = self.code if self.code in ADVICE else "addon_error"
        try:
            text = manual_page.section(code)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

        def draw(menu: bpy.types.UIPopupMenu, _: bpy.types.Context) -> None:
            for paragraph in text.splitlines():
                for line in textwrap.wrap(paragraph, _POPUP_LETTERS):
                    menu.layout.label(text=line)
                menu.layout.separator(factor=0.5)

        context.window_manager.popup_menu(draw, title=ADVICE[code].sentence, icon="QUESTION")
        return {"FINISHED"}


class CopyText(bpy.types.Operator):
    """Copy this to the clipboard"""

    bl_idname = "any_to_3d.copy_text"
    bl_label = "Copy"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender wants a set

    text: bpy.props.StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(cls, context: bpy.types.Context, chosen: bpy.types.OperatorProperties) -> str:
        return f"Copy to the clipboard: {chosen.text}"

    def execute(self, context: bpy.types.Context) -> Result:
        context.window_manager.clipboard = self.text
        self.report({"INFO"}, "Copied to the clipboard")
        return {"FINISHED"}


_SOURCES = {
    "text": ("prompt", "text_block", properties.text_part),
    "image": ("image", "image_block", properties.image_part),
    "audio": ("sound", "sound_block", properties.sound_part),
}
"""Modality -> where it is typed, where it is chosen from the .blend, and what it comes to."""


def _is_readable(
    modality: str, part: Callable[[properties.AnyTo3DSettings], str], chosen: properties.AnyTo3DSettings
) -> bool:
    try:
        return Part(modality, part(chosen), 1.0).is_readable
    except UnreadableFile:
        return False


class ClearUnusable(bpy.types.Operator):
    """Empty the fields of the prompt that name a file which cannot be used, or a kind that the backend does not know"""

    bl_idname = "any_to_3d.clear_unusable"
    bl_label = "Leave It Out"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender wants a set

    def execute(self, context: bpy.types.Context) -> Result:
        chosen = properties.settings(context)
        recipe = pump.link().session.recipe(chosen.recipe)
        understood = recipe.modalities if recipe else ("text", "image", "audio")
        for modality in properties.filled_modalities(chosen):
            field, block, part = _SOURCES[modality]
            if modality not in understood or not _is_readable(modality, part, chosen):
                setattr(chosen, field, "")
                setattr(chosen, block, None)
        pump.link().dismiss()
        pump.redraw()
        return {"FINISHED"}


CLASSES = (Explain, CopyText, ClearUnusable)
