"""What is saved in the .blend: the prompt and its settings. Never whether something runs."""

from __future__ import annotations

import bpy

from .iteration_settings import IterationSettings
from .request import prompt_sources
from .request.submission import LARGEST_SEED, LARGEST_WEIGHT, PromptFields
from .result_settings import LOWEST_HEIGHT, BatchSettings, ResultSettings
from .retexture_settings import RetextureSettings


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
    text_block: bpy.props.PointerProperty(
        name="Text", description="A text of this file as the prompt, of any length", type=bpy.types.Text
    )
    text_weight: _weight("text")
    image: bpy.props.StringProperty(
        name="Image",
        description="A picture of it. The object is cut out of its background, and shown when that is done",
        subtype="FILE_PATH",
    )
    image_block: bpy.props.PointerProperty(
        name="Image", description="A picture of this file as a prompt", type=bpy.types.Image
    )
    image_weight: _weight("image")
    sound: bpy.props.StringProperty(name="Sound", description="A sound of it", subtype="FILE_PATH")
    sound_block: bpy.props.PointerProperty(
        name="Sound", description="A sound of this file as a prompt", type=bpy.types.Sound
    )
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
    iteration: bpy.props.PointerProperty(type=IterationSettings)
    retexture: bpy.props.PointerProperty(type=RetextureSettings)


def settings(context: bpy.types.Context) -> AnyTo3DSettings:
    """The settings of the context's scene."""
    return context.scene.any_to_3d


def prompt_fields(context: bpy.types.Context) -> PromptFields:
    """The panel's prompt, with absolute paths. Raises UnreadableFile for what cannot become a file."""
    chosen = settings(context)
    return PromptFields(
        text=text_part(chosen),
        recipe=chosen.recipe,
        preset=chosen.preset,
        seed=chosen.seed,
        text_weight=chosen.text_weight,
        image=image_part(chosen),
        image_weight=chosen.image_weight,
        sound=sound_part(chosen),
        sound_weight=chosen.sound_weight,
        negative=chosen.negative,
    )


def text_part(chosen: AnyTo3DSettings) -> str:
    """The words of the prompt."""
    return prompt_sources.text_of(chosen.text_block) if chosen.text_block else chosen.prompt


def image_part(chosen: AnyTo3DSettings) -> str:
    """The path of the prompt's picture, empty without one. Raises UnreadableFile for one that cannot become a file."""
    block = chosen.image_block
    return prompt_sources.image_file(block) if block else bpy.path.abspath(chosen.image)


def sound_part(chosen: AnyTo3DSettings) -> str:
    """Likewise of its sound."""
    block = chosen.sound_block
    return prompt_sources.sound_file(block) if block else bpy.path.abspath(chosen.sound)


def filled_modalities(chosen: AnyTo3DSettings) -> tuple[str, ...]:
    """The kinds of prompt that there is something of, as backends name them; quick enough to be drawn."""
    parts = {
        "text": chosen.text_block or chosen.prompt.strip(),
        "image": chosen.image_block or chosen.image.strip(),
        "audio": chosen.sound_block or chosen.sound.strip(),
    }
    return tuple(modality for modality, part in parts.items() if part)


Values = dict[str, object]
"""Settings by the name of their property."""

_GROUPS = ("result", "iteration", "retexture")
"""Settings of their own kinds; their names are kept as in "result.origin"."""

_BLOCKS = {"text_block": "texts", "image_block": "images", "sound_block": "sounds", "retexture.image": "images"}
"""Pointers into the .blend, kept as names, and where those are looked up."""


def values_of(chosen: AnyTo3DSettings) -> Values:
    """A copy of what one object depends on, which outlives undo and file loads."""
    groups = ((group, getattr(chosen, group)) for group in _GROUPS)
    grouped = {f"{group}.{name}": getattr(found, name) for group, found in groups for name in _names(found)}
    blocks = {name: block.name if (block := getattr(*_place(chosen, name))) else "" for name in _BLOCKS}
    return {name: getattr(chosen, name) for name in _names(chosen)} | blocks | grouped


def fill(chosen: AnyTo3DSettings, values: Values) -> None:
    """Set what ``values`` names; names that this release does not know, from a file of a later one, are left out."""
    for name in _names(chosen):
        if name in values:
            setattr(chosen, name, values[name])
    for name, kind in _BLOCKS.items():
        if name in values:
            setattr(*_place(chosen, name), getattr(bpy.data, kind).get(values[name]))
    for group in _GROUPS:
        for name in _names(getattr(chosen, group)):
            if f"{group}.{name}" in values:
                setattr(getattr(chosen, group), name, values[f"{group}.{name}"])


def _place(chosen: AnyTo3DSettings, name: str) -> tuple[bpy.types.PropertyGroup, str]:
    """Where a setting is, and what it is called there."""
    group, _, own = name.rpartition(".")
    return (getattr(chosen, group) if group else chosen), own


def _names(group: bpy.types.PropertyGroup) -> list[str]:
    plain = (each for each in group.bl_rna.properties if not each.is_readonly and each.type != "POINTER")
    # The result's height only shows that of the prompt in the scene's units.
    is_shown_only = isinstance(group, ResultSettings)
    return [each.identifier for each in plain if each.identifier not in ("name", "height" if is_shown_only else "name")]


def register() -> None:
    bpy.types.Scene.any_to_3d = bpy.props.PointerProperty(type=AnyTo3DSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    del bpy.types.Scene.any_to_3d  # type: ignore[attr-defined]
