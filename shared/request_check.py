"""What a backend refuses before it looks into a prompt: every limit of a request that the protocol names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .messages import MAX_FILE_BYTES, AudioPrompt, ImagePrompt, Operation, Problem, RecipeInfo, Submit, TextPrompt
from .starting_points import LARGEST_MASK_BORDER, MOST_EXTRA_STEPS, Continue, Refine, Retexture

MAX_PROMPTS = 8
MAX_CHARACTERS = 1000
MAX_ID_CHARACTERS = 200
MAX_SEED = 2**63 - 1
TEXTURE_SIDES = (16, 4096)
"""Smallest and largest width and height of a texture that a client may ask for, pixels."""

MODALITY = {TextPrompt: "text", ImagePrompt: "image", AudioPrompt: "audio"}


class RequestRefused(ValueError):
    """A request that must not become a job; ``problem`` is the answer to it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem("bad_request", message, hint)


@dataclass(frozen=True)
class Offer:
    """What a backend takes. overrides: the name of each setting, with its smallest and largest value."""

    profile: str
    recipes: tuple[RecipeInfo, ...]
    overrides: Mapping[str, tuple[float, float]]
    operations: tuple[Operation, ...] = ()

    def recipe(self, name: str) -> RecipeInfo | None:
        return next((recipe for recipe in self.recipes if recipe.name == name), None)


def check_request(submit: Submit, offer: Offer) -> None:
    """Raise RequestRefused for a request that is outside the offer or the protocol's limits."""
    recipe = _check_choices(submit, offer)
    _check_overrides(submit, offer)
    _check_operations(submit, offer, recipe)
    _check_prompts(submit, offer.profile, recipe.modalities)


def _check_choices(submit: Submit, offer: Offer) -> RecipeInfo:
    recipe = offer.recipe(submit.recipe)
    if not submit.request_id:
        raise RequestRefused("The request has no request_id.", "Give each request a new unique text.")
    if len(submit.request_id) > MAX_ID_CHARACTERS:
        size = len(submit.request_id)
        raise RequestRefused(f"The request_id has {size} characters.", f"Shorten it to {MAX_ID_CHARACTERS}.")
    if recipe is None:
        known = ", ".join(recipe.name for recipe in offer.recipes)
        raise RequestRefused(f"There is no recipe {_quoted(submit.recipe)}.", f"Choose one of: {known}.")
    if submit.preset not in [preset.name for preset in recipe.presets]:
        known = ", ".join(preset.name for preset in recipe.presets)
        raise RequestRefused(
            f"Recipe {recipe.name!r} has no preset {_quoted(submit.preset)}.", f"Choose one of: {known}."
        )
    if not 0 <= submit.seed <= MAX_SEED:
        raise RequestRefused(f"The seed is {submit.seed}.", f"Choose one from 0 to {MAX_SEED}.")
    return recipe


def _check_overrides(submit: Submit, offer: Offer) -> None:
    for name, value in submit.overrides.items():
        limits = offer.overrides.get(name)
        if limits is None:
            known = ", ".join(offer.overrides)
            raise RequestRefused(
                f"There is no setting {_quoted(name)} in profile {offer.profile!r}.", f"Known: {known}."
            )
        if not limits[0] <= value <= limits[1]:
            raise RequestRefused(f"Setting {name!r} is {value:g}.", f"Choose from {limits[0]:g} to {limits[1]:g}.")


def _check_operations(submit: Submit, offer: Offer, recipe: RecipeInfo) -> None:
    source = submit.source
    asked: list[Operation] = []
    match source:
        case Retexture():
            asked.append("retexture")
            _check_retexture(source)
        case Refine(_, keep):
            asked.append("refine")
            if not 0 <= keep <= 1:
                raise RequestRefused(f"The shape is to be kept by {keep:g}.", "Choose from 0, a mere hint, to 1.")
        case Continue():
            asked.append("continue")
            if not 0 <= source.more_steps <= MOST_EXTRA_STEPS:
                raise RequestRefused(f"{source.more_steps} further steps.", f"Choose from 0 to {MOST_EXTRA_STEPS}.")
    if submit.until:
        asked.append("until")
        if submit.until not in recipe.phases:
            known = ", ".join(recipe.phases)
            raise RequestRefused(
                f"Recipe {recipe.name!r} has no phase {_quoted(submit.until)}.", f"Choose one of: {known}."
            )
    if submit.seen_from is not None:
        asked.append("seen_from")
        if not -90 <= submit.seen_from.elevation <= 90:
            raise RequestRefused(f"The elevation is {submit.seen_from.elevation:g}.", "Choose from -90 to 90 degrees.")
    for operation in asked:
        if operation not in offer.operations:
            raise RequestRefused(f"Profile {offer.profile!r} cannot do {operation!r}.", "Use a newer backend for it.")


