"""What is set once per artist: where the backend is and how to start it."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

import bpy

from .addresses import DEFAULT_ADDRESS, is_loopback, normalise, parse_address
from .backend_process import LaunchOptions, StartError, find_program

ADDON_ID = __package__.rpartition(".")[0]
"""The name by which Blender knows this add-on: the package above, which is ``bl_ext.<repository>.any_to_3d``."""


class AnyTo3DPreferences(bpy.types.AddonPreferences):
    bl_idname = ADDON_ID

    address: bpy.props.StringProperty(
        name="Backend address",
        description="host:port of the backend. Another computer needs 'Allow Online Access' in the system preferences",
        default=DEFAULT_ADDRESS,
    )
    command: bpy.props.StringProperty(
        name="Backend program",
        description="The program any-to-3d, or the folder of the Python environment with it. Empty: the one on PATH",
        subtype="FILE_PATH",
    )
    arguments: bpy.props.StringProperty(
        name="Arguments",
        description="Added when the backend is started, as in: --profile builtin",
    )
    ends_with_blender: bpy.props.BoolProperty(
        name="Ends with Blender",
        description="Stop the backend that Blender started when Blender quits. Unset it to let jobs go on",
        default=True,
    )

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "address")
        column.prop(self, "command")
        try:
            column.label(text=f"Found: {find_program(self.command)}", icon="CHECKMARK")
        except StartError as error:
            column.label(text=str(error), icon="ERROR")
        column.prop(self, "arguments")
        column.prop(self, "ends_with_blender")


def get() -> AnyTo3DPreferences:
    """This add-on's preferences."""
    found = bpy.context.preferences.addons[ADDON_ID].preferences
    assert isinstance(found, AnyTo3DPreferences), "registered together with this add-on"
    return found


def launch_options() -> LaunchOptions:
    """How to start a backend by these preferences. Raises ValueError for an address of another computer."""
    chosen = get()
    address = normalise(chosen.address)
    if not is_loopback(address):
        host, _ = parse_address(address)
        raise StartError(f"A backend starts on this computer, not on {host}. Set the address to {DEFAULT_ADDRESS}.")
    # Backslashes are part of Windows' paths, not escapes.
    arguments = (word.strip('"') for word in shlex.split(chosen.arguments, posix=os.name != "nt"))
    return LaunchOptions(chosen.command, tuple(arguments), address, chosen.ends_with_blender)


def address_needs_permission(address: str) -> bool:
    """Whether the artist must first allow Blender to go online. Raises ValueError for an unreadable address."""
    return not is_loopback(address) and not bpy.app.online_access


def permitted_address() -> str | None:
    """The address to connect to without being asked; None if it is unreadable or needs a permission."""
    try:
        address = normalise(get().address)
        return None if address_needs_permission(address) else address
    except ValueError:
        return None


def log_path() -> Path:
    """Where the started backend writes; in the add-on's own user folder, which survives updates."""
    try:
        folder = bpy.utils.extension_path_user(ADDON_ID, path="", create=True)
    except ValueError:  # run from the source tree, not as an installed extension
        folder = tempfile.gettempdir()
    return Path(folder) / "backend.log"
