"""What a job begins with, where it ends, and from where its picture is seen. No Blender in here."""

from __future__ import annotations

from dataclasses import dataclass

from ...shared.messages import Operation, RecipeInfo, SeenFrom, Submit, Welcome
from ...shared.starting_points import Continue, Refine, Retexture, StartingPoint
from ..wording import ABILITIES


@dataclass(frozen=True)
class Course:
    """source: None begins with nothing.  seen_from: counts only where the prompt has a picture."""

    source: StartingPoint | None = None
    stops_after_shape: bool = False
    seen_from: SeenFrom | None = None


def check_offered(submit: Submit, backend: Welcome) -> None:
    """Raise ValueError, saying what to do, for a request that needs more than this backend can do."""
    for operation in _needed(submit):
        if operation not in backend.operations:
            raise ValueError(f"The connected backend cannot {ABILITIES[operation]}. Use a newer one, or do without it.")


def shape_phase(recipe: RecipeInfo) -> str:
    """The phase at whose end the shape is done: the one before the texture. Raises ValueError if there is none."""
    if len(recipe.phases) < 2:
        raise ValueError(f"The recipe '{recipe.label}' has no phase of its own for the shape. Approve it afterwards.")
    return recipe.phases[-2]


def _needed(submit: Submit) -> list[Operation]:
    needed: list[Operation] = []
    match submit.source:
        case Retexture():
            needed.append("retexture")
        case Refine():
            needed.append("refine")
        case Continue():
            needed.append("continue")
    if submit.until:
        needed.append("until")
    if submit.seen_from is not None:
        needed.append("seen_from")
    return needed
