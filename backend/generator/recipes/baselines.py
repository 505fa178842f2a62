"""The paper's baselines (Sec. V-C) and ablations (Fig. 6-7) as differences from a three-phase XBind recipe."""

from dataclasses import replace

from ..losses.score_distillation import CDS, SDS
from ..losses.term import Loss
from ..recipe import Balanced, Phase, Recipe, Weighted
from ..schedules import Scheduled, SquareRoot, linear

SIMILARITY = "modality similarity"

STRONG_GUIDANCE = 50.0
"""From here on a scale is one of the published networks', which Consistent3D lowers during a run."""


def stable_sds(xbind: Recipe) -> Recipe:
    """StableSDS-3D: the planar prior with plain SDS in every phase; no 3D prior, no reference, no MS, no z variance."""
    bare = _only(xbind, "sds planar", "cds planar", "normal smoothness", "normal consistency", "laplacian")
    return replace(_plain_sds(bare), name="stable_sds")


def zero_sds(xbind: Recipe) -> Recipe:
    """ZeroSDS-3D: the stereo prior with SDS and the reference loss in every phase; nothing planar, no MS.

    In phase II, too, the prior sees colours: those phase I left on the surface.
    """
    kept = ("sds stereo", "reference", "normal smoothness", "normal consistency", "laplacian")
    return replace(_only(xbind, *kept), name="zero_sds")


def zerostable_cds(xbind: Recipe) -> Recipe:
    """ZeroStableCDS-3D: CDS from both priors in every phase, no MS. The paper leaves open whether the 3D-aware prior
    used CDS too; here it does, at its own constant guidance.
    """
    phases = [_with_cds(phase, number) for number, phase in enumerate(xbind.without(SIMILARITY).phases)]
    return replace(xbind, name="zerostable_cds", phases=tuple(phases))


def no_stereo(xbind: Recipe) -> Recipe:
    """Fig. 7a: planar supervision only."""
    return replace(xbind.without("sds stereo", "reference"), name="no_stereo")


def no_planar(xbind: Recipe) -> Recipe:
    """Fig. 7b: stereoscopic supervision only."""
    return replace(xbind.without("sds planar", "cds planar", "z variance", SIMILARITY), name="no_planar")


def phase1_only(xbind: Recipe) -> Recipe:
    """Fig. 7c: the NeRF alone, its surface extracted at the threshold."""
    return replace(xbind, name="phase1_only", phases=xbind.phases[:1])


def no_ms(xbind: Recipe) -> Recipe:
    """Fig. 7d: without the modality similarity loss."""
    return replace(xbind.without(SIMILARITY), name="no_ms")


def augsds_phase2(xbind: Recipe) -> Recipe:
    """Fig. 6: augmented SDS in place of CDS on the normal maps of phase II, at t .02 to .5."""
    coarse, geometry, texture = xbind.phases
    planar = next(weighted for weighted in coarse.losses if weighted.loss.name == "sds planar")
    assert isinstance(planar.loss, SDS), "phase I guides with SDS"
    sds = replace(planar, loss=replace(planar.loss, t_low=0.02, t_high=0.5))
    losses = tuple(_renamed(sds if w.loss.name == "cds planar" else w, "cds", "sds") for w in geometry.losses)
    return replace(xbind, name="augsds_phase2", phases=(coarse, replace(geometry, losses=losses), texture))


def variants(xbind: Recipe) -> dict[str, Recipe]:
    """Every baseline and ablation of one recipe, by name."""
    made = (stable_sds, zero_sds, zerostable_cds, no_stereo, no_planar, phase1_only, no_ms, augsds_phase2)
    return {make.__name__: make(xbind) for make in made}


def _only(recipe: Recipe, *names: str) -> Recipe:
    phases = [replace(p, losses=tuple(w for w in p.losses if w.loss.name in names)) for p in recipe.phases]
    return replace(recipe, phases=tuple(phases))


def _plain_sds(recipe: Recipe) -> Recipe:
    """SDS without its image term; CDS becomes SDS at t .02 to .5 (the small steps of a refinement)."""
    phases = []
    for phase in recipe.phases:
        losses = tuple(replace(weighted, loss=_as_sds(weighted.loss)) for weighted in phase.losses)
        phases.append(replace(phase, losses=losses))
    return replace(recipe, phases=tuple(phases))


def _as_sds(loss: Loss) -> Loss:
    match loss:
        case SDS():
            return replace(loss, image_weight=0.0)
        case CDS():
            return SDS(loss.prior, loss.guidance_scale, t_low=0.02, t_high=0.5, weighting=loss.weighting)
        case _:
            return loss


def _with_cds(phase: Phase, number: int) -> Phase:
    """Every SDS becomes a CDS, in phase II with the numbers of the CDS that it has already."""
    own = next((weighted for weighted in phase.losses if isinstance(weighted.loss, CDS)), None)
    return replace(phase, losses=tuple(_as_cds(weighted, number, own) for weighted in phase.losses))


def _as_cds(weighted: Weighted, number: int, own: Weighted | None) -> Weighted:
    """Numbers: ``own``'s, else those of Consistent3D consistency-coarse.yaml (I) and consistency-texture.yaml (III)."""
    loss = weighted.loss
    if not isinstance(loss, SDS):
        return weighted
    weight: Scheduled | Balanced = 1.0
    if own is not None and isinstance(own.loss, CDS):
        cds, weight = replace(own.loss, prior=loss.prior, signal=loss.signal), own.weight
    elif number == 0:
        cds = CDS(loss.prior, 1.0, SquareRoot(0.7, 0.1), (0.1, 0.88), (0.1, 0.3), 0.98, "uniform", signal=loss.signal)
    else:
        cds = CDS(loss.prior, 1.0, SquareRoot(0.5, 0.02), (0.02, 0.88), (0.1, 0.2), 0.98, "1-acp", signal=loss.signal)
    return replace(weighted, loss=replace(cds, guidance_scale=_cds_scale(loss, number)), weight=weight)


def _cds_scale(sds: SDS, number: int) -> Scheduled:
    """Phase I halves a strong guidance as it goes (100 to 50), phase III starts with the half; weak guidance stays."""
    scale = sds.guidance_scale
    if sds.prior == "stereo" or not isinstance(scale, int | float) or scale < STRONG_GUIDANCE or number == 1:
        return scale
    return linear(scale, scale / 2) if number == 0 else scale / 2


def _renamed(weighted: Weighted, before: str, after: str) -> Weighted:
    """A balanced weight follows the loss it names."""
    if not isinstance(weighted.weight, Balanced):
        return weighted
    return replace(weighted, weight=replace(weighted.weight, to=weighted.weight.to.replace(before, after)))
