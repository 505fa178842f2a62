"""Pictures and sounds of a prompt, read from disk when Generate is pressed. No Blender in here."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from ...shared.messages import MAX_FILE_BYTES
from ..errors import CodedError, TroubleCode

Kind = Literal["image", "sound"]

ENDINGS: dict[Kind, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    "sound": (".wav", ".flac", ".ogg", ".mp3"),
}


class UnreadableFile(CodedError):
    """A file that cannot be sent; the message says why and what to do."""

    code: ClassVar[TroubleCode] = "unreadable_file"


def read_prompt_file(kind: Kind, path: str) -> bytes:
    """The file's bytes. Raises UnreadableFile, saying what to do, if it is not there or no backend takes it."""
    file = Path(path).expanduser()
    allowed = ENDINGS[kind]
    if file.suffix.lower() not in allowed:
        raise UnreadableFile(
            f"The {kind} {file.name} cannot be used; choose a file that ends with {', '.join(allowed)}."
        )
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            megabytes = f"{size / 2**20:.0f} MiB"
            raise UnreadableFile(
                f"The {kind} {file.name} has {megabytes}; choose one up to {MAX_FILE_BYTES >> 20} MiB."
            )
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"The {kind} {file} cannot be read: {error.strerror or error}.") from error
    if not data:
        raise UnreadableFile(f"The {kind} {file.name} is an empty file; choose another one.")
    return data
