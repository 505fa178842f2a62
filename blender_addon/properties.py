"""What is saved in the .blend: the prompt and its settings. Never whether something runs."""

from __future__ import annotations

import bpy

from .result_settings import LOWEST_HEIGHT, BatchSettings, ResultSettings
from .submission import LARGEST_SEED, LARGEST_WEIGHT, PromptFields


def _weight(part: str) -> object:
    return bpy.props.FloatProperty(
        name=f"{part.capitalize()} weight",
        description=f"How much the {part} counts beside the other parts; 0 leaves it out",
        default=1.0,
        min=0.0,
        max=LARGEST_WEIGHT,
        soft_max=1.0,
        step=5,
    )


class AnyTo3DSettings(bpy.types.PropertyGroup):
    prompt: bpy.props.StringProperty(
        name="Prompt",
        description="What to make, as in: a red chair",
        options={"TEXTEDIT_UPDATE"},
    )
    text_weight: _weight("text")
    image: bpy.props.StringProperty(
        name="Image",
        description="A picture of it. The object is cut out of its background, and shown when that is done",
        subtype="FILE_PATH",
    )
    image_weight: _weight("image")
    sound: bpy.props.StringProperty(name="Sound", description="A sound of it", subtype="FILE_PATH")
    sound_weight: _weight("sound")
    negative: bpy.props.StringProperty(
        name="Avoid", description="What it should not be like, as in: red", options={"TEXTEDIT_UPDATE"}
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
        description="How tall the finished object is, in metres whatever the scene's unit",
        default=1.0,
        min=LOWEST_HEIGHT,
        soft_max=100.0,
    )
    result: bpy.props.PointerProperty(type=ResultSettings)
    batch: bpy.props.PointerProperty(type=BatchSettings)


def settings(context: bpy.types.Context) -> AnyTo3DSettings:
    """The settings of the context's scene."""
    return context.scene.any_to_3d


def prompt_fields(context: bpy.types.Context) -> PromptFields:
    """The panel's prompt, with absolute paths."""
    chosen = settings(context)
    return PromptFields(
        text=chosen.prompt,
        recipe=chosen.recipe,
        preset=chosen.preset,
        seed=chosen.seed,
        text_weight=chosen.text_weight,
        image=bpy.path.abspath(chosen.image),
        image_weight=chosen.image_weight,
        sound=bpy.path.abspath(chosen.sound),
        sound_weight=chosen.sound_weight,
        negative=chosen.negative,
    )


Values = dict[str, object]
"""Settings by the name of their property."""

_RESULT = "result."


def values_of(chosen: AnyTo3DSettings) -> Values:
    """A copy of what one object depends on, which outlives undo and file loads."""
    result = {f"{_RESULT}{name}": getattr(chosen.result, name) for name in _names(chosen.result)}
    return {name: getattr(chosen, name) for name in _names(chosen)} | result


def fill(chosen: AnyTo3DSettings, values: Values) -> None:
    """Set what ``values`` names; names that this release does not know, from a file of a later one, are left out."""
    for name in _names(chosen):
        if name in values:
            setattr(chosen, name, values[name])
    for name in _names(chosen.result):
        if _RESULT + name in values:
            setattr(chosen.result, name, values[_RESULT + name])


def _names(group: bpy.types.PropertyGroup) -> list[str]:
    # A pointer to something in the .blend would not outlive what these values are kept for.
    plain = (each for each in group.bl_rna.properties if not each.is_readonly and each.type != "POINTER")
    # The result's height only shows that of the prompt in the scene's units.
    is_shown_only = isinstance(group, ResultSettings)
    return [each.identifier for each in plain if each.identifier not in ("name", "height" if is_shown_only else "name")]


def register() -> None:
    bpy.types.Scene.any_to_3d = bpy.props.PointerProperty(type=AnyTo3DSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    del bpy.types.Scene.any_to_3d  # type: ignore[attr-defined]
