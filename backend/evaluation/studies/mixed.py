"""Words that say red and a picture that shows blue: does the object follow the weights from one to the other?"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.stats import spearmanr

from ...props.spec import canonical
from ..archive import Archive, Failure, Record
from ..bootstrap import bootstrap_mean
from ..capture import Capture, Watch
from ..case import Case, Part, PicturePart, Target, TextPart
from ..contact_sheet import Row, contact_sheet
from ..document import Cell, Figure, Goal, Section, Table
from ..judges import IN_LOOP, INDEPENDENT, Judge
from ..measures.likeness import VIEWS, Judged, by_judge, look
from ..measures.orbit import ELEVATIONS, ObjectView, orbit
from ..pairs import Pair
from ..scores import SIZE, orbits
from ..wording import failure_list, listed, progress_note

RED, BLUE = Pair("barrel", "red"), Pair("barrel", "blue")
WORDS = "red"
WORDS_ALONE = RED.text
"""At the full weight, where no picture is left to say of what: the check of prompts refuses a colour alone."""

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHEET = "contact-mixed.png"
_WATCH = Watch()
_SOLID = 0.99


@dataclass(frozen=True)
class MixScores:
    """preference: cosine to "a red barrel" minus cosine to "a blue barrel", mean over the views.

    redness: mean of red minus blue over the object's pixels, in [-1, 1].
    """

    preference: tuple[Judged, ...]
    redness: float


@dataclass(frozen=True)
class Trend:
    """rising: at how many of ``steps`` steps of the weight the mean rises.   rho: Spearman's, over all objects."""

    rising: int
    steps: int
    rho: float

    @property
    def is_monotone(self) -> bool:
        return self.rising == self.steps


@dataclass(frozen=True)
class MixedStudy:
    """``weights`` of the words, the picture having the rest; a weight of 0 leaves its part out."""

    weights: tuple[float, ...] = WEIGHTS
    seeds: int = 2
    views: int = VIEWS
    preset: str = "standard"
    obstacle: str = ""
    name: str = "mixed"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        if self.obstacle:
            return ()
        target = Target.of_pair(RED)
        return tuple(
            Case(
                f"mixed-{round(100 * weight):03d}-{seed}",
                self.name,
                mixture(weight),
                target,
                "xbind",
                self.preset,
                seed,
            )
            for seed in range(self.seeds)
            for weight in self.weights
        )

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> MixScores:
        pictures = orbits(made.mesh, min(self.views, VIEWS))
        preferences = []
        for judge in judges:
            red, blue = judge.read([RED.text, BLUE.text])
            preferences.append(Judged(judge.name, float((look(judge, pictures) @ (red - blue)).mean())))
        seen = [view for elevation in ELEVATIONS for view in orbit(made.mesh, elevation, SIZE, min(self.views, VIEWS))]
        return MixScores(tuple(preferences), redness(seen))

    def section(self, archive: Archive) -> Section:
        records, failures = archive.records(self.cases, MixScores), archive.failures(self.cases)
        steps = len(self.weights) - 1
        goal = Goal(f"mixed: steps of the weight, of {steps}, at which the preference for red rises", steps, None)
        if self.obstacle:
            return Section("Mixed prompts", (f"**Not measured.** {self.obstacle}",), (goal,))
        parts: list[str | Table | Figure] = [_introduction()]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records or failures:
            parts.append(_table(records, self.cases))
            if why := self._why_no_verdict(records, failures):
                parts.append(why)
            else:
                trends = {name: trend(_by_weight(records, value)) for name, value in _MEASURES.items()}
                goal = replace(goal, reached=trends[_HEADLINE].rising)
                parts.append(_verdict(trends))
            parts.append(_sheet(archive, records, failures))
        if failures:
            parts.append(failure_list(failures))
        return Section("Mixed prompts", tuple(parts), (goal,))

    def _why_no_verdict(self, records: Sequence[Record[MixScores]], failures: Sequence[Failure]) -> str:
        """Empty where every object has been tried and every weight has one: a step over a gap would prove nothing."""
        if len(records) + len(failures) < len(self.cases):
            return "**No verdict yet**: whether the object moves step by step is said once every object has been tried."
        made = {_weight(record.case) for record in records}
        if gaps := [f"{weight:g}" for weight in self.weights if weight not in made]:
            return (
                f"**No verdict**: every object at weight {listed(gaps)} failed, and a step over a gap is no step,"
                " so that the object moves from blue to red is not shown."
            )
        return ""


