"""From the panel's fields to the message that asks for an object. Pure, so that it is tested without Blender."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from ..shared.messages import RecipeInfo, Submit, TextPrompt, WeightedPrompt, Welcome

LARGEST_SEED = 2**31 - 1
"""Blender's integer properties hold no more."""


@dataclass(frozen=True)
class PromptFields:
    """What the artist filled in; ``text`` is one part of a prompt that may get image and sound parts."""

    text: str
    recipe: str
    preset: str
    seed: int


def to_submit(fields: PromptFields, backend: Welcome) -> Submit:
    """The request for these fields, under a fresh request id.

    An empty recipe or preset means the default one. Raises ValueError, saying what is allowed, for an empty prompt, a
    seed out of range, or a recipe or preset that this backend does not offer.
    """
    text = " ".join(fields.text.split())
    if not text:
        raise ValueError("The prompt is empty. Write what to make, as in: a red chair")
    if not 0 <= fields.seed <= LARGEST_SEED:
        raise ValueError(f"Seed {fields.seed} is out of range; 0 to {LARGEST_SEED} is allowed.")
    recipe = _offered_recipe(fields.recipe, backend)
    if "text" not in recipe.modalities:
        raise ValueError(f"This backend understands {', '.join(recipe.modalities)}, but no text prompts.")
    return Submit(
        request_id=uuid.uuid4().hex,
        prompts=(WeightedPrompt(TextPrompt(text)),),
        recipe=recipe.name,
        preset=offered_preset(fields.preset, recipe),
        seed=fields.seed,
    )


def title_of(submit: Submit) -> str:
    """What a person calls this request: its texts."""
    texts = (part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt))
    return ", ".join(texts)


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
