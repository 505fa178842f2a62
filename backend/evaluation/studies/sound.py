"""Is a sound made by methods that training never heard recognised, and does it become the thing that sounds so?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...props.captions import colour_free_prompt
from ...props.sounds import SAMPLE_RATE
from ...props.spec import canonical
from ..archive import Archive, Failure, Record
from ..bootstrap import bootstrap_mean
from ..capture import Capture, Watch
from ..case import Case, SoundPart, Target
from ..contact_sheet import Row, contact_sheet
from ..document import Cell, Figure, Goal, Section, Table
from ..judges import IN_LOOP, INDEPENDENT, Judge
from ..measures.likeness import Judged, by_judge
from ..measures.orbit import ELEVATIONS, orbit
from ..pairs import Pair
from ..request import sound_of
from ..scores import SIZE
from ..wording import failure_list, listed, progress_note
from .failed_objects import mean_of_made, retrieval_mean

AIM_TOP_1 = 0.85
SHEET = "contact-audio.png"
_WATCH = Watch()
_SEED_OF_SURVEY = 500_000
"""The sounds that are only named have seeds from here on, a thousand for each class."""


@dataclass(frozen=True)
class HeardClass:
    """Of one class's held-out sounds, how many the joint encoder names right among sounding classes, and among all."""

    prop_class: str
    sounds: int
    among_sounding: int
    among_all: int


@dataclass(frozen=True)
class Heard:
    classes: tuple[HeardClass, ...]


@dataclass(frozen=True)
class SoundScores:
    """arcc: mean cosine of the sound and the views (paper Eq. 14).   others: of the study's other sounds and the views.

    class_precision: the share of views whose nearest prompt names the class, in any colour.
    """

    arcc: tuple[Judged, ...]
    others: tuple[Judged, ...]
    class_precision: tuple[Judged, ...]


@dataclass(frozen=True)
class SoundStudy:
    """One object for each of ``sounds``; ``heard_a_class`` sounds of each of ``sounding`` are named without one.

    classes: all that the encoder knows.   pool: every pair that it knows.   obstacle: why nothing can be done, if so.
    """

    sounds: tuple[SoundPart, ...]
    sounding: tuple[str, ...]
    classes: tuple[str, ...]
    heard_a_class: int
    pool: tuple[Pair, ...]
    views: int
    preset: str = "standard"
    left_out: tuple[str, ...] = ()
    obstacle: str = ""
    name: str = "audio"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(
            Case(
                name=f"audio-{part.prop_class}",
                study=self.name,
                parts=(part,),
                target=Target(colour_free_prompt(part.prop_class), canonical(part.prop_class, self._colour(part))),
                preset=self.preset,
            )
            for part in self.sounds
        )

    def survey(self, judges: Sequence[Judge]) -> Heard:
        if self.obstacle:
            return Heard(())
        (encoder,) = (judge for judge in judges if judge.name == IN_LOOP)
        names = encoder.read([colour_free_prompt(name) for name in self.classes])
        return Heard(tuple(self._heard(prop_class, encoder, names) for prop_class in self.sounding))

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> SoundScores:
        (part,) = case.parts
        assert isinstance(part, SoundPart)
        prompt = Pair(part.prop_class, case.target.spec.colour).text
        pictures = np.stack([view.rgb for view in orbit(made.mesh, ELEVATIONS[0], SIZE, self.views)])
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
        seen = [(judge, judge.seen(batch)) for judge in judges]
        return SoundScores(
            arcc=tuple(Judged(judge.name, arcc(judge, part, views)) for judge, views in seen),
            others=tuple(self._others(judge, part, views) for judge, views in seen),
            class_precision=tuple(
                Judged(judge.name, judge.pool(self.pool).retrieve(views, prompt).group_precision)
                for judge, views in seen
            ),
        )

    def section(self, archive: Archive) -> Section:
        goal = Goal(
            f"audio: top-1 class of held-out sounds among {len(self.sounding)} sounding classes", AIM_TOP_1, None
        )
        if self.obstacle:
            return Section("Audio", (f"**Not measured.** {self.obstacle}",), (goal,))
        records, failures = archive.records(self.cases, SoundScores), archive.failures(self.cases)
        heard = archive.survey(self.name, Heard)
        parts: list[str | Table | Figure] = [self._introduction()]
        if heard:
            hits = _hits(heard, lambda each: each.among_sounding)
            goal = replace(goal, reached=bootstrap_mean(hits))
            parts += ["Sounds named by the joint encoder, no object made:", _heard_table(heard, len(self.classes))]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records or failures:
            parts += ["Objects made from sounds:", _object_table(records, failures)]
            parts.append(_sheet(archive, records, failures))
        if failures:
            parts.append(failure_list(failures))
        return Section("Audio", tuple(parts), (goal,))

    def _introduction(self) -> str:
        text = (
            f"{self.heard_a_class} sounds of each class that has one, and {len(self.sounds)} objects, all from sounds"
            " synthesised by other methods than those of training. They are no untouched test:"
            " which classes a first network confused among them was known when more ways of sounding were added to the"
            " training. *Top-1* is the share of sounds whose nearest class"
            f' prompt ("a bell") is their own, *ARCC* the mean cosine of the sound and {self.views} views of its object'
            " (paper, Eq. 14); beside it the same with the study's other sounds, which is what an object gets for"
            " nothing. The independent encoder has an image tower of its own but shares the space of words and sounds."
            " An object that failed counts zero in *class R@1*; other means are of those that were made."
        )
        if self.left_out:
            text += f"\n\n**Left out**, because these models do not know the class: {listed(self.left_out)}."
        return text

    def _colour(self, part: SoundPart) -> str:
        """A sound says nothing of colour; the class counts in any, so take the pool's first."""
        return next(pair.colour for pair in self.pool if pair.prop_class == part.prop_class)

    def _heard(self, prop_class: str, encoder: Judge, names: Float[Tensor, "C E"]) -> HeardClass:
        start = _SEED_OF_SURVEY + 1000 * self.sounding.index(prop_class)
        parts = [SoundPart(prop_class, start + number) for number in range(self.heard_a_class)]
        cosines = torch.cat([_embedded(encoder, part) for part in parts]) @ names.T
        sounding = [self.classes.index(name) for name in self.sounding]
        among_sounding = cosines[:, sounding].argmax(dim=1) == self.sounding.index(prop_class)
        among_all = cosines.argmax(dim=1) == self.classes.index(prop_class)
        return HeardClass(prop_class, len(parts), int(among_sounding.sum()), int(among_all.sum()))

    def _others(self, judge: Judge, own: SoundPart, views: Float[Tensor, "V E"]) -> Judged:
        others = [arcc(judge, part, views) for part in self.sounds if part != own]
        return Judged(judge.name, float(np.mean(others)) if others else 0.0)


