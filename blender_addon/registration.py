"""What Blender is told of when the add-on is enabled, and what it forgets, in reverse, when it is disabled."""

from __future__ import annotations

import bpy

from . import (
    backend_operators,
    batch_operators,
    command_line,
    demo_operators,
    history,
    history_operators,
    object_operators,
    operators,
    panels,
    preferences,
    prompt_source_operators,
    properties,
    pump,
    queue_operators,
    result_settings,
    trouble_operators,
    user_preset_operators,
)

_CLASSES = (
    preferences.AnyTo3DPreferences,
    *result_settings.CLASSES,
    properties.AnyTo3DSettings,
    history.AnyTo3DHistoryEntry,
    *operators.CLASSES,
    *history_operators.CLASSES,
    *prompt_source_operators.CLASSES,
    *queue_operators.CLASSES,
    *user_preset_operators.CLASSES,
    *backend_operators.CLASSES,
    *trouble_operators.CLASSES,
    *object_operators.CLASSES,
    *batch_operators.CLASSES,
    *demo_operators.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register every class, the scene's settings and the pump."""
    for each in _CLASSES:
        bpy.utils.register_class(each)
    properties.register()
    history.register()
    pump.register()
    command_line.register()


def unregister() -> None:
    """Leave no class, property, timer, handler, socket or backend process behind."""
    command_line.unregister()
    pump.unregister()
    history.unregister()
    properties.unregister()
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
