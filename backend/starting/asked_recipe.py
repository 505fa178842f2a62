"""Which recipe a request runs: the one that it names, as its preset, its settings and its beginning change it."""

from dataclasses import replace
from pathlib import Path

from ...shared.messages import ImagePrompt, Submit
from ...shared.starting_points import Continue, Refine, Retexture
from ..catalogue import ProfileName
from ..engine import PhasePlan
from ..generator.recipe import Phase, Recipe
from ..generator.recipes import PRESETS, RECIPES
from ..generator.recipes.refine import refined
from ..retexturing.work import retexture_recipe
from ..stored_checkpoints import stored_state


def named_recipe(submit: Submit, profile: ProfileName) -> Recipe:
    """The recipe that a request names, at its preset, with its ``steps_scale`` and ``seen_from``.

    Raises ValueError naming what there is instead.
    """
    presets, recipes = PRESETS[profile], RECIPES[profile]
    if submit.recipe == "xbind" and submit.preset in presets:
        recipe = presets[submit.preset]
    elif submit.recipe in recipes and submit.preset == "standard":
        recipe = recipes[submit.recipe]
    else:
        raise ValueError(
            f"profile {profile!r} has no recipe {submit.recipe!r} with preset {submit.preset!r}; recipes are "
            f"{', '.join(recipes)}; presets of xbind are {', '.join(presets)}, of the others only standard"
        )
    scale = submit.overrides.get("steps_scale", 1.0)
    return _seen_from(submit, recipe if scale == 1.0 else recipe.scaled(steps=scale))


def recipe_of(submit: Submit, profile: ProfileName) -> Recipe:
    """What a request runs from its beginning on, as far as it does not go on from another job.

    Raises ValueError as ``named_recipe``, and for a recipe that cannot begin as it asks.
    """
    recipe = named_recipe(submit, profile)
    match submit.source:
        case Retexture():
            return retexture_recipe(recipe, submit.source)
        case Refine(_, keep):
            return refined(recipe, keep)
        case _:
            return recipe


def planned_phases(submit: Submit, profile: ProfileName, parent: Path | None) -> tuple[PhasePlan, ...]:
    """The phases that a request runs, each with all its steps. parent: the folder of the job that it goes on from."""
    recipe = recipe_of(submit, profile)
    plans = [PhasePlan(phase.name, phase.steps) for phase in recipe.phases]
    if isinstance(submit.source, Continue) and parent is not None:
        plans = _continued(submit.source, recipe.phases, parent)
    names = [plan.name for plan in plans]
    if submit.until in names:
        plans = plans[: names.index(submit.until) + 1]
    if isinstance(submit.source, Continue) and plans:
        plans[-1] = replace(plans[-1], steps=plans[-1].steps + submit.source.more_steps)
    return tuple(plans)


def _continued(source: Continue, phases: tuple[Phase, ...], parent: Path) -> list[PhasePlan]:
    """From the checkpoint's phase on; with a mesh, the texture phase alone."""
    if source.mesh is not None:
        return [PhasePlan(phases[-1].name, phases[-1].steps)]
    state = stored_state(parent, source.checkpoint)
    names = [phase.name for phase in phases]
    later = phases[names.index(state.phase) + 1 :] if state.phase in names else ()
    return [PhasePlan(state.phase, state.steps), *(PhasePlan(phase.name, phase.steps) for phase in later)]


def _seen_from(submit: Submit, recipe: Recipe) -> Recipe:
    """The recipe with the reference camera where the first picture was taken from."""
    seen = submit.seen_from
    if seen is None or not any(isinstance(part.prompt, ImagePrompt) for part in submit.prompts):
        return recipe
    return replace(recipe, reference=replace(recipe.reference, elevation=seen.elevation, azimuth=seen.azimuth))
