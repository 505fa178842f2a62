"""Do objects made from words retrieve those words, for pairs that training saw and for pairs that it did not?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ...props.build import build
from ..archive import Archive, Failure, Record
from ..bootstrap import Mean, bootstrap_mean
from ..capture import Capture, Watch
from ..case import Case, Target, TextPart
from ..contact_sheet import Row, contact_sheet
from ..document import Cell, Figure, Goal, Section, Table
from ..judges import IN_LOOP, INDEPENDENT, Judge
from ..measures.likeness import VIEWS, Judged, by_judge, likeness, look
from ..measures.orbit import ELEVATIONS
from ..pairs import Pair
from ..scores import PhaseScores, PropVerdicts, Verdict, orbits, phase_scores, prop_orbits, prop_verdicts
from ..wording import counted, failure_list, listed, progress_note
from .finish_table import finish_parts
from .side_by_side import class_precision, precision

AIM_SEEN, AIM_HELD_OUT = 0.95, 0.85
SHEET = "contact-text.png"
_WATCH = Watch()


@dataclass(frozen=True)
class TextScores:
    """finished: of the delivered mesh.   likeness: of its views to those of the prompt's canonical prop."""

    finished: PhaseScores
    likeness: tuple[Judged, ...]


def text_scores(made: Capture, target: Target, judges: Sequence[Judge], pool: Sequence[Pair], views: int) -> TextScores:
    """Score a finished object against the prompt, and the prop, that it was made for."""
    finished = phase_scores(made.mesh, target, judges, pool, views)
    ours, theirs = orbits(made.mesh, min(views, VIEWS)), prop_orbits(build(target.spec), min(views, VIEWS))
    return TextScores(
        finished, tuple(Judged(judge.name, likeness(look(judge, ours), look(judge, theirs))) for judge in judges)
    )


@dataclass(frozen=True)
class TextStudy:
    """One object for each of ``pairs``, judged among ``pool``.

    left_out: prompts of the draw with words that the models do not know.   pool_left_out: how many of the pool's.
    """

    pairs: tuple[Pair, ...]
    pool: tuple[Pair, ...]
    views: int
    preset: str = "standard"
    left_out: tuple[str, ...] = ()
    pool_left_out: int = 0
    name: str = "text"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(
            Case(
                name=f"text-{pair.colour}-{pair.prop_class}",
                study=self.name,
                parts=(TextPart(pair.text),),
                target=Target.of_pair(pair),
                preset=self.preset,
            )
            for pair in self.pairs
        )

    def survey(self, judges: Sequence[Judge]) -> PropVerdicts:
        """What the judges say of the props themselves."""
        return PropVerdicts(
            tuple(prop_verdicts(Target.of_pair(pair), judges, self.pool, min(self.views, VIEWS)) for pair in self.pairs)
        )

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> TextScores:
        return text_scores(made, case.target, judges, self.pool, self.views)

    def section(self, archive: Archive) -> Section:
        records, failures = archive.records(self.cases, TextScores), archive.failures(self.cases)
        survey = archive.survey(self.name, PropVerdicts)
        parts: list[str | Table | Figure] = [self._introduction()]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records or failures:
            parts.append(_summary_table(records, failures, self.pairs, survey))
        if records:
            parts += finish_parts([(record.case, record.scores.finished) for record in records], failures)
            parts += ["Every object:", _object_table(records)]
            parts.append(
                "All of them, one seed each, unpicked, from azimuths 0, 90, 180 and 270 degrees; count for yourself how"
                " many you recognise:"
            )
            parts.append(_sheet(archive, records, failures))
        if failures:
            parts.append(failure_list(failures))
        return Section("Text", tuple(parts), _goals(records, failures, self.pairs))

    def _introduction(self) -> str:
        seen = sum(not pair.is_held_out for pair in self.pairs)
        text = (
            f"{counted(len(self.pairs), 'prompt')} of different classes, drawn with a fixed seed:"
            f" {counted(seen, 'pair')} of class and colour that training saw and {len(self.pairs) - seen} that it did"
            f" not. R@1 is the share of {self.views} views that retrieve the object's own prompt among {len(self.pool)}"
            f" ({sum(pair.is_held_out for pair in self.pool)} of them held out); an object that failed counts zero."
            " *Props* are the judges' scores of the true props' own pictures."
        )
        if self.left_out or self.pool_left_out:
            text += (
                f"\n\n**Left out**, because these models were not taught all of their words: {listed(self.left_out)};"
                f" and {self.pool_left_out} prompts of the pool, so the figures are not those of a pool of 136."
            )
        return text


