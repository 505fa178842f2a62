"""The paper's baselines and ablations on the same prompts, beside what the paper says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .archive import Archive, Failure, Record
from .bootstrap import Comparison, bootstrap_mean, compare
from .capture import Capture, Watch
from .case import Case, Target, TextPart
from .document import Cell, Figure, Section, Table
from .judges import IN_LOOP, INDEPENDENT, Judge
from .likeness import by_judge
from .pairs import Pair
from .paper_claims import CLAIMS, TABLE_1, Claim, MeasureName
from .side_by_side import class_precision, precision
from .text_study import TextScores, text_scores
from .wording import failure_list, progress_note

XBIND = "xbind"
VARIANTS = (
    *("no_stereo", "no_planar", "no_ms", "phase1_only", "augsds_phase2"),
    *("stable_sds", "zero_sds", "zerostable_cds"),
)
_WATCH = Watch()


@dataclass(frozen=True)
class RecipeStudy:
    """Every variant on every pair.

    xbind: the cases of the full method for the same pairs, which may be the text study's.
    steps_scale: of the variants, which have no preset but standard.
    """

    pairs: tuple[Pair, ...]
    xbind: tuple[Case, ...]
    pool: tuple[Pair, ...]
    views: int
    steps_scale: float = 1.0
    name: str = "recipes"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        """Prompt by prompt, so that an interrupted run has compared all recipes on some."""
        of_prompt = zip(self.pairs, self.xbind, strict=True)
        return tuple(
            case
            for pair, own in of_prompt
            for case in (own, *(recipe_case(pair, variant, self.steps_scale) for variant in VARIANTS))
        )

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> TextScores:
        return text_scores(made, case.target, judges, self.pool, self.views)

    def section(self, archive: Archive) -> Section:
        records, failures = archive.records(self.cases, TextScores), archive.failures(self.cases)
        parts: list[str | Table | Figure] = [self._introduction()]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records:
            parts += [
                _measures_table(records, failures),
                "Beside the paper's Table I (its CLIP-R is over its own 136 prompts; CLIP-I compares with an image"
                " prompt, our likeness with the true prop of a text prompt):",
                _table_1(records, failures),
                "What the paper claims of XBind against each variant, tested prompt by prompt: *agrees* and *disagrees*"
                " where the 95 % interval of the paired difference leaves out zero.",
                claims_table(records, failures),
                _WHY,
            ]
        if failures:
            parts.append(failure_list(failures))
        return Section("Baselines and ablations", tuple(parts))

    def _introduction(self) -> str:
        held_out = sum(pair.is_held_out for pair in self.pairs)
        scaled = "" if self.steps_scale == 1.0 else f", at {self.steps_scale:g} of the standard steps"
        return (
            f"XBind, five ablations and the paper's three baselines on {len(self.pairs)} prompts ({held_out} of them"
            f" held out), one seed each{scaled}: {', '.join(pair.text for pair in self.pairs)}. All of them share"
            " networks, code, schedules and step counts, and differ in the losses that the paper names."
        )


def recipe_case(pair: Pair, recipe: str, steps_scale: float) -> Case:
    """One prompt by one recipe, at its standard preset."""
    return Case(
        name=f"recipe-{recipe}-{pair.colour}-{pair.prop_class}",
        study="recipes",
        parts=(TextPart(pair.text),),
        target=Target.of_pair(pair),
        recipe=recipe,
        steps_scale=steps_scale,
    )


Measure = Callable[[Record[TextScores]], float]

MEASURES: dict[MeasureName, Measure] = {
    "R@1": lambda record: precision(record.scores.finished.verdicts, INDEPENDENT),
    "R@1 in-loop": lambda record: precision(record.scores.finished.verdicts, IN_LOOP),
    "class R@1": lambda record: class_precision(record.scores.finished.verdicts, INDEPENDENT),
    "likeness": lambda record: by_judge(record.scores.likeness, INDEPENDENT),
    "Chamfer %": lambda record: record.scores.finished.shape.chamfer_percent,
    "normals dB": lambda record: record.scores.finished.shape.normal_psnr,
    "normal sharpness": lambda record: record.scores.finished.shape.normal_sharpness,
    "texture dB": lambda record: record.scores.finished.texture.surface_psnr,
    "seconds": lambda record: record.costs.seconds,
}
"""R@1, class R@1 and likeness by the independent encoder."""

RETRIEVALS: tuple[MeasureName, ...] = ("R@1", "R@1 in-loop", "class R@1")
"""Measures in which an object that failed counts zero; in the others it does not count."""

_WHY = (
    "Why our small world can differ: the networks paint a closed world of props, at 64 pixels and with little guidance,"
    " so that even a single prior rarely makes anything but a prop (R@1 near 1 for every recipe cannot tell them"
    " apart); the 3D-aware prior was trained on the very objects that are asked for, and is stronger here than"
    " Zero-1-to-3 on drawings of dragons; the runs have hundreds of steps and not ten thousand, so that what takes long"
    " to go wrong (bumps, many heads) may not have gone wrong yet; and few prompts leave wide intervals."
)


def values_by_prompt(
    records: Sequence[Record[TextScores]], failures: Sequence[Failure], recipe: str, measure: MeasureName
) -> dict[str, float]:
    """A measure of one recipe's objects by their prompt."""
    value = MEASURES[measure]
    found = {record.case.target.text: value(record) for record in records if record.case.recipe == recipe}
    if measure in RETRIEVALS:
        found |= {failure.case.target.text: 0.0 for failure in failures if failure.case.recipe == recipe}
    return found


def verdict_on(records: Sequence[Record[TextScores]], failures: Sequence[Failure], claim: Claim) -> Comparison | None:
    """Pair XBind's objects with the variant's by prompt; None where no prompt has both."""
    ours = values_by_prompt(records, failures, XBIND, claim.measure)
    theirs = values_by_prompt(records, failures, claim.variant, claim.measure)
    shared = [text for text in ours if text in theirs]
    if not shared:
        return None
    return compare([ours[text] for text in shared], [theirs[text] for text in shared], claim.xbind_is)


def claims_table(records: Sequence[Record[TextScores]], failures: Sequence[Failure]) -> Table:
    """Every claim with the paired difference and whether it agrees."""
    rows: list[tuple[Cell, ...]] = []
    for claim in CLAIMS:
        found = verdict_on(records, failures, claim)
        cells = (found.difference, found.agreement) if found else (None, "not measured")
        rows.append((claim.source, claim.says, claim.variant, f"{claim.measure} {claim.xbind_is}", *cells))
    return Table(("paper", "claim", "variant", "so XBind's", "XBind minus variant", "our world"), tuple(rows))


def _measures_table(records: Sequence[Record[TextScores]], failures: Sequence[Failure]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for recipe in (XBIND, *VARIANTS):
        columns = [list(values_by_prompt(records, failures, recipe, measure).values()) for measure in MEASURES]
        rows.append((recipe, *(bootstrap_mean(values) if values else None for values in columns)))
    return Table(("recipe", *MEASURES), tuple(rows))


def _table_1(records: Sequence[Record[TextScores]], failures: Sequence[Failure]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for recipe, published in TABLE_1.items():
        ours = [list(values_by_prompt(records, failures, recipe, name).values()) for name in ("R@1", "likeness")]
        retrieval, likeness = (bootstrap_mean(values) if values else None for values in ours)
        rows.append((recipe, published.clip_r, retrieval, published.clip_i, likeness, published.arcc))
    headings = ("recipe", "CLIP-R, paper", "R@1, here", "CLIP-I, paper", "likeness, here", "ARCC, paper")
    return Table(headings, tuple(rows))
