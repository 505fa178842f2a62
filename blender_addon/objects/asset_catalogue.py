"""The catalogue "Any to 3D" in Blender's catalogue file, beside what others have written there. No Blender in here.

The format is Blender's own: a line ``VERSION 1``, then a line ``UUID:path:simple name`` for each catalogue; lines that
begin with # are comments.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

FILE_NAME = "blender_assets.cats.txt"
PATH = "Any to 3D"

_ID = "6a3d5c1e-7b0f-4f5a-9d1c-2e8a41f30d3d"
"""The same in every library, so that assets find the catalogue when they are copied from one to another."""

_HEAD = """\
# This is an Asset Catalog Definition file for Blender.
#
# Empty lines and lines starting with `#` will be ignored.
# The first non-ignored line should be the version indicator.
# Other lines are of the format "UUID:catalog/path/for/assets:simple catalog name"

VERSION 1

"""


class CatalogueError(ValueError):
    """A catalogue file that must be left alone; the message says why and what to do."""


def ensure_catalogue(folder: Path) -> str:
    """The catalogue's id; its line is added to the folder's file if neither its id nor its path is there.

    Whatever else the file says stays as it is, to the byte. An artist who moved or renamed the catalogue is followed.
    Raises CatalogueError for a file of another version, or one that cannot be read or written.
    """
    file = folder / FILE_NAME
    try:
        text = file.read_bytes().decode("utf-8") if file.exists() else _HEAD
        found = _find(text, file)
        if found is None:
            end_of_line = "\r\n" if "\r\n" in text else "\n"
            separator = "" if text.endswith("\n") or not text else end_of_line
            _write(file, f"{text}{separator}{_ID}:{PATH}:{PATH}{end_of_line}")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{file} is not text in UTF-8, so it was left alone; move it away.") from error
    except OSError as error:
        raise CatalogueError(f"{file} cannot be written: {error.strerror or error}.") from error
    return found or _ID


def _find(text: str, file: Path) -> str | None:
    """The id of our catalogue in a catalogue file's text."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if said[:1] != ["VERSION 1"]:
        version = said[0] if said else "nothing"
        raise CatalogueError(
            f"{file} begins with '{version}', and this add-on knows 'VERSION 1' only; it was left alone."
        )
    entries = [line.split(":") for line in said[1:] if line.count(":") >= 1]
    by_id = next((entry[0] for entry in entries if entry[0] == _ID), None)
    by_path = next((entry[0] for entry in entries if entry[1] == PATH and _is_uuid(entry[0])), None)
    return by_id or by_path


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _write(file: Path, text: str) -> None:
    """All or nothing: another Blender may be reading it."""
    beside = file.with_name(f"{file.name}.{os.getpid()}.new")
    beside.write_bytes(text.encode("utf-8"))
    os.replace(beside, file)
