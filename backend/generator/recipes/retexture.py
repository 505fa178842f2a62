"""From a recipe to one that gives a fixed shape new colours: its texture phase alone, led by a strength.

Not in the paper, whose third phase paints what its first two have made. The numbers were found by running the built-in
models on ten meshes (benchmarks/retexture.py); the published ones take the same shares of their own, unmeasured.
"""

from dataclasses import replace

from ..losses.kept_colours import KeptColours
from ..losses.reference_view import ReferenceView
from ..losses.score_distillation import SDS
from ..optimisers import Adam, Adan, LearningRates
from ..recipe import Phase, Recipe, Weighted
from ..representations.fixed_mesh import FixedMesh
from ..schedules import highest, linear

Range = tuple[float, float]
"""Of a tint, and of all new; strengths in between are interpolated."""

NOISE_AT_FIRST: Range = (0.5, 0.98)
NOISE_AT_LAST: Range = (0.2, 0.3)
"""Most noise that is added to what the priors see, as a fraction of their schedules, as the phase begins and ends."""

LEAST_AT_FIRST: Range = (0.05, 0.3)
LEAST_AT_LAST: Range = (0.02, 0.05)

REFERENCE_NOISE: Range = (0.6, 1.0)
"""Likewise of the reference view, which is painted onto the shape from the colours that it has."""

REFERENCE_WEIGHT = 4.0
"""The reference view has the shape's own outline here, so its colours count so many times as much, and in each step."""

LEAST_GUIDANCE = 4.0
"""Outlines that no prior would have drawn call for more guidance than the built-in models' 2."""

BRIGHTNESS_KEPT: Range = (1000.0, 0.0)
"""Weight of the loss that keeps light and dark as they are."""

FASTER = 3.0
"""Learning rates at first over those of the recipe's phase, which has colours of phase I to go on from."""

MOST_CANDIDATES = 4
"""Of the reference view: the outline is the shape's own, so fewer of them go wrong, and they are what is waited for."""


def retexture(recipe: Recipe, strength: float, vertex_count: int, face_count: int, has_colours: bool) -> Recipe:
    """The recipe for a mesh of this size.

    strength: in (0, 1], from a tint of the present colours to all new ones; without present colours it is 1.
    Raises ValueError for a recipe without a texture phase.
    """
    texture = recipe.phases[-1]
    if texture.guide != "rgb" or "grid" not in texture.start.trains or texture.name != "texture":
        raise ValueError(f"recipe {recipe.name!r} has no texture phase to paint with; use 'xbind'")
    strength = strength if has_colours else 1.0
    start = FixedMesh(vertex_count, face_count, texture.start.field, remembers=has_colours)
    phase = replace(repainting(texture, strength, has_colours), start=start)
    reference = replace(
        recipe.reference,
        shape_noise=_between(REFERENCE_NOISE, strength),
        fill=None,
        candidates=min(recipe.reference.candidates, MOST_CANDIDATES),
    )
    return replace(recipe, phases=(phase,), reference=reference)


def repainting(
    texture: Phase, strength: float = 1.0, has_colours: bool = False, least_guidance: float = LEAST_GUIDANCE
) -> Phase:
    """The texture phase as it paints a shape that has no colours of phase I: all anew, or led by those it has."""
    losses = _losses(texture, strength, has_colours, least_guidance)
    return replace(texture, optimiser=_faster(texture.optimiser), losses=losses)


def _losses(texture: Phase, strength: float, has_colours: bool, least_guidance: float) -> tuple[Weighted, ...]:
    found = []
    for weighted in texture.losses:
        match weighted.loss:
            case SDS():
                found.append(replace(weighted, loss=_led(weighted.loss, strength, least_guidance)))
            case ReferenceView(rgb=rgb):
                loss = replace(weighted.loss, rgb=REFERENCE_WEIGHT * rgb, mask=0.0)
                found.append(replace(weighted, loss=loss, every=1))
            case _:
                found.append(weighted)
    if has_colours and strength < 1:
        found.append(Weighted(KeptColours(_between(BRIGHTNESS_KEPT, strength))))
    return tuple(found)


def _led(loss: SDS, strength: float, least_guidance: float) -> SDS:
    return replace(
        loss,
        t_high=linear(_between(NOISE_AT_FIRST, strength), _between(NOISE_AT_LAST, strength)),
        t_low=linear(_between(LEAST_AT_FIRST, strength), _between(LEAST_AT_LAST, strength)),
        guidance_scale=max(least_guidance, highest(loss.guidance_scale)),
    )


def _faster(optimiser: Adam | Adan) -> Adam | Adan:
    """At first; it ends at the pace of the recipe's own phase."""
    rates = optimiser.rates
    grid, mlp = highest(rates.grid), highest(rates.mlp)
    return replace(optimiser, rates=LearningRates(grid=linear(FASTER * grid, grid), mlp=linear(FASTER * mlp, mlp)))


def _between(ends: Range, strength: float) -> float:
    return ends[0] + strength * (ends[1] - ends[0])
