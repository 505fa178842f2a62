"""Where a prompt's parts come from besides files: texts, pictures and sounds that are in the .blend."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy

from .prompt_files import ENDINGS, UnreadableFile


def text_of(text: bpy.types.Text) -> str:
    """Its lines as one prompt."""
    return " ".join(text.as_string().split())


def image_file(image: bpy.types.Image) -> str:
    """A file with this picture: its own, or one in this session's temporary folder, which Blender removes.

    Raises UnreadableFile, saying what to do, for a picture without pixels.
    """
    own = bpy.path.abspath(image.filepath)
    if image.packed_file is None and not image.is_dirty and _is_usable("image", own):
        return own
    if image.packed_file is not None and not image.is_dirty and Path(own).suffix.lower() in ENDINGS["image"]:
        return _kept(Path(own).name, bytes(image.packed_file.data))
    path = place(f"{_file_name(image.name)}.png")
    scene = bpy.context.scene
    assert scene is not None, "operators run in a scene"
    # Of the scene's output settings only the format matters, and the artist's must not change.
    output = scene.render.image_settings
    before = output.file_format, output.color_mode
    try:
        output.file_format, output.color_mode = "PNG", "RGBA"
        image.save_render(str(path), scene=scene)
    except RuntimeError as error:
        raise UnreadableFile(f"The image '{image.name}' has no pixels to send: {str(error).strip()}") from error
    finally:
        output.file_format, output.color_mode = before
    return str(path)


def sound_file(sound: bpy.types.Sound) -> str:
    """A file with this sound, as image_file does for pictures."""
    own = bpy.path.abspath(sound.filepath)
    if sound.packed_file is not None:
        return _kept(Path(own).name, bytes(sound.packed_file.data))
    if not Path(own).is_file():
        raise UnreadableFile(f"The sound '{sound.name}' points to {own}, and there is no such file; find it again.")
    return own


def _is_usable(kind: str, path: str) -> bool:
    return Path(path).is_file() and Path(path).suffix.lower() in ENDINGS[kind]  # type: ignore[index]


def _kept(name: str, data: bytes) -> str:
    path = place(name)
    path.write_bytes(data)
    return str(path)


def place(name: str) -> Path:
    """A path of that name, in a temporary folder of its own, so that the prompt is called after it."""
    folder = Path(bpy.app.tempdir) / f"any-to-3d-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return folder / name


def _file_name(name: str) -> str:
    return bpy.path.clean_name(name.rpartition(".")[0] or name)
