"""Pictures and sounds of a prompt, read from disk when Generate is pressed. No Blender in here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ..shared.messages import MAX_FILE_BYTES

Kind = Literal["image", "sound"]

ENDINGS: dict[Kind, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    "sound": (".wav", ".flac", ".ogg", ".mp3"),
}


def read_prompt_file(kind: Kind, path: str) -> bytes:
    """The file's bytes. Raises ValueError, saying what to do, for one that is not there or that no backend takes."""
    file = Path(path).expanduser()
    allowed = ENDINGS[kind]
    if file.suffix.lower() not in allowed:
        raise ValueError(f"The {kind} {file.name} cannot be used; choose a file that ends with {', '.join(allowed)}.")
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            megabytes = f"{size / 2**20:.0f} MiB"
            raise ValueError(f"The {kind} {file.name} has {megabytes}; choose one up to {MAX_FILE_BYTES >> 20} MiB.")
        data = file.read_bytes()
    except OSError as error:
        raise ValueError(f"The {kind} {file} cannot be read: {error.strerror or error}.") from error
    if not data:
        raise ValueError(f"The {kind} {file.name} is an empty file; choose another one.")
    return data
