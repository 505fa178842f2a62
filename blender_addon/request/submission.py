"""From the panel's fields to the message that asks for an object. Reads the files they name; no Blender in here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...shared.messages import AudioPrompt, ImagePrompt, Prompt, RecipeInfo, Submit, TextPrompt, WeightedPrompt, Welcome
from ...shared.starting_points import Continue
from ..errors import CodedError, TroubleCode
from ..state import PromptPart
from .course import Course, check_offered, shape_phase
from .prompt_files import read_prompt_file

LARGEST_SEED = 2**31 - 1
"""Blender's integer properties hold no more."""

LARGEST_WEIGHT = 1000.0

FROM_NOTHING = Course()

_BUDGET = "max_faces"
_BUDGETS = (500, 500_000)
"""The override by which a backend makes to a number of faces, and what backends allow it to be."""


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
    def named_parts(self) -> tuple[PromptPart, ...]:
        """The parts that count, as an object remembers them."""
        used = (part for part in self.parts if part.weight > 0)
        return tuple(PromptPart(part.modality, part.shown, part.weight) for part in used)

    @property
    def title(self) -> str:
        """What a person calls this request: its words and the names of its files."""
        return ", ".join(part.value for part in self.named_parts)


@dataclass(frozen=True)
class Part:
    """One part of the prompt; ``modality`` is named as the backend's recipes name it. ``value``: words, or a path."""

    modality: str
    value: str
    weight: float

    @property
    def shown(self) -> str:
        """The words, or the file's name without its folder."""
        return self.value if self.modality == "text" else Path(self.value).name

    def read(self) -> Prompt:
        """Raises ValueError for a file that cannot be used."""
        if self.modality == "image":
            return ImagePrompt(read_prompt_file("image", self.value))
        if self.modality == "audio":
            return AudioPrompt(read_prompt_file("sound", self.value))
        return TextPrompt(self.value)

    @property
    def is_readable(self) -> bool:
        """Whether ``read`` would succeed now."""
        try:
            self.read()
        except ValueError:
            return False
        return True


class UnsupportedModality(CodedError):
    """The backend does not understand this kind of prompt."""

    code: ClassVar[TroubleCode] = "unsupported_modality"


def to_submit(fields: PromptFields, backend: Welcome, max_faces: int = 0, course: Course = FROM_NOTHING) -> Submit:
    """The request for these fields, under a fresh request id. max_faces: 0 leaves it to the backend.

    An empty recipe or preset means the default one; a job that goes on from another one may do without a prompt. Raises
    ValueError, saying what is allowed, for an empty prompt, a seed or weight out of range, a file that cannot be used,
    or what this backend does not offer.
    """
    if not fields.parts and not isinstance(course.source, Continue):
        raise ValueError("The prompt is empty. Write what to make, as in: a red chair")
    if not 0 <= fields.seed <= LARGEST_SEED:
        raise ValueError(f"Seed {fields.seed} is out of range; 0 to {LARGEST_SEED} is allowed.")
    recipe = _offered_recipe(fields.recipe, backend)
    prompts = _prompts(fields, recipe) if fields.parts else ()
    has_picture = any(isinstance(part.prompt, ImagePrompt) for part in prompts)
    submit = Submit(
        request_id=uuid.uuid4().hex,
        prompts=prompts,
        negative=" ".join(fields.negative.split()),
        recipe=recipe.name,
        preset=offered_preset(fields.preset, recipe),
        seed=fields.seed,
        overrides=_overrides(recipe, max_faces),
        source=course.source,
        until=shape_phase(recipe) if course.stops_after_shape else "",
        seen_from=course.seen_from if has_picture else None,
    )
    check_offered(submit, backend)
    return submit


def _overrides(recipe: RecipeInfo, max_faces: int) -> dict[str, float]:
    """A backend that paints the surface after it was simplified gives a budget the better texture.

    Where it takes no budget, and where it made more, the add-on reduces the result.
    """
    if not max_faces or _BUDGET not in recipe.overrides:
        return {}
    low, high = _BUDGETS
    return {_BUDGET: float(min(max(max_faces, low), high))}


def _prompts(fields: PromptFields, recipe: RecipeInfo) -> tuple[WeightedPrompt, ...]:
    prompts = []
    for part in fields.parts:
        if not 0 <= part.weight <= LARGEST_WEIGHT:
            raise ValueError(f"A weight of {part.weight:g} is out of range; 0 to {LARGEST_WEIGHT:g} is allowed.")
        if part.weight == 0:
            continue
        if part.modality not in recipe.modalities:
            understood = " and ".join(recipe.modalities)
            raise UnsupportedModality(
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
