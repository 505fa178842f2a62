"""What is set once per artist: where the backend is and how to start it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from ..shared.client import CurveKeys
from .connection.addresses import DEFAULT_ADDRESS, is_loopback, normalise

ADDON_ID = __package__.rpartition(".")[0]
"""The name by which Blender knows this add-on: the package above, which is ``bl_ext.<repository>.any_to_3d``."""


class AnyTo3DPreferences(bpy.types.AddonPreferences):
    bl_idname = ADDON_ID

    address: bpy.props.StringProperty(
        name="Backend address",
        description="host:port of the backend. Another computer needs 'Allow Online Access' in the system preferences",
        default=DEFAULT_ADDRESS,
    )
    key_file: bpy.props.StringProperty(
        name="Key file",
        description="client.key, as written by 'any-to-3d keys new', for a backend on another computer. Empty: none",
        subtype="FILE_PATH",
    )
    command: bpy.props.StringProperty(
        name="Backend program",
        description="The program any-to-3d, or the folder of its Python environment. Empty: the first one found",
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

    licences_read: bpy.props.StringProperty(options={"HIDDEN"})

    def draw(self, context: bpy.types.Context) -> None:
        # It draws parts of the panel, whose modules need these preferences.
        from . import preferences_drawing

        preferences_drawing.draw(self, context)


def get() -> AnyTo3DPreferences:
    """This add-on's preferences; with ``--addons`` Blender enables an add-on without them, so they are made here."""
    addons = bpy.context.preferences.addons
    addon = addons.get(ADDON_ID)
    if addon is None:
        addon = addons.new()
        addon.module = ADDON_ID
    found = addon.preferences
    assert isinstance(found, AnyTo3DPreferences), "registered together with this add-on"
    return found


def normalised_address() -> str:
    """The address in the preferences as ZeroMQ takes it; empty if it is unreadable."""
    try:
        return normalise(get().address)
    except ValueError:
        return ""


def address_needs_permission(address: str) -> bool:
    """Whether the artist must first allow Blender to go online. Raises ValueError for an unreadable address."""
    return not is_loopback(address) and not bpy.app.online_access


def curve_keys() -> CurveKeys | None:
    """The keys of an encrypted connection, None without a key file. Raises ValueError for a file without them."""
    typed = get().key_file.strip()
    if not typed:
        return None
    try:
        return CurveKeys.read(Path(bpy.path.abspath(typed)).expanduser())
    except OSError as error:
        raise ValueError(f"The key file {typed} cannot be read: {error.strerror or error}.") from error


def permitted_connection() -> tuple[str, CurveKeys | None] | None:
    """Where to connect without being asked, and how; None if that is unreadable or needs a permission."""
    try:
        address = normalise(get().address)
        return None if address_needs_permission(address) else (address, curve_keys())
    except ValueError:
        return None


def log_path() -> Path:
    """Where the started backend writes."""
    return _user_folder() / "backend.log"


def presets_folder() -> Path:
    """Where the artist's presets are."""
    return _user_folder() / "presets"


def _user_folder() -> Path:
    """The add-on's own, which survives updates."""
    try:
        return Path(bpy.utils.extension_path_user(ADDON_ID, path="", create=True))
    except ValueError:  # run from the source tree, not as an installed extension
        return Path(tempfile.gettempdir())
