"""Does a photo-like picture of a prop that training never saw come back as that prop?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...props.build import build
from ...props.captions import description
from ..archive import Archive, Failure, Record
from ..bootstrap import bootstrap_mean
from ..capture import Capture, Watch
from ..case import Case, PicturePart, Target
from ..contact_sheet import Row, contact_sheet
from ..document import Cell, Figure, Section, Table
from ..judges import IN_LOOP, INDEPENDENT, Judge
from ..measures.likeness import VIEWS, Judged, by_judge, likeness, look
from ..measures.prop_match import PropMatch, best_turn, match
from ..pairs import Pair
from ..photo import picture_of
from ..scores import orbits, prop_orbits, verdicts
from ..wording import counted, failure_list, listed, progress_note
from .failed_objects import mean_of_made, retrieval_mean
from .side_by_side import class_precision

SHEET = "contact-image.png"
_WATCH = Watch()


@dataclass(frozen=True)
class ImageScores:
    """likeness: of the object's views to the true prop's.   as_made, turned: match with the true prop."""

    likeness: tuple[Judged, ...]
    class_precision: tuple[Judged, ...]
    as_made: PropMatch
    turned: PropMatch


@dataclass(frozen=True)
class Unlikeness:
    """How like different props of the study are to each other, on average: what an object gets for nothing."""

    floors: tuple[Judged, ...]


@dataclass(frozen=True)
class ImageStudy:
    """One object for each of ``pictures``; its class is judged among ``pool``, every pair that is known."""

    pictures: tuple[PicturePart, ...]
    pool: tuple[Pair, ...]
    views: int
    preset: str = "standard"
    left_out: tuple[str, ...] = ()
    name: str = "image"
    watch: Watch = _WATCH
    is_timed: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(
            Case(
                name=f"image-{part.spec.colour}-{part.spec.prop_class}",
                study=self.name,
                parts=(part,),
                target=Target(Pair(part.spec.prop_class, part.spec.colour).text, part.spec),
                preset=self.preset,
            )
            for part in self.pictures
        )

    def survey(self, judges: Sequence[Judge]) -> Unlikeness:
        pictures = [prop_orbits(build(part.spec), min(self.views, VIEWS)) for part in self.pictures]
        floors = []
        for judge in judges:
            looks = [look(judge, each) for each in pictures]
            others = [likeness(a, b) for number, a in enumerate(looks) for b in looks[:number]]
            floors += [Judged(judge.name, bootstrap_mean(others).mean)] if others else []
        return Unlikeness(tuple(floors))

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> ImageScores:
        prop, views = build(case.target.spec), min(self.views, VIEWS)
        ours, theirs = orbits(made.mesh, views), prop_orbits(prop, views)
        found = verdicts(ours, case.target.text, judges, self.pool)
        return ImageScores(
            likeness=tuple(Judged(j.name, likeness(look(j, ours), look(j, theirs))) for j in judges),
            class_precision=tuple(Judged(j.name, class_precision(found, j.name)) for j in judges),
            as_made=match(made.mesh, prop, 0.0, views),
            turned=match(made.mesh, prop, best_turn(made.mesh, prop), views),
        )

    def section(self, archive: Archive) -> Section:
        records, failures = archive.records(self.cases, ImageScores), archive.failures(self.cases)
        parts: list[str | Table | Figure] = [self._introduction()]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records or failures:
            parts.append(_summary(records, len(failures), archive.survey(self.name, Unlikeness)))
            parts += ["Every object:", _object_table(records, failures)]
            parts += ["The picture that was given, and the object from 8 sides:", _sheet(archive, records, failures)]
        if failures:
            parts.append(failure_list(failures))
        return Section("Images", tuple(parts))

    def _introduction(self) -> str:
        text = (
            f"{counted(len(self.pictures), 'prop')} that training never contained (colour held out for the class, and a"
            " material, pattern or proportion out of the ordinary), drawn with a fixed seed, each given as one picture"
            " from a random side in front of an uneven, noisy ground of another colour. *Likeness* is the cosine of the"
            " mean embeddings of the object's views and of the true prop's, so it does not matter which way the object"
            " faces; *different props* is that of other props of this study to each other. Chamfer distance and"
            " novel-view PSNR are against the true prop, aligned by its box. A picture from the side does not say where"
            " the front is, so they are given as made, and for the best of eight turns about the vertical axis. An"
            " object that failed counts zero in *class R@1*; other means are of those that were made."
        )
        if self.left_out:
            text += f"\n\n**Left out**, of classes or colours that these models do not know: {listed(self.left_out)}."
        return text


def _summary(records: Sequence[Record[ImageScores]], failed: int, survey: Unlikeness | None) -> Table:
    scores = [record.scores for record in records]
    floors = survey.floors if survey else ()
    rows: list[tuple[Cell, ...]] = []
    for judge in (INDEPENDENT, IN_LOOP):
        floor = by_judge(floors, judge) if floors else None
        rows.append((f"likeness, {judge}", mean_of_made([by_judge(s.likeness, judge) for s in scores], failed), floor))
    for judge in (INDEPENDENT, IN_LOOP):
        found = [by_judge(s.class_precision, judge) for s in scores]
        rows.append((f"class R@1, {judge}", retrieval_mean(found, failed), None))
    rows += [
        ("Chamfer as made, % of diagonal", mean_of_made([s.as_made.chamfer_percent for s in scores], failed), None),
        ("Chamfer, best of 8 turns", mean_of_made([s.turned.chamfer_percent for s in scores], failed), None),
        ("novel views as made, dB", mean_of_made([s.as_made.picture_psnr for s in scores], failed), None),
        ("novel views, best of 8 turns, dB", mean_of_made([s.turned.picture_psnr for s in scores], failed), None),
    ]
    return Table(("", counted(len(records) + failed, "object"), "different props"), tuple(rows))


def _object_table(records: Sequence[Record[ImageScores]], failures: Sequence[Failure]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            description(record.case.target.spec),
            by_judge(record.scores.likeness, INDEPENDENT),
            by_judge(record.scores.class_precision, INDEPENDENT),
            record.scores.as_made.chamfer_percent,
            record.scores.turned.chamfer_percent,
            record.scores.as_made.picture_psnr,
            record.scores.turned.picture_psnr,
            f"{record.scores.turned.turn:g}",
            record.costs.seconds,
        )
        for record in records
    ]
    rows += [(f"{description(f.case.target.spec)}: no object", None, 0.0, *[None] * 6) for f in failures]
    headings = (
        *("true prop", "likeness", "class R@1", "Chamfer %", "Chamfer % turned"),
        *("views dB", "views dB turned", "turn, degrees", "seconds"),
    )
    return Table(headings, tuple(rows))


def _sheet(archive: Archive, records: Sequence[Record[ImageScores]], failures: Sequence[Failure]) -> Figure:
    rows = [
        Row(description(record.case.target.spec), archive.mesh(record.case), _given(record.case)) for record in records
    ]
    rows += [Row(f"{description(f.case.target.spec)}: no object", None, _given(f.case)) for f in failures]
    return Figure(SHEET, contact_sheet(rows, size=112))


def _given(case: Case) -> np.ndarray:
    (part,) = case.parts
    assert isinstance(part, PicturePart)
    return picture_of(part)
