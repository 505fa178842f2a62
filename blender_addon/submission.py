"""From the panel's fields to the message that asks for an object. Reads the files they name; no Blender in here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from ..shared.messages import AudioPrompt, ImagePrompt, Prompt, RecipeInfo, Submit, TextPrompt, WeightedPrompt, Welcome
from .prompt_files import read_prompt_file

LARGEST_SEED = 2**31 - 1
"""Blender's integer properties hold no more."""

LARGEST_WEIGHT = 1000.0


@dataclass(frozen=True)
class PromptFields:
    """What the artist filled in. ``image`` and ``sound`` are absolute paths; a weight of 0 leaves a part out."""

    text: str
    recipe: str
    preset: str
    seed: int
    text_weight: float = 1.0
    image: str = ""
    image_weight: float = 1.0
    sound: str = ""
    sound_weight: float = 1.0
    negative: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that are filled in, in the panel's order."""
        every = (
            Part("text", " ".join(self.text.split()), self.text_weight),
            Part("image", self.image.strip(), self.image_weight),
            Part("audio", self.sound.strip(), self.sound_weight),
        )
        return tuple(part for part in every if part.value)

    @property
    def title(self) -> str:
        """What a person calls this request: its words and the names of its files."""
        used = (part for part in self.parts if part.weight > 0)
        return ", ".join(part.value if part.modality == "text" else Path(part.value).name for part in used)


@dataclass(frozen=True)
class Part:
    """One part of the prompt; ``modality`` is named as the backend's recipes name it. ``value``: words, or a path."""

    modality: str
    value: str
    weight: float

    def read(self) -> Prompt:
        """Raises ValueError for a file that cannot be used."""
        if self.modality == "image":
            return ImagePrompt(read_prompt_file("image", self.value))
        if self.modality == "audio":
            return AudioPrompt(read_prompt_file("sound", self.value))
        return TextPrompt(self.value)


def to_submit(fields: PromptFields, backend: Welcome) -> Submit:
    """The request for these fields, under a fresh request id.

    An empty recipe or preset means the default one. Raises ValueError, saying what is allowed, for an empty prompt, a
    seed or weight out of range, a file that cannot be used, or what this backend does not offer.
    """
    if not fields.parts:
        raise ValueError("The prompt is empty. Write what to make, as in: a red chair")
    if not 0 <= fields.seed <= LARGEST_SEED:
        raise ValueError(f"Seed {fields.seed} is out of range; 0 to {LARGEST_SEED} is allowed.")
    recipe = _offered_recipe(fields.recipe, backend)
    return Submit(
        request_id=uuid.uuid4().hex,
        prompts=_prompts(fields, recipe),
        negative=" ".join(fields.negative.split()),
        recipe=recipe.name,
        preset=offered_preset(fields.preset, recipe),
        seed=fields.seed,
    )


def _prompts(fields: PromptFields, recipe: RecipeInfo) -> tuple[WeightedPrompt, ...]:
    prompts = []
    for part in fields.parts:
        if not 0 <= part.weight <= LARGEST_WEIGHT:
            raise ValueError(f"A weight of {part.weight:g} is out of range; 0 to {LARGEST_WEIGHT:g} is allowed.")
        if part.weight == 0:
            continue
        if part.modality not in recipe.modalities:
            understood = " and ".join(recipe.modalities)
            raise ValueError(
                f"This backend understands {understood} prompts, but no {part.modality}. Clear that field."
            )
        prompts.append(WeightedPrompt(part.read(), part.weight))
    if not prompts:
        raise ValueError("Every weight is 0, so nothing is left to make. Give one part a weight above 0.")
    return tuple(prompts)


def _offered_recipe(name: str, backend: Welcome) -> RecipeInfo:
    offered = {recipe.name: recipe for recipe in backend.recipes}
    if not offered:
        raise ValueError("This backend offers no recipe; its models may be missing.")
    if name and name not in offered:
        raise ValueError(f"This backend has no recipe '{name}'; it offers {', '.join(offered)}.")
    return offered[name or next(iter(offered))]


def offered_preset(name: str, recipe: RecipeInfo) -> str:
    """The preset of that name, or the recipe's default one if the name is empty: "standard" where it is offered.

    Raises ValueError, listing what is offered, for any other name.
    """
    offered = [preset.name for preset in recipe.presets]
    if not name:
        return "standard" if "standard" in offered or not offered else offered[0]
    if name not in offered:
        raise ValueError(f"This backend has no preset '{name}'; it offers {', '.join(offered)}.")
    return name


def fastest_preset(recipe: RecipeInfo) -> str:
    """The preset with the fewest steps: the one to try when memory ran out."""
    return min(recipe.presets, key=lambda preset: preset.steps).name
