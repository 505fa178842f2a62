"""What a sweep of the built-in recipe tries: one change at a time, each with the question that it answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.losses.term import Loss
from any_to_3d.backend.generator.recipe import Phase, Recipe, Weighted
from any_to_3d.backend.generator.recipes.builtin import PREVIEW, SURFACE, XBIND
from any_to_3d.backend.generator.representations.dmtet import DMTet
from any_to_3d.backend.generator.representations.nerf import NeRF
from any_to_3d.backend.generator.representations.surface_from_density import DensitySurface
from any_to_3d.backend.generator.representations.visible_surface import VisibleSurface
from any_to_3d.backend.generator.schedules import Scheduled, SquareRoot, linear

COARSE, GEOMETRY, TEXTURE = 0, 1, 2

Change = Callable[[Phase], Phase]


@dataclass(frozen=True)
class Variation:
    """XBIND with ``change`` applied to the phases numbered ``phases``."""

    name: str
    phases: tuple[int, ...]
    change: Change

    @property
    def first(self) -> int:
        """The first phase that differs: a run may go on from where XBIND's was before it."""
        return min(self.phases)

    def recipe(self) -> Recipe:
        """Valid, under XBIND's name: only numbers differ."""
        phases = tuple(self.change(p) if n in self.phases else p for n, p in enumerate(XBIND.phases))
        changed = replace(XBIND, phases=phases)
        changed.validate()
        return changed


def weight_times(loss: str, factor: float) -> Change:
    """The loss's constant weight, multiplied."""

    def changed(phase: Phase) -> Phase:
        found = [weighted for weighted in phase.losses if weighted.loss.name == loss]
        if len(found) != 1 or not isinstance(found[0].weight, int | float):
            raise ValueError(f"phase {phase.name!r} has no loss {loss!r} with a constant weight")
        heavier = replace(found[0], weight=found[0].weight * factor)
        return replace(phase, losses=tuple(heavier if w is found[0] else w for w in phase.losses))

    return changed


def loss_with(loss: str, **fields: Scheduled | str | bool) -> Change:
    """The loss with other settings."""

    def changed_loss(old: Loss) -> Loss:
        return replace(old, **fields) if old.name == loss else old  # type: ignore[type-var, call-arg]

    def changed(phase: Phase) -> Phase:
        if loss not in [weighted.loss.name for weighted in phase.losses]:
            raise ValueError(f"phase {phase.name!r} has no loss {loss!r}")
        return replace(phase, losses=tuple(replace(w, loss=changed_loss(w.loss)) for w in phase.losses))

    return changed


def steps_times(factor: float) -> Change:
    return lambda phase: replace(phase, steps=round(phase.steps * factor))


def rates(**fields: Scheduled) -> Change:
    """Other learning rates."""
    return lambda phase: replace(
        phase, optimiser=replace(phase.optimiser, rates=replace(phase.optimiser.rates, **fields))
    )


def samples(count: int) -> Change:
    """Samples on every ray of a radiance field."""

    def changed(phase: Phase) -> Phase:
        start = phase.start
        if not isinstance(start, NeRF):
            raise ValueError(f"phase {phase.name!r} marches along no rays")
        return replace(phase, start=replace(start, march=replace(start.march, samples=count)))

    return changed


def also(weighted: Weighted) -> Change:
    """One more loss."""
    return lambda phase: replace(phase, losses=(*phase.losses, weighted))


def all_of(*changes: Change) -> Change:
    def changed(phase: Phase) -> Phase:
        for change in changes:
            phase = change(phase)
        return phase

    return changed


def guided(scale: Scheduled) -> Change:
    """Both priors' score distillation with another guidance scale."""
    return all_of(loss_with("sds planar", guidance_scale=scale), loss_with("sds stereo", guidance_scale=scale))


def surface_from(surface: DensitySurface | VisibleSurface) -> Change:
    """The first surface of a tetrahedral grid, found otherwise."""

    def changed(phase: Phase) -> Phase:
        start = phase.start
        if not isinstance(start, DMTet):
            raise ValueError(f"phase {phase.name!r} has no tetrahedral grid")
        return replace(phase, start=replace(start, surface=surface))

    return changed


