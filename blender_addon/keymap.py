"""The add-on's keys in the 3D view: from one version of the active object to the next."""

from __future__ import annotations

import bpy

_KEYS = (("any_to_3d.version_previous", "PAGE_UP"), ("any_to_3d.version_next", "PAGE_DOWN"))

_registered: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    """Add Alt with Page Up and Page Down, which artists may change in the preferences."""
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:
        return  # a Blender without a window
    keys = configuration.keymaps.new(name="3D View", space_type="VIEW_3D")
    for operator, key in _KEYS:
        _registered.append((keys, keys.keymap_items.new(operator, key, "PRESS", alt=True)))  # type: ignore[arg-type]


def unregister() -> None:
    for keys, item in _registered:
        keys.keymap_items.remove(item)
    _registered.clear()