def _goals(
    records: Sequence[Record[TextScores]], failures: Sequence[Failure], pairs: Sequence[Pair]
) -> tuple[Goal, ...]:
    """Each says of how many prompts it is, as long as some have not been tried."""
    goals = []
    for held_out, aim in ((False, AIM_SEEN), (True, AIM_HELD_OUT)):
        values = values_of(records, failures, held_out, lambda verdicts: precision(verdicts, INDEPENDENT))
        asked = sum(pair.is_held_out is held_out for pair in pairs)
        number = f"{asked}" if len(values) == asked else f"{len(values)} of {asked}"
        kind = "held-out" if held_out else "seen"
        what = f"text: R-precision of {number} {kind} prompts, {INDEPENDENT}"
        goals.append(Goal(what, aim, bootstrap_mean(values) if values else None))
    return tuple(goals)


def values_of(
    records: Sequence[Record[TextScores]],
    failures: Sequence[Failure],
    held_out: bool | None,
    value: Callable[[Sequence[Verdict]], float],
) -> list[float]:
    """A retrieval of every object, a failed one counting zero. held_out: of which prompts; None takes all."""
    wanted = (True, False) if held_out is None else (held_out,)
    found = [value(r.scores.finished.verdicts) for r in records if r.case.target.is_held_out in wanted]
    return found + [0.0 for failure in failures if failure.case.target.is_held_out in wanted]


def _measures() -> tuple[tuple[str, Callable[[Sequence[Verdict]], float]], ...]:
    return (
        *(
            (f"R@1 {judge}, {elevation:g} deg", partial(precision, judge=judge, elevation=elevation))
            for judge in (INDEPENDENT, IN_LOOP)
            for elevation in ELEVATIONS
        ),
        *((f"class R@1 {judge}", partial(class_precision, judge=judge)) for judge in (INDEPENDENT, IN_LOOP)),
    )


def _summary_table(
    records: Sequence[Record[TextScores]],
    failures: Sequence[Failure],
    pairs: Sequence[Pair],
    survey: PropVerdicts | None,
) -> Table:
    """Measures down, groups of prompts across, the props' own pictures beside."""
    rows: list[tuple[Cell, ...]] = []
    groups = (("seen", False), ("held out", True), ("all", None))
    for heading, value in _measures():
        cells: list[Cell] = []
        for _, held_out in groups:
            values = values_of(records, failures, held_out, value)
            cells.append(bootstrap_mean(values) if values else None)
        for held_out in (False, True):
            cells.append(_of_props(survey, pairs, held_out, value))
        rows.append((heading, *cells))
    return Table(("", *(name for name, _ in groups), "props, seen", "props, held out"), tuple(rows))


def _of_props(
    survey: PropVerdicts | None, pairs: Sequence[Pair], held_out: bool, value: Callable[[Sequence[Verdict]], float]
) -> Mean | None:
    if survey is None:
        return None
    found = [
        value(verdicts) for pair, verdicts in zip(pairs, survey.props, strict=True) if pair.is_held_out is held_out
    ]
    return bootstrap_mean(found) if found else None


def _object_table(records: Sequence[Record[TextScores]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for record in records:
        scores = record.scores.finished
        rows.append(
            (
                record.case.target.label,
                *(precision(scores.verdicts, judge) for judge in (INDEPENDENT, IN_LOOP)),
                class_precision(scores.verdicts, INDEPENDENT),
                by_judge(record.scores.likeness, INDEPENDENT),
                scores.shape.chamfer_percent,
                scores.texture.surface_psnr,
                scores.soundness.is_watertight,
                record.costs.seconds,
            )
        )
    headings = (
        *("object", f"R@1 {INDEPENDENT}", f"R@1 {IN_LOOP}", "class R@1", "likeness to its prop"),
        *("Chamfer %", "texture dB", "watertight", "seconds"),
    )
    return Table(headings, tuple(rows))


def _sheet(archive: Archive, records: Sequence[Record[TextScores]], failures: Sequence[Failure]) -> Figure:
    rows = [Row(_caption(record), archive.mesh(record.case)) for record in records]
    rows += [Row(f"{failure.case.target.label}: no object", None) for failure in failures]
    return Figure(SHEET, contact_sheet(rows, size=112, views=4, columns=3))


def _caption(record: Record[TextScores]) -> str:
    return f"{record.case.target.label}: R@1 {precision(record.scores.finished.verdicts, INDEPENDENT):.2f}"
