"""Where a backend's program may be on this computer: PATH, and the usual places of Python environments. No Blender.

Only folders that people and tools really use are looked into, and none is searched in depth, so that this is quick.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PROGRAM = "any-to-3d"
System = Literal["linux", "windows", "macos"]

_CONDA = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda")
_SHELVES = (".virtualenvs", ".venvs", "venvs", "envs", ".pyenv/versions")
"""Folders in the home that hold environments."""

_CHECKOUTS = ("any-to-3d", "any_to_3d")
_ENVIRONMENTS = (".venv", "venv", "env")


def this_system() -> System:
    """Windows and macOS by name; anything else is told what Linux is told."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")  # type: ignore[return-value]


@dataclass(frozen=True)
class Surroundings:
    """What a search depends on. ``near``: folders that may hold an environment, such as the .blend's."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    system: System = "linux"
    near: tuple[Path, ...] = ()

    @staticmethod
    def here(near: tuple[Path, ...] = ()) -> Surroundings:
        """This computer and this user."""
        return Surroundings(Path.home(), os.environ, this_system(), near)


def found_programs(around: Surroundings) -> tuple[Path, ...]:
    """Every program that is there, each once, likeliest first: the environment in use, PATH, near, then the home."""
    seen: dict[Path, Path] = {}
    for path in _possible(around):
        if _is_file(path):
            seen.setdefault(path.resolve(), path)
    return tuple(seen.values())


def program_in(environment: Path, system: System) -> Path:
    """Where the program is in a Python environment's folder."""
    return environment / ("Scripts/any-to-3d.exe" if system == "windows" else "bin/any-to-3d")


def _possible(around: Surroundings) -> Iterator[Path]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if around.variables.get(variable):
            yield program_in(Path(around.variables[variable]), around.system)
    on_path = shutil.which(PROGRAM, path=around.variables.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    for environment in _environments(around):
        yield program_in(environment, around.system)
    executable = "any-to-3d.exe" if around.system == "windows" else PROGRAM
    # Where pipx and uv link the programs of their tools, which Blender's PATH often lacks.
    yield around.home / ".local" / "bin" / executable


def _environments(around: Surroundings) -> Iterator[Path]:
    home = around.home
    for folder in (*around.near, *(home / name for name in _CHECKOUTS)):
        yield folder
        yield from (folder / name for name in _ENVIRONMENTS)
    for tools in _tool_folders(around):
        yield tools / PROGRAM
    for shelf in (*(home / name for name in _SHELVES), *(home / name / "envs" for name in _CONDA)):
        yield from _folders_in(shelf)
    yield from (home / name for name in _CONDA)
    yield from _listed_by_conda(home / ".conda" / "environments.txt")


def _tool_folders(around: Surroundings) -> Iterator[Path]:
    """Where pipx and uv keep an environment for each tool."""
    home = around.home
    if around.system == "windows":
        yield home / "pipx" / "venvs"
        yield home / "AppData" / "Local" / "pipx" / "pipx" / "venvs"
        yield home / "AppData" / "Roaming" / "uv" / "tools"
        return
    if around.system == "macos":
        yield home / "Library" / "Application Support" / "pipx" / "venvs"
    yield home / ".local" / "share" / "pipx" / "venvs"
    yield home / ".local" / "pipx" / "venvs"
    yield home / ".local" / "share" / "uv" / "tools"


def _folders_in(shelf: Path) -> list[Path]:
    try:
        return sorted(path for path in shelf.iterdir() if path.is_dir())
    except OSError:
        return []  # not there, or not ours to read


def _listed_by_conda(listing: Path) -> list[Path]:
    try:
        return [Path(line.strip()) for line in listing.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # a folder on the way may not be entered
