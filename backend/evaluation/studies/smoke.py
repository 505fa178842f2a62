"""Twelve prompts, every phase beside the others: whether each phase does its share."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..archive import Archive, Failure, Record
from ..bootstrap import Mean, bootstrap_mean
from ..capture import Capture, Watch
from ..case import Case, Target, TextPart
from ..contact_sheet import Row, contact_sheet
from ..document import Cell, Figure, Section, Table
from ..judges import Judge
from ..pairs import Pair, UnknownWords, world_pairs
from ..scores import PhaseScores, PropVerdicts, phase_scores, prop_verdicts
from ..wording import failure_list
from .side_by_side import ScoredPhase, Verdicts, judges_of, precision, side_by_side

PAIRS = (
    Pair("chair", "red"),
    Pair("boat", "blue"),
    Pair("mushroom", "red"),
    Pair("rocket", "yellow"),
    Pair("vase", "purple"),
    Pair("barrel", "brown"),
    Pair("lamp", "orange"),
    Pair("tree", "green"),
    Pair("house", "green"),
    Pair("mug", "yellow"),
    Pair("table", "brown"),
    Pair("car", "orange"),
)
"""Twelve classes; the last four pairs were held back from training."""

SEEDS = 3
_WATCH = Watch(every_phase=True)
_ROMAN = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True)
class SmokeScores:
    """The scores of every phase's mesh, in order."""

    phases: tuple[PhaseScores, ...]


@dataclass(frozen=True)
class SmokeStudy:
    """``pairs`` with seeds 0 .. seeds - 1, judged among every prompt that the judges know (``pool``)."""

    pool: tuple[Pair, ...]
    views: int
    pairs: tuple[Pair, ...]
    seeds: int = SEEDS
    recipe: str = "xbind"
    preset: str = "standard"
    name: str = "smoke"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        """Seed by seed, so that an interrupted run has seen every pair."""
        return tuple(
            Case(
                name=f"{pair.colour}-{pair.prop_class}-{seed}",
                study=self.name,
                parts=(TextPart(pair.text),),
                target=Target.of_pair(pair),
                recipe=self.recipe,
                preset=self.preset,
                seed=seed,
            )
            for seed in range(self.seeds)
            for pair in self.pairs
        )

    def survey(self, judges: Sequence[Judge]) -> PropVerdicts:
        targets = map(Target.of_pair, self.pairs)
        return PropVerdicts(tuple(prop_verdicts(target, judges, self.pool, self.views) for target in targets))

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> SmokeScores:
        scored = (phase_scores(mesh, case.target, judges, self.pool, self.views) for mesh in made.meshes.values())
        return SmokeScores(tuple(scored))

    def section(self, archive: Archive) -> Section:
        records = archive.records(self.cases, SmokeScores)
        failures = archive.failures(self.cases)
        survey = archive.survey(self.name, PropVerdicts)
        parts: list[str | Table | Figure] = [
            _headline(records, failures),
            "Mean over objects, with the 95 % bootstrap interval. The prop of a prompt is its class's canonical mesh"
            " and pictures; the object is aligned to it by its box, not turned. *Props* are the judges' scores of"
            " those pictures: no object should be expected to score more.",
        ]
        if records:
            parts += [_phase_table(records, survey.props if survey else ()), "Objects, last phase:"]
            parts.append(_object_table(records))
        if failures:
            parts.append(failure_list(failures))
        return Section("Phases side by side", (*parts, *_figures(archive, records)))


def smoke_study(
    unknown_words: UnknownWords, views: int, seeds: int | None = None, recipe: str = "xbind", preset: str = "standard"
) -> SmokeStudy:
    """The study, judged among the prompts without unknown words."""
    return SmokeStudy(world_pairs(unknown_words), views, PAIRS, seeds or SEEDS, recipe, preset)


def _headline(records: Sequence[Record[SmokeScores]], failures: Sequence[Failure]) -> str:
    lines = []
    judges = judges_of(records[0].scores.phases[-1].verdicts) if records else ()
    for name, wanted in (("All", (True, False)), ("Seen pairs", (False,)), ("Held-out pairs", (True,))):
        chosen = [record for record in records if record.case.target.is_held_out in wanted]
        failed = sum(failure.case.target.is_held_out in wanted for failure in failures)
        if not chosen and not failed:
            continue
        scores = "; ".join(f"R-precision by {judge} {_last_precision(chosen, failed, judge)}" for judge in judges)
        lines.append(f"- {name} ({len(chosen) + failed} objects): {scores or 'no object was finished'}")
    if records:
        lines.append(f"- Seconds an object, models loaded: {bootstrap_mean([r.costs.seconds for r in records])}")
        sound = sum(is_sound(record.scores.phases[-1]) for record in records)
        lines.append(f"- Watertight, outward, no degenerate face: {sound} of {len(records) + len(failures)}")
    return "\n".join(lines)


def is_sound(scores: PhaseScores) -> bool:
    """Whether a modeller would accept the mesh as it is."""
    mesh = scores.soundness
    return mesh.is_watertight and mesh.is_outward and mesh.degenerate_faces == 0


def _last_precision(records: Sequence[Record[SmokeScores]], failed: int, judge: str) -> Mean:
    """A failed object counts zero."""
    found = [precision(record.scores.phases[-1].verdicts, judge) for record in records]
    return bootstrap_mean(found + [0.0] * failed)


def _phase_table(records: Sequence[Record[SmokeScores]], props: Sequence[Verdicts]) -> Table:
    objects = [
        [ScoredPhase(*both) for both in zip(record.costs.phases, record.scores.phases, strict=True)]
        for record in records
    ]
    headings = tuple(f"{_ROMAN[number]} {cost.name}" for number, cost in enumerate(records[0].costs.phases))
    lines = side_by_side(objects, props)
    return Table(("", *headings, "Props"), tuple((line.heading, *line.phases, line.props) for line in lines))


def _object_table(records: Sequence[Record[SmokeScores]]) -> Table:
    judges = judges_of(records[0].scores.phases[-1].verdicts)
    rows: list[tuple[Cell, ...]] = []
    for record in records:
        scores = record.scores.phases[-1]
        rows.append(
            (
                record.case.target.label,
                record.case.seed,
                *(precision(scores.verdicts, judge) for judge in judges),
                scores.shape.chamfer_percent,
                scores.shape.silhouette_iou,
                scores.texture.surface_psnr,
                scores.soundness.faces,
                scores.soundness.is_watertight,
                record.costs.seconds,
            )
        )
    measures = ("Chamfer %", "IoU", "texture dB", "faces", "watertight", "seconds")
    return Table(("object", "seed", *(f"R@1 {judge}" for judge in judges), *measures), tuple(rows))


def _figures(archive: Archive, records: Sequence[Record[SmokeScores]]) -> list[Figure]:
    """One sheet for each phase with all objects, and one of the finished objects of seed 0."""
    rows: dict[str, list[Row]] = {}
    for record in records:
        meshes = archive.meshes(record.case)
        for phase, mesh in meshes.items():
            rows.setdefault(f"contact-{phase}.png", []).append(Row(record.case.label, mesh))
        if record.case.seed == 0:
            rows.setdefault("contact-seed-0.png", []).append(Row(record.case.label, list(meshes.values())[-1]))
    return [Figure(name, contact_sheet(lines)) for name, lines in rows.items()]