def check_texture_size(width: int, height: int) -> None:
    """Raise RequestRefused for a texture of so many pixels that no backend paints it, or so few."""
    low, high = TEXTURE_SIDES
    if not (low <= width <= high and low <= height <= high):
        raise RequestRefused(
            f"The texture is to have {width} x {height} pixels.", f"Choose from {low} to {high} a side."
        )


def check_strength(strength: float) -> None:
    """Raise RequestRefused for a strength of new colours outside (0, 1]."""
    if not 0 < strength <= 1:
        raise RequestRefused(f"The strength is {strength:g}.", "Choose from above 0, a tint, to 1, all new.")


def _check_retexture(source: Retexture) -> None:
    check_texture_size(source.width, source.height)
    check_strength(source.strength)
    if not 0 <= source.mask_border <= LARGEST_MASK_BORDER:
        raise RequestRefused(
            f"The mask's border has {source.mask_border} texels.", f"Choose from 0 to {LARGEST_MASK_BORDER}."
        )
    if not source.mesh.has_uvs:
        raise RequestRefused("The mesh has no texture coordinates.", "Unwrap it first, or ask for new ones.")
    for name, image in (("present texture", source.mesh.albedo), ("mask", source.mesh.mask)):
        if image is not None and image.shape[:2] != (source.height, source.width):
            got = f"{image.shape[1]} x {image.shape[0]}"
            allowed = f"{source.width} x {source.height}"
            raise RequestRefused(f"The {name} has {got} pixels.", f"The new texture has {allowed}; give it the same.")
    if source.mesh.mask is not None and not source.mesh.mask.any():
        raise RequestRefused("The mask allows no change anywhere.", "Paint or select something, or leave the mask out.")


def _check_prompts(submit: Submit, profile: str, modalities: tuple[str, ...]) -> None:
    if not submit.prompts and isinstance(submit.source, Continue):
        return  # those of the job that it goes on from
    if not 1 <= len(submit.prompts) <= MAX_PROMPTS:
        count = len(submit.prompts)
        raise RequestRefused(f"The request has {count} prompts.", f"Give 1 to {MAX_PROMPTS} texts, images or sounds.")
    for part in submit.prompts:
        modality = MODALITY[type(part.prompt)]
        if modality not in modalities:
            raise RequestRefused(
                f"Profile {profile!r} does not understand {modality} prompts.", f"Use {' or '.join(modalities)}."
            )
        if not 0 < part.weight <= 1000:
            raise RequestRefused(
                f"A prompt has weight {part.weight:g}.",
                "Weights go from above 0 to 1000; leave the part out instead.",
            )
        if isinstance(part.prompt, TextPrompt):
            _check_text(part.prompt.text)
        else:
            _check_file(part.prompt.data, modality)
    if len(submit.negative) > MAX_CHARACTERS:
        raise RequestRefused(f"The negative prompt has {len(submit.negative)} characters.", _shorter())


def _check_text(text: str) -> None:
    if not text.strip():
        raise RequestRefused("The prompt is empty.", "Describe the object that you want, such as 'a red chair'.")
    if len(text) > MAX_CHARACTERS:
        raise RequestRefused(f"The prompt has {len(text)} characters.", _shorter())


def _check_file(data: bytes, modality: str) -> None:
    if not data:
        raise RequestRefused(f"The {modality} prompt is an empty file.", "Choose another file.")
    if len(data) > MAX_FILE_BYTES:
        megabytes = len(data) / 2**20
        raise RequestRefused(
            f"The {modality} prompt has {megabytes:.0f} MiB.", f"Choose one up to {MAX_FILE_BYTES >> 20} MiB."
        )


def _quoted(text: str) -> str:
    """What a client sent, as part of a sentence: the answer must not be as long as the question may be."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


def _shorter() -> str:
    return f"Shorten it to {MAX_CHARACTERS}."
