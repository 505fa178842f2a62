"""The paper's baselines (Sec. V-C) and ablations (Fig. 6-7) as differences from a three-phase XBind recipe."""

from dataclasses import replace

from ..losses.score_distillation import CDS, SDS
from ..losses.term import Loss
from ..recipe import Balanced, Phase, Recipe, Weighted
from ..schedules import SquareRoot, linear

SIMILARITY = "modality similarity"


def stable_sds(xbind: Recipe) -> Recipe:
    """StableSDS-3D: the planar prior with plain SDS in every phase; no 3D prior, no reference, no MS, no z variance."""
    bare = _only(xbind, "sds planar", "cds planar", "normal smoothness", "normal consistency", "laplacian")
    return replace(_map(bare, _plain_sds), name="stable_sds")


def zero_sds(xbind: Recipe) -> Recipe:
    """ZeroSDS-3D: the stereo prior with SDS and the reference loss in every phase; nothing planar, no MS."""
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


def _map(recipe: Recipe, change) -> Recipe:
    phases = [replace(p, losses=tuple(replace(w, loss=change(w.loss)) for w in p.losses)) for p in recipe.phases]
    return replace(recipe, phases=tuple(phases))


def _plain_sds(loss: Loss) -> Loss:
    """SDS without its image term; CDS becomes SDS at t .02 to .5 (the small steps of a refinement)."""
    match loss:
        case SDS():
            return replace(loss, image_weight=0.0)
        case CDS():
            return SDS(loss.prior, loss.guidance_scale, t_low=0.02, t_high=0.5, weighting=loss.weighting)
        case _:
            return loss


def _with_cds(phase: Phase, number: int) -> Phase:
    """Numbers: Consistent3D consistency-coarse.yaml (I) and consistency-texture.yaml (III); II has its CDS already."""
    return replace(phase, losses=tuple(_as_cds(weighted, number) for weighted in phase.losses))


def _as_cds(weighted: Weighted, number: int) -> Weighted:
    loss = weighted.loss
    if not isinstance(loss, SDS):
        return weighted
    scale = loss.guidance_scale
    if number == 0:
        cds = CDS(loss.prior, scale, SquareRoot(0.7, 0.1), (0.1, 0.88), (0.1, 0.3), 0.98, "uniform", signal=loss.signal)
    else:
        cds = CDS(loss.prior, scale, SquareRoot(0.5, 0.02), (0.02, 0.88), (0.1, 0.2), 0.98, "1-acp", signal=loss.signal)
    if loss.prior == "planar" and not isinstance(scale, int | float):
        return replace(weighted, loss=cds)
    if loss.prior == "planar" and number == 0 and scale >= 50:
        cds = replace(cds, guidance_scale=linear(scale, scale / 2))
    if loss.prior == "planar" and number == 2 and scale >= 50:
        cds = replace(cds, guidance_scale=scale / 2)
    return replace(weighted, loss=cds, weight=1.0)


def _renamed(weighted: Weighted, before: str, after: str) -> Weighted:
    """A balanced weight follows the loss it names."""
    if not isinstance(weighted.weight, Balanced):
        return weighted
    return replace(weighted, weight=replace(weighted.weight, to=weighted.weight.to.replace(before, after)))
