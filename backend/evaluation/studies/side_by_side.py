"""The numbers of the phases next to each other, and next to what the judges say of the props themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..bootstrap import Mean, bootstrap_mean
from ..capture import PhaseCost
from ..measures.orbit import ELEVATIONS
from ..scores import PhaseScores, Verdict

Verdicts = Sequence[Verdict]


@dataclass(frozen=True)
class ScoredPhase:
    """A phase of one object: what it cost and what its mesh scores."""

    cost: PhaseCost
    scores: PhaseScores


@dataclass(frozen=True)
class Line:
    """One measure: its mean in every phase, in order, and for the props' own pictures where that makes sense."""

    heading: str
    phases: tuple[Mean, ...]
    props: Mean | None = None


def judges_of(verdicts: Verdicts) -> tuple[str, ...]:
    """The names of the judges, in order."""
    return tuple(dict.fromkeys(verdict.judge for verdict in verdicts))


def precision(verdicts: Verdicts, judge: str, elevation: float = ELEVATIONS[0]) -> float:
    """R-precision by one judge at one elevation."""
    (found,) = (v for v in verdicts if (v.judge, v.elevation_degrees) == (judge, elevation))
    return found.retrieval.precision


def class_precision(verdicts: Verdicts, judge: str) -> float:
    """The share of views, over all elevations, whose nearest prompt names the right class in any colour."""
    found = [v.retrieval.group_precision for v in verdicts if v.judge == judge]
    return sum(found) / len(found)


def side_by_side(objects: Sequence[Sequence[ScoredPhase]], props: Sequence[Verdicts]) -> tuple[Line, ...]:
    """Means over objects, each a sequence of phases; retrievals first, then shape, texture and cost."""
    phases = list(zip(*objects, strict=True))
    if not phases:
        return ()
    judges = judges_of(objects[0][0].scores.verdicts)
    retrievals = [
        _retrieval(f"R@1 {judge}, {elevation:g} deg", _precision(judge, elevation), phases, props)
        for judge in judges
        for elevation in ELEVATIONS
    ]
    classes = [_retrieval(f"class R@1 {judge}", _class_precision(judge), phases, props) for judge in judges]
    measures: tuple[tuple[str, Callable[[ScoredPhase], float]], ...] = (
        ("Chamfer, % of diagonal", lambda phase: phase.scores.shape.chamfer_percent),
        ("silhouette IoU", lambda phase: phase.scores.shape.silhouette_iou),
        ("normals, dB", lambda phase: phase.scores.shape.normal_psnr),
        ("normal sharpness (1 = prop)", lambda phase: phase.scores.shape.normal_sharpness),
        ("texture, dB", lambda phase: phase.scores.texture.surface_psnr),
        ("picture, dB", lambda phase: phase.scores.texture.picture_psnr),
        ("wall seconds", lambda phase: phase.cost.seconds),
        ("processor seconds", lambda phase: phase.cost.cpu_seconds),
        ("peak MiB", lambda phase: phase.cost.peak_mib),
    )
    return (*retrievals, *classes, *(Line(heading, _means(phases, value)) for heading, value in measures))


def _retrieval(
    heading: str,
    value: Callable[[Verdicts], float],
    phases: Sequence[Sequence[ScoredPhase]],
    props: Sequence[Verdicts],
) -> Line:
    own = bootstrap_mean([value(verdicts) for verdicts in props]) if props else None
    return Line(heading, _means(phases, lambda phase: value(phase.scores.verdicts)), own)


def _means(phases: Sequence[Sequence[ScoredPhase]], value: Callable[[ScoredPhase], float]) -> tuple[Mean, ...]:
    return tuple(bootstrap_mean([value(one) for one in phase]) for phase in phases)


def _precision(judge: str, elevation: float) -> Callable[[Verdicts], float]:
    return lambda verdicts: precision(verdicts, judge, elevation)


def _class_precision(judge: str) -> Callable[[Verdicts], float]:
    return lambda verdicts: class_precision(verdicts, judge)
