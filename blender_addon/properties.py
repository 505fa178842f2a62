"""What is saved in the .blend: the prompt and its settings. Never whether something runs."""

from __future__ import annotations

import bpy

from .placement import Placement
from .submission import LARGEST_SEED


class AnyTo3DSettings(bpy.types.PropertyGroup):
    prompt: bpy.props.StringProperty(
        name="Prompt",
        description="What to make, as in: a red chair",
        options={"TEXTEDIT_UPDATE"},
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="The same prompt, preset and seed give the same object",
        min=0,
        max=LARGEST_SEED,
    )
    recipe: bpy.props.StringProperty(name="Recipe", description="How to generate; empty: the backend's first")
    preset: bpy.props.StringProperty(name="Preset", description="How much work to spend; empty: the backend's default")
    height: bpy.props.FloatProperty(
        name="Height",
        description="How tall the finished object is",
        default=1.0,
        min=0.001,
        soft_max=100.0,
        unit="LENGTH",
    )


def settings(context: bpy.types.Context) -> AnyTo3DSettings:
    """The settings of the context's scene."""
    return context.scene.any_to_3d


def placement(context: bpy.types.Context, height: float) -> Placement:
    """The 3D cursor as the place for an object of this height."""
    x, y, z = context.scene.cursor.location[:]
    return Placement((x, y, z), height, context.scene.name)


def register() -> None:
    bpy.types.Scene.any_to_3d = bpy.props.PointerProperty(type=AnyTo3DSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    del bpy.types.Scene.any_to_3d  # type: ignore[attr-defined]