def mixture(weight: float) -> tuple[Part, ...]:
    """Words of this weight and a picture of the rest; what has no weight is left out."""
    words = TextPart(WORDS if weight < 1.0 else WORDS_ALONE, weight)
    picture = PicturePart(canonical(BLUE.prop_class, BLUE.colour), weight=1.0 - weight)
    return tuple(part for part in (words, picture) if part.weight > 0)


def redness(views: Sequence[ObjectView]) -> float:
    """Mean of red minus blue over all pixels that the object covers wholly; 0 where it covers none."""
    solid = [view.rgb[view.alpha > _SOLID] for view in views]
    pixels = np.concatenate(solid)
    return float((pixels[:, 0] - pixels[:, 2]).mean()) if len(pixels) else 0.0


def trend(values: Mapping[float, Sequence[float]]) -> Trend:
    """Of values by weight, the weights rising. rho is 0 where it is undefined, as for equal values throughout."""
    means = [float(np.mean(found)) for found in values.values()]
    flat = [(weight, value) for weight, found in values.items() for value in found]
    weights, numbers = zip(*flat, strict=True)
    is_constant = len(set(weights)) < 2 or len(set(numbers)) < 2
    rho = 0.0 if is_constant else float(spearmanr(weights, numbers).statistic)
    return Trend(sum(b > a for a, b in pairwise(means)), len(means) - 1, rho)


_MEASURES: dict[str, Callable[[MixScores], float]] = {
    f"preference for red, {INDEPENDENT}": lambda scores: by_judge(scores.preference, INDEPENDENT),
    f"preference for red, {IN_LOOP}": lambda scores: by_judge(scores.preference, IN_LOOP),
    "redness": lambda scores: scores.redness,
}
_HEADLINE = f"preference for red, {INDEPENDENT}"


def _by_weight(records: Sequence[Record[MixScores]], value: Callable[[MixScores], float]) -> dict[float, list[float]]:
    found: dict[float, list[float]] = {}
    for record in sorted(records, key=lambda each: _weight(each.case)):
        found.setdefault(_weight(record.case), []).append(value(record.scores))
    return found


def _weight(case: Case) -> float:
    """Of the words."""
    return sum(part.weight for part in case.parts if isinstance(part, TextPart))


def _introduction() -> str:
    return (
        f'The word "{WORDS}" mixed with a picture of a blue barrel on white; the picture has the weight that the word'
        " leaves, and a weight of 0 leaves a part out. Beside a picture a colour alone is accepted. At a weight of 1"
        " no picture is left, and the check of prompts refuses text that names no prop; there the words are"
        f' "{WORDS_ALONE}", so the last step changes the words as well as the weight. *Preference for red* is the mean'
        f' cosine of the views to "{RED.text}" minus that to "{BLUE.text}"; *redness* the mean of red minus blue over'
        " the object's pixels, between -1 and 1."
    )


def _table(records: Sequence[Record[MixScores]], cases: Sequence[Case]) -> Table:
    """A weight without an object keeps its row, empty."""
    columns = [_by_weight(records, value) for value in _MEASURES.values()]
    asked = Counter(_weight(case) for case in cases)
    rows: list[tuple[Cell, ...]] = []
    for weight in sorted(asked):
        found = [column.get(weight, []) for column in columns]
        means = (bootstrap_mean(values) if values else None for values in found)
        rows.append((f"{weight:g}", f"{len(found[0])} of {asked[weight]}", *means))
    return Table(("weight of the words", "objects", *_MEASURES), tuple(rows))


def _verdict(trends: Mapping[str, Trend]) -> str:
    lines = [
        f"- {name}: {'monotone' if found.is_monotone else 'not monotone'}"
        f" ({found.rising} of {found.steps} steps rise), Spearman's rho {found.rho:.2f}"
        for name, found in trends.items()
    ]
    return "\n".join(lines)


def _sheet(archive: Archive, records: Sequence[Record[MixScores]], failures: Sequence[Failure]) -> Figure:
    """Every seed, from blue to red; a failed object leaves its line empty."""
    meshes = {record.case: archive.mesh(record.case) for record in records}
    ended = sorted([*meshes, *(failure.case for failure in failures)], key=lambda case: (case.seed, _weight(case)))
    return Figure(SHEET, contact_sheet([Row(_line(case), meshes.get(case)) for case in ended], size=112))


def _line(case: Case) -> str:
    return f"words {_weight(case):g}, picture {1 - _weight(case):g}, seed {case.seed}"