def arcc(judge: Judge, part: SoundPart, views: Float[Tensor, "V E"]) -> float:
    """Mean cosine of a sound and embedded views."""
    return float((views @ _embedded(judge, part).T).mean())


def _embedded(judge: Judge, part: SoundPart) -> Float[Tensor, "1 E"]:
    return judge.heard(torch.from_numpy(sound_of(part)), SAMPLE_RATE)


def _hits(heard: Heard, count: Callable[[HeardClass], int]) -> list[float]:
    """One number a sound: whether it was named right."""
    return [float(number < count(each)) for each in heard.classes for number in range(each.sounds)]


def _heard_table(heard: Heard, classes: int) -> Table:
    counts: tuple[Callable[[HeardClass], int], ...] = (lambda each: each.among_sounding, lambda each: each.among_all)
    rows: list[tuple[Cell, ...]] = [("**all**", *(bootstrap_mean(_hits(heard, count)) for count in counts))]
    rows += [(each.prop_class, *(count(each) / each.sounds for count in counts)) for each in heard.classes]
    return Table(("class", f"top-1 among {len(heard.classes)} sounding", f"top-1 among {classes}"), tuple(rows))


def _object_table(records: Sequence[Record[SoundScores]], failures: Sequence[Failure]) -> Table:
    """All of them together, then one by one."""
    headings = (
        *("given", f"ARCC, {INDEPENDENT}", "other sounds", f"ARCC, {IN_LOOP}", "other sounds"),
        *(f"class R@1, {INDEPENDENT}", f"class R@1, {IN_LOOP}", "seconds"),
    )
    made = [_measures(record) for record in records]
    failed = len(failures)
    columns = list(zip(*made, strict=True)) or [()] * (len(headings) - 1)
    means = (
        retrieval_mean(values, failed) if heading.startswith("class R@1") else mean_of_made(values, failed)
        for heading, values in zip(headings[1:], columns, strict=True)
    )
    rows: list[tuple[Cell, ...]] = [("**all**", *means)]
    rows += [(_given(record.case), *measures) for record, measures in zip(records, made, strict=True)]
    rows += [(f"{_given(failure.case)}: no object", *[None] * 4, 0.0, 0.0, None) for failure in failures]
    return Table(headings, tuple(rows))


def _measures(record: Record[SoundScores]) -> tuple[float, ...]:
    """In the order of the table's headings."""
    scores = record.scores
    return (
        *(by_judge(each, judge) for judge in (INDEPENDENT, IN_LOOP) for each in (scores.arcc, scores.others)),
        *(by_judge(scores.class_precision, judge) for judge in (INDEPENDENT, IN_LOOP)),
        record.costs.seconds,
    )


def _given(case: Case) -> str:
    return f"sound of {case.target.text}"


def _sheet(archive: Archive, records: Sequence[Record[SoundScores]], failures: Sequence[Failure]) -> Figure:
    rows = [Row(_given(record.case), archive.mesh(record.case)) for record in records]
    rows += [Row(f"{_given(failure.case)}: no object", None) for failure in failures]
    return Figure(SHEET, contact_sheet(rows, size=112, views=4, columns=2))