GUIDANCE = (
    Variation("I guidance 2", (COARSE,), guided(2.0)),
    Variation("I guidance rises from 1 to 3", (COARSE,), guided(linear(1.0, 3.0))),
    Variation("I and III guidance 1", (COARSE, TEXTURE), guided(1.0)),
    Variation("III guidance 1", (TEXTURE,), guided(1.0)),
    Variation("III guidance 3", (TEXTURE,), guided(3.0)),
)
TIMESTEPS = (
    Variation(
        "I timesteps from all over",
        (COARSE,),
        all_of(loss_with("sds planar", t_low=0.05), loss_with("sds stereo", t_low=0.05)),
    ),
    Variation("I timesteps end at .5", (COARSE,), loss_with("sds planar", t_high=linear(0.98, 0.5))),
    Variation("I timesteps end at .15", (COARSE,), loss_with("sds planar", t_high=linear(0.98, 0.15))),
    Variation("III timesteps .4 to .1", (TEXTURE,), loss_with("sds planar", t_high=linear(0.4, 0.1))),
    Variation("III timesteps .8 to .3", (TEXTURE,), loss_with("sds planar", t_high=linear(0.8, 0.3))),
)
WEIGHTS = (
    Variation("I stereo x 2", (COARSE,), weight_times("sds stereo", 2.0)),
    Variation("I stereo x 0.25", (COARSE,), weight_times("sds stereo", 0.25)),
    Variation("I reference x 0.3", (COARSE,), weight_times("reference", 0.3)),
    Variation("I reference x 3", (COARSE,), weight_times("reference", 3.0)),
    Variation("I similarity x 3", (COARSE,), weight_times("modality similarity", 3.0)),
    Variation("I normal smoothness x 3", (COARSE,), weight_times("normal smoothness", 3.0)),
    Variation("I image term x 3", (COARSE,), loss_with("sds planar", image_weight=0.3)),
    Variation("III reference x 0.3", (TEXTURE,), weight_times("reference", 0.3)),
    Variation("III image term x 5", (TEXTURE,), loss_with("sds planar", image_weight=0.5)),
)
NORMALS = SDS(
    "planar", guidance_scale=2.0, t_low=linear(0.9, 0.1), t_high=linear(0.98, 0.3), weighting="x0", signal="normal"
)
SURFACES = (
    Variation("I normals too", (COARSE,), also(Weighted(NORMALS, 0.5, every=2))),
    Variation("I normals too, weakly", (COARSE,), also(Weighted(NORMALS, 0.2, every=2))),
    Variation("II normal consistency x 3", (GEOMETRY,), weight_times("normal consistency", 3.0)),
    Variation("II normal consistency x 10", (GEOMETRY,), weight_times("normal consistency", 10.0)),
    Variation("II laplacian x 10", (GEOMETRY,), weight_times("laplacian", 10.0)),
    Variation(
        "II both x 10",
        (GEOMETRY,),
        all_of(weight_times("normal consistency", 10.0), weight_times("laplacian", 10.0)),
    ),
    Variation("II guidance x 2", (GEOMETRY,), weight_times("cds planar", 2.0)),
    Variation("II guidance x 0.5", (GEOMETRY,), weight_times("cds planar", 0.5)),
    Variation("II noise from .6", (GEOMETRY,), loss_with("cds planar", t_less=SquareRoot(0.6, 0.02))),
    Variation("II surface at a density of 4", (GEOMETRY,), surface_from(PREVIEW)),
    Variation("II surface that 2 directions see", (GEOMETRY,), surface_from(replace(SURFACE, witnesses=2))),
    Variation("II surface that 10 directions see", (GEOMETRY,), surface_from(replace(SURFACE, witnesses=10))),
    Variation("II surface twice as deep", (GEOMETRY,), surface_from(replace(SURFACE, depth=2 * SURFACE.depth))),
    Variation("II rate x 0.5", (GEOMETRY,), rates(geometry=0.015)),
    Variation("II rate x 2", (GEOMETRY,), rates(geometry=0.06)),
)
SIZES = (
    Variation("I 64 pixels", (COARSE,), lambda phase: replace(phase, size=64)),
    Variation("I 64 samples a ray", (COARSE,), samples(64)),
)
LENGTHS = (
    Variation("I steps x 2", (COARSE,), steps_times(2.0)),
    Variation("I steps x 0.6", (COARSE,), steps_times(0.6)),
    Variation("II steps x 2", (GEOMETRY,), steps_times(2.0)),
    Variation("III steps x 2", (TEXTURE,), steps_times(2.0)),
    Variation("III steps x 0.5", (TEXTURE,), steps_times(0.5)),
)
RATES = (
    Variation("I rates x 2", (COARSE,), rates(grid=0.08, mlp=0.02)),
    Variation("I rates x 0.5", (COARSE,), rates(grid=0.02, mlp=0.005)),
    Variation("III rates x 2", (TEXTURE,), rates(grid=0.02, mlp=0.004)),
)

VARIATIONS = {v.name: v for v in (*GUIDANCE, *TIMESTEPS, *WEIGHTS, *SURFACES, *SIZES, *LENGTHS, *RATES)}
