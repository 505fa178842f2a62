"""How this artist's backend is started: which program, with what, at which address."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

import bpy

from .. import preferences, pump
from .addresses import DEFAULT_ADDRESS, is_loopback, normalise, parse_address
from .backend_process import LaunchOptions, StartError, find_program
from .programs import Surroundings
from .start_address import available_address


def start() -> str:
    """Start a backend and connect to it; what the artist should know about it, or "". Raises ValueError."""
    options = launch_options()
    address = available_address(options.address)
    keys = preferences.curve_keys(address) if "--keys" in options.arguments else None
    pump.link().start_backend(replace(options, address=address), preferences.log_path(), keys)
    pump.wake()
    if address == options.address:
        return ""
    preferences.get().address = address
    return f"Another program uses {options.address}, so the backend starts at {address}"


def launch_options() -> LaunchOptions:
    """As the preferences say. Raises ValueError for an address of another computer, or where there is no program."""
    chosen = preferences.get()
    address = normalise(chosen.address)
    if not is_loopback(address):
        host, _ = parse_address(address)
        raise StartError(f"A backend starts on this computer, not on {host}. Set the address to {DEFAULT_ADDRESS}.")
    # Backslashes are part of Windows' paths, not escapes.
    arguments = (word.strip('"') for word in shlex.split(chosen.arguments, posix=os.name != "nt"))
    return LaunchOptions(str(program()), tuple(arguments), address, chosen.ends_with_blender)


def program() -> Path:
    """The backend's program: the chosen one, else the first that was found. Raises StartError if there is none."""
    chosen = preferences.get().command
    if not chosen.strip():
        found = programs()
        if found:
            return found[0]
    return find_program(chosen)


def programs() -> tuple[Path, ...]:
    """Those that were found on this computer; looked for once, and again by ``search_programs``."""
    checks = pump.link().checks
    if checks.programs is None:
        search_programs()
    return checks.programs or ()


def search_programs() -> None:
    """Look in the usual places, and in the folder of the .blend and the one above."""
    folder = Path(bpy.data.filepath).parent if bpy.data.filepath else None
    pump.link().checks.search(Surroundings.here((folder, folder.parent) if folder else ()))
