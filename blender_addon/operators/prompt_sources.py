"""Filling the prompt from what is in the .blend, from the clipboard, and by dropping files onto the 3D view."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import bpy

from .. import properties, pump
from ..errors import trouble_of_error
from ..request import sound_strip
from ..request.prompt_files import ENDINGS, UnreadableFile
from .jobs import complain

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class _TakeBlock(bpy.types.Operator):
    """Operators that choose something of the .blend by its name. Never registered itself."""

    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    name: bpy.props.StringProperty(description="Of what to use; empty: what is typed above is used again")

    field: ClassVar[str]
    collection: ClassVar[str]

    def execute(self, context: bpy.types.Context) -> Result:
        setattr(properties.settings(context), self.field, getattr(bpy.data, self.collection).get(self.name))
        return {"FINISHED"}


class TakeText(_TakeBlock):
    """Use a text of this file as the prompt"""

    bl_idname = "any_to_3d.take_text"
    bl_label = "Use Text"
    field, collection = "text_block", "texts"


class TakeImage(_TakeBlock):
    """Use a picture of this file as a prompt"""

    bl_idname = "any_to_3d.take_image"
    bl_label = "Use Image"
    field, collection = "image_block", "images"


class TakeSound(_TakeBlock):
    """Use a sound of this file as a prompt"""

    bl_idname = "any_to_3d.take_sound"
    bl_label = "Use Sound"
    field, collection = "sound_block", "sounds"


class WriteLongText(bpy.types.Operator):
    """Move the prompt into a text of this file, for the Text Editor: it may have many lines"""

    bl_idname = "any_to_3d.write_long_text"
    bl_label = "Write in the Text Editor"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    def execute(self, context: bpy.types.Context) -> Result:
        chosen = properties.settings(context)
        text = bpy.data.texts.new("Prompt")
        text.write(chosen.prompt)
        chosen.text_block = text
        for area in context.screen.areas if context.screen else ():
            if area.type == "TEXT_EDITOR":
                area.spaces.active.text = text
        return {"FINISHED"}


class PasteImage(bpy.types.Operator):
    """Use the picture in the clipboard as a prompt"""

    bl_idname = "any_to_3d.paste_image"
    bl_label = "Paste from Clipboard"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.area is not None:
            return True
        cls.poll_message_set("Only a Blender with a window has a clipboard")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        before = set(bpy.data.images)
        area = context.area
        assert area is not None, "poll allows this operator only in an area"
        shown = area.ui_type
        # Blender's own operator only works in an Image Editor, so the area is one for this moment.
        area.ui_type = "IMAGE_EDITOR"
        try:
            with suppress(RuntimeError):  # how it says that there is none
                bpy.ops.image.clipboard_paste()
        finally:
            area.ui_type = shown
        pasted = [image for image in bpy.data.images if image not in before]
        if not pasted:
            self.report({"WARNING"}, "There is no picture in the clipboard. Copy one first")
            return {"CANCELLED"}
        pasted[0].pack()
        properties.settings(context).image_block = pasted[0]
        return {"FINISHED"}


class TakeStrip(bpy.types.Operator):
    """Use what the active strip in the Video Sequencer plays of its sound as a prompt"""

    bl_idname = "any_to_3d.take_strip"
    bl_label = "Use Active Sound Strip"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if _active_strip(context) is not None:
            return True
        cls.poll_message_set("Choose a sound strip in the Video Sequencer first")
        return False

    def execute(self, context: bpy.types.Context) -> Result:
        strip = _active_strip(context)
        assert strip is not None and strip.sound is not None, "poll allows this operator only with one"  # noqa: PT018
        sound, part = strip.sound, sound_strip.played_part(strip, _sequencer_scene(context))
        try:
            played = sound if part is None else sound_strip.cut(sound, part)
        except UnreadableFile as error:
            return complain(self, trouble_of_error(error, "unreadable_file"))
        if played is None:
            self.report({"WARNING"}, "This Blender was built without sound, so all of the strip's sound is used")
        properties.settings(context).sound_block = played or sound
        return {"FINISHED"}


def _sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """From 5.0 on the sequencer may show another scene than the 3D view."""
    scene = getattr(context, "sequencer_scene", None) or context.scene
    assert scene is not None, "operators run in a scene"
    return scene


def _active_strip(context: bpy.types.Context) -> bpy.types.SoundStrip | None:
    """The sequencer's active strip, if it has a sound."""
    editor = _sequencer_scene(context).sequence_editor
    strip = editor.active_strip if editor else None
    return strip if getattr(strip, "sound", None) is not None else None  # type: ignore[return-value]


class DropFile(bpy.types.Operator):
    """Use a dropped picture, sound or text file as a prompt"""

    bl_idname = "any_to_3d.drop_file"
    bl_label = "Use as a Prompt for Any to 3D"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender wants a set

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Result:
        chosen = properties.settings(context)
        path = Path(bpy.path.abspath(self.filepath))
        ending = path.suffix.lower()
        if ending in ENDINGS["image"]:
            chosen.image, chosen.image_block = str(path), None
        elif ending in ENDINGS["sound"]:
            chosen.sound, chosen.sound_block = str(path), None
        elif ending == ".txt":
            chosen.text_block = bpy.data.texts.load(str(path))
        else:
            allowed = ", ".join((*ENDINGS["image"], *ENDINGS["sound"], ".txt"))
            self.report({"ERROR"}, f"{path.name} cannot be a prompt; allowed are {allowed}")
            return {"CANCELLED"}
        pump.redraw()
        return {"FINISHED"}


class PromptFileHandler(bpy.types.FileHandler):
    """Lets files be dropped onto the 3D view."""

    bl_idname = "ANY_TO_3D_FH_prompt"
    bl_label = "Any to 3D"
    bl_import_operator = "any_to_3d.drop_file"
    bl_file_extensions = ";".join((*ENDINGS["image"], *ENDINGS["sound"], ".txt"))

    @classmethod
    def poll_drop(cls, context: bpy.types.Context | None) -> bool:
        area = context.area if context else None
        return area is not None and area.type == "VIEW_3D"


CLASSES = (TakeText, WriteLongText, TakeImage, PasteImage, TakeSound, TakeStrip, DropFile, PromptFileHandler)
