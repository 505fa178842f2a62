"""Public code to compare with, imported from folders that the caller names; nothing of it is part of this repository.

A checkout of a large project often cannot be imported as a package without its whole stack. Its one file of interest
is then imported unchanged, with packages around it whose __init__ does not run.
"""

import importlib
import subprocess
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass, fields
from importlib.metadata import distributions
from pathlib import Path


class LeftOut(Exception):
    """A peer that is not measured; the message names it and says why."""


@dataclass(frozen=True)
class Peers:
    """Where public code lies: checkouts, or folders made by ``pip install --target``. None is left out by name."""

    nerfstudio: Path | None = None
    """A checkout of nerfstudio-project/nerfstudio (C1)."""
    kaolin: Path | None = None
    """A checkout of NVIDIAGameWorks/kaolin (C2, C3)."""
    threestudio: Path | None = None
    """A checkout of threestudio-project/threestudio, with load/tets (C3, C4, C9)."""
    warp: Path | None = None
    """A folder with the package warp-lang (C5)."""
    mitsuba: Path | None = None
    """A folder with the packages mitsuba and drjit (C5)."""
    nerfacc: Path | None = None
    """A folder with the package nerfacc (C6)."""
    bpy: Path | None = None
    """A Python interpreter that has bpy, pyzmq and msgpack (C8, C9)."""

    def path(self, name: str) -> Path:
        """The named peer's place. Raises LeftOut where none was given or nothing is there."""
        place = getattr(self, name)
        if place is None:
            raise LeftOut(f"{name} (no {'interpreter' if name == 'bpy' else 'folder'} given)")
        if not place.exists():
            raise LeftOut(f"{name} ({place.name} is not there)")
        return place

    def versions(self) -> dict[str, str]:
        """What each named folder holds: the commit of a checkout, the version of an installed package, or ""."""
        named = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "bpy"}
        return {name: _commit(place) or _version(place, name) for name, place in named.items() if place is not None}


def installed(folder: Path, package: str) -> types.ModuleType:
    """Import a package from a folder of installed packages; what this interpreter has itself is preferred."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise LeftOut(f"{package} ({error})") from error


def file_of_checkout(checkout: Path, module: str, stand_ins: Iterable[types.ModuleType] = ()) -> types.ModuleType:
    """Import one module of a checkout without running the __init__ of the packages around it.

    stand_ins: modules that take the places of ones which the file imports but does not use here, during the import.
    """
    parts = module.split(".")
    for depth in range(1, len(parts)):
        bare_package(checkout, ".".join(parts[:depth]))
    placed = {each.__name__: each for each in stand_ins}
    # Also a package that is loaded makes way: its release may lack what the file imports by name.
    replaced = {name: sys.modules[name] for name in placed if name in sys.modules}
    sys.modules.update(placed)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise LeftOut(f"{parts[0]} ({error})") from error
    finally:
        for name in placed:
            del sys.modules[name]
        sys.modules.update(replaced)


def bare_package(checkout: Path, name: str) -> None:
    """Make a package of a checkout known without running its __init__."""
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(checkout.joinpath(*name.split(".")))]
        sys.modules[name] = package


def stand_in(name: str, **contents: object) -> types.ModuleType:
    """A module of this name that holds only what is given."""
    module = types.ModuleType(name)
    vars(module).update(contents)
    return module


def _commit(folder: Path) -> str:
    if not (folder / ".git").exists():
        return ""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def _version(folder: Path, name: str) -> str:
    found = [each.version for each in distributions(path=[str(folder)]) if each.name.partition("-")[0] == name]
    return found[0] if found else ""
