"""What is set once per artist: where the backend is and how to start it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from ..shared.client import CurveKeys
from ..shared.known_backends import BackendKeyChanged
from .connection.addresses import DEFAULT_ADDRESS, is_loopback, normalise
from .connection.backend_keys import keys_to_connect

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
    backend_key: bpy.props.StringProperty(
        name="Backend's key",
        description="Its public key, from who runs it: the 40 characters that 'any-to-3d keys list' shows there. "
        "Remembered for the address at the first connection, and emptied then",
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


def key_file() -> Path | None:
    """Where the keys of an encrypted connection are; None for a connection without."""
    typed = get().key_file.strip()
    return Path(bpy.path.abspath(typed)).expanduser() if typed else None


def curve_keys(address: str) -> CurveKeys | None:
    """The keys of an encrypted connection to this address, None without a key file.

    The backend's key is remembered at its first use. Raises BackendKeyChanged and KeyFileUnusable.
    """
    path, chosen = key_file(), get()
    if path is None:
        return None
    is_chosen = address == normalised_address()
    keys = keys_to_connect(path, address, chosen.backend_key if is_chosen else "")
    if is_chosen:
        chosen.backend_key = ""
    return keys


def permitted_connection() -> tuple[str, CurveKeys | None] | None:
    """Where to connect without being asked, and how; None if that is unreadable or needs a permission.

    Raises BackendKeyChanged, which the artist has to hear of.
    """
    try:
        address = normalise(get().address)
        return None if address_needs_permission(address) else (address, curve_keys(address))
    except BackendKeyChanged:
        raise
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
