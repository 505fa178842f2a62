"""What Blender is told of when the add-on is enabled, and what it forgets, in reverse, when it is disabled."""

from __future__ import annotations

import bpy

from . import (
    command_line,
    growth,
    iteration_settings,
    keymap,
    operators,
    panels,
    preferences,
    properties,
    pump,
    result_settings,
    retexture_settings,
)
from .history import entries as history
from .objects import versions

_CLASSES = (
    preferences.AnyTo3DPreferences,
    *result_settings.CLASSES,
    *iteration_settings.CLASSES,
    *retexture_settings.CLASSES,
    properties.AnyTo3DSettings,
    history.AnyTo3DHistoryEntry,
    *versions.CLASSES,
    *operators.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register every class, the scene's settings and the pump."""
    for each in _CLASSES:
        bpy.utils.register_class(each)
    properties.register()
    history.register()
    versions.register()
    growth.register()
    pump.register()
    keymap.register()
    command_line.register()


def unregister() -> None:
    """Leave no class, property, timer, handler, socket or backend process behind."""
    command_line.unregister()
    keymap.unregister()
    pump.unregister()
    growth.unregister()
    versions.unregister()
    history.unregister()
    properties.unregister()
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
