"""From a recipe to one that begins with somebody's rough shape: its phases II and III, led by how much is to be kept.

Not in the paper, whose second phase begins with what its first one has found. The colours that phase I would have left
are missing, so phase II finds them too: its 3D-aware prior judges colours, and on a grey object could only change the
shape. All numbers were found by running the built-in models; for the published ones the same shares are taken,
unmeasured.
"""

from dataclasses import replace

from ..losses.kept_outline import KeptOutline
from ..losses.reference_view import ReferenceView
from ..optimisers import Adam, Adan
from ..recipe import Phase, Recipe, Weighted
from ..representations.dmtet import DMTet
from ..representations.mesh_distance import MeshSurface
from .retexture import repainting

OUTLINE_WEIGHT = 20_000.0
"""Of the kept outline at full keep."""

STIFFEST, SOFTEST = 2.0, 8.0
"""Grid steps that count as one unit of sdf, at full keep and at none: the same step of the optimiser then moves the
surface four times as far."""

PAINTED_FROM = 0.5
"""How much must be kept for the reference view to be painted within the shape's own outline."""


def refined(recipe: Recipe, keep: float) -> Recipe:
    """The recipe from its first mesh phase on, begun with a given mesh.

    keep: 0, a mere hint, to 1, where the outline stays from every side. Raises ValueError for a recipe without a phase
    that trains a mesh.
    """
    number = next((n for n, phase in enumerate(recipe.phases) if _moves_a_mesh(phase)), None)
    if number is None:
        raise ValueError(f"recipe {recipe.name!r} has no phase that refines a mesh; choose another one")
    geometry, *later = recipe.phases[number:]
    first = _begun_with_mesh(geometry, later[-1] if later else geometry, keep)
    reference = replace(recipe.reference, paints_shape=keep >= PAINTED_FROM)
    return replace(recipe, phases=(first, *(painting_a_given_shape(phase) for phase in later)), reference=reference)


def painting_a_given_shape(phase: Phase) -> Phase:
    """A phase that follows on one that began with a given mesh; all but texture phases stay as they are.

    What phase II has found of the colours is plain all over: the texture is begun with much noise, as for a mesh
    that is painted anew. (A house stayed green from its walls to its roof, and was not taken for a house.)"""
    is_texture = isinstance(phase.start, DMTet) and phase.start.train == "texture"
    # No more guidance than its own: the outline is one that the prior could have drawn, and colours stay true.
    return repainting(phase, least_guidance=0.0) if is_texture else phase


def _moves_a_mesh(phase: Phase) -> bool:
    return isinstance(phase.start, DMTet) and phase.start.train != "texture"


def _begun_with_mesh(geometry: Phase, texture: Phase, keep: float) -> Phase:
    assert isinstance(geometry.start, DMTet), "only a mesh phase can begin with a mesh"
    surface = MeshSurface(scale=SOFTEST + keep * (STIFFEST - SOFTEST))
    start = replace(geometry.start, train="both", given=surface, keeps_outline=keep > 0)
    losses = [_giving_way(weighted, texture, keep) for weighted in geometry.losses]
    if keep > 0:
        losses.append(Weighted(KeptOutline(), OUTLINE_WEIGHT * keep))
    return replace(geometry, start=start, optimiser=_for_both(geometry, texture), losses=tuple(losses))


def _giving_way(weighted: Weighted, texture: Phase, keep: float) -> Weighted:
    """The reference view's colours are wanted from now on, its outline only where the shape's own is not kept."""
    loss = weighted.loss
    if not isinstance(loss, ReferenceView):
        return weighted
    rgb = next((w.loss.rgb for w in texture.losses if isinstance(w.loss, ReferenceView)), loss.rgb)
    return replace(weighted, loss=replace(loss, rgb=max(rgb, loss.rgb), mask=(1 - keep) * loss.mask))


def _for_both(geometry: Phase, texture: Phase) -> Adam | Adan:
    """Phase II's optimiser, with phase III's rates for the colours."""
    own, colours = geometry.optimiser, texture.optimiser.rates
    return replace(own, rates=replace(own.rates, grid=colours.grid, mlp=colours.mlp))
