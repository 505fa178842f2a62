"""Settings that the artist saved under a name: one JSON file each, in a folder that survives updates. No Blender."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

LONGEST_NAME = 60
_ENDING = ".json"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')

Value = str | int | float | bool


class PresetError(ValueError):
    """A preset that cannot be saved or read; the message says why and what to do."""


def names(folder: Path) -> tuple[str, ...]:
    """Of all saved presets, in alphabetical order."""
    return tuple(sorted((path.stem for path in folder.glob(f"*{_ENDING}")), key=str.casefold))


def save(folder: Path, name: str, values: Mapping[str, object]) -> None:
    """Write a preset, in place of one of the same name. Raises PresetError."""
    path = _path(folder, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise PresetError(f"The preset cannot be saved in {folder}: {error.strerror or error}.") from error


def load(folder: Path, name: str) -> dict[str, Value]:
    """Read a preset. Raises PresetError if it is gone, or is no preset."""
    path = _path(folder, name)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PresetError(f"The preset {name} cannot be read ({error}); remove it and save it again.") from error
    if not isinstance(values, dict) or not all(isinstance(value, str | int | float) for value in values.values()):
        raise PresetError(f"{path} holds no preset; remove it and save it again.")
    return values


def remove(folder: Path, name: str) -> None:
    """Delete a preset; one that is gone already is no error."""
    _path(folder, name).unlink(missing_ok=True)


def _path(folder: Path, name: str) -> Path:
    name = name.strip()
    if not name or name.startswith(".") or len(name) > LONGEST_NAME or _FORBIDDEN.search(name):
        raise PresetError(
            f"'{name[:LONGEST_NAME]}' cannot be the name of a preset; use up to {LONGEST_NAME} letters, digits, "
            "spaces and hyphens."
        )
    return folder / f"{name}{_ENDING}"
