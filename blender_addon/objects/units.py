"""Metres and Blender units: a scene's unit scale says how many metres one unit is."""

from __future__ import annotations

import bpy


def metres_per_unit(scene: bpy.types.Scene) -> float:
    """1 in a scene without a unit system, where a unit is taken for a metre."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else settings.scale_length


def to_units(metres: float, scene: bpy.types.Scene) -> float:
    """A length in the units of this scene."""
    return metres / metres_per_unit(scene)
