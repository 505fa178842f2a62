"""The studies of sounds and pictures score a true prop as if it had been generated, by the built-in judges."""

from pathlib import Path

import pytest
import torch
from any_to_3d.backend.evaluation.archive import Archive, Outcome
from any_to_3d.backend.evaluation.capture import Capture, Costs, PhaseCost, save
from any_to_3d.backend.evaluation.case import PicturePart, SoundPart
from any_to_3d.backend.evaluation.document import Figure, Section, Table
from any_to_3d.backend.evaluation.judges import IN_LOOP, INDEPENDENT, Judge, profile_judges
from any_to_3d.backend.evaluation.measures.likeness import by_judge
from any_to_3d.backend.evaluation.pairs import Pair
from any_to_3d.backend.evaluation.studies.failed_objects import mean_of_made, retrieval_mean
from any_to_3d.backend.evaluation.studies.image import ImageStudy
from any_to_3d.backend.evaluation.studies.sound import SoundStudy
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.props.spec import canonical
from prop_meshes import prop_mesh

POOL = (Pair("bell", "yellow"), Pair("bell", "red"), Pair("drum", "red"), Pair("chair", "brown"))
COSTS = Costs(1.0, 2.0, (PhaseCost("texture", 5, 7.0, 6.0, 900.0),), None)
SOUNDS = SoundStudy((SoundPart("bell", 1), SoundPart("drum", 2)), ("bell", "drum"), ("bell", "drum"), 2, POOL, views=2)
PICTURES = ImageStudy(
    (PicturePart(canonical("bell", "yellow"), azimuth=0.5, ground_seed=3), PicturePart(canonical("drum", "red"))),
    POOL,
    views=2,
)


@pytest.fixture(scope="module")
def judges() -> tuple[Judge, ...]:
    return profile_judges(BUILTIN_FOLDER, torch.device("cpu"))


@pytest.fixture(scope="module")
def bell() -> Capture:
    """A yellow bell, as if it had been generated."""
    return Capture(COSTS, {"texture": prop_mesh("bell", "yellow")})


def tables(section: Section) -> list[Table]:
    return [part for part in section.parts if isinstance(part, Table)]


def archived(folder: Path, study: SoundStudy | ImageStudy, made: Capture, judges: tuple[Judge, ...]) -> Archive:
    """The first object made, the second one failed."""
    first, second = study.cases
    archive = Archive(folder)
    save(made, archive.folder(first))
    archive.write(Outcome(first, made.costs), study.score(first, made, judges))
    archive.write(Outcome(second, None, "no surface"))
    return archive


def test_a_bell_is_nearer_to_the_sound_of_bells_than_of_drums(bell: Capture, judges: tuple[Judge, ...]) -> None:
    scores = SOUNDS.score(SOUNDS.cases[0], bell, judges)
    for judge in (IN_LOOP, INDEPENDENT):
        assert by_judge(scores.arcc, judge) > by_judge(scores.others, judge) + 0.1
        assert by_judge(scores.class_precision, judge) == 1.0
    as_a_drum = SOUNDS.score(SOUNDS.cases[1], bell, judges)
    assert by_judge(as_a_drum.class_precision, INDEPENDENT) == 0.0
    assert by_judge(as_a_drum.arcc, IN_LOOP) == pytest.approx(by_judge(scores.others, IN_LOOP), abs=1e-5)


def test_table_and_sheet_of_sounds_keep_the_object_that_failed(
    bell: Capture, judges: tuple[Judge, ...], tmp_path: Path
) -> None:
    section = SOUNDS.section(archived(tmp_path, SOUNDS, bell, judges))
    ((everything, made, failed),) = (table.rows for table in tables(section))
    assert [made[0], failed[0]] == ["sound of a bell", "sound of a drum: no object"]
    assert made[5:7] == (1.0, 1.0)
    assert failed[1:] == (None, None, None, None, 0.0, 0.0, None)
    assert [mean.mean for mean in everything[5:7]] == [0.5, 0.5]
    assert everything[1].endswith("], 1 of 2")
    (sheet,) = (part for part in section.parts if isinstance(part, Figure))
    views, grey = 4 * 112, (205, 205, 205)
    assert sheet.image.width == 2 * views + 16
    assert sheet.image.getpixel((56, 16 + 56)) != grey
    assert sheet.image.getpixel((views + 16 + 56, 16 + 56)) == grey


def test_the_true_prop_as_the_object_of_its_picture_is_like_it(bell: Capture, judges: tuple[Judge, ...]) -> None:
    scores = PICTURES.score(PICTURES.cases[0], bell, judges)
    as_a_drum = PICTURES.score(PICTURES.cases[1], bell, judges)
    for judge in (IN_LOOP, INDEPENDENT):
        assert by_judge(scores.likeness, judge) > 0.95 > by_judge(as_a_drum.likeness, judge)
        assert by_judge(scores.class_precision, judge) == 1.0
        assert by_judge(as_a_drum.class_precision, judge) == 0.0
    assert scores.as_made.chamfer_percent < 0.1 < as_a_drum.as_made.chamfer_percent
    assert scores.as_made.picture_psnr > as_a_drum.as_made.picture_psnr + 5


def test_summary_of_pictures_counts_the_failed_object_or_says_of_how_many_it_is(
    bell: Capture, judges: tuple[Judge, ...], tmp_path: Path
) -> None:
    section = PICTURES.section(archived(tmp_path, PICTURES, bell, judges))
    summary, objects = tables(section)
    cells = {row[0]: row[1] for row in summary.rows}
    assert summary.headings[1] == "2 objects"
    assert cells[f"class R@1, {INDEPENDENT}"].mean == 0.5
    for measure in (f"likeness, {IN_LOOP}", "Chamfer as made, % of diagonal", "novel views, best of 8 turns, dB"):
        assert cells[measure].endswith("], 1 of 2")
    assert [row[2] for row in objects.rows] == [1.0, 0.0]
    assert objects.rows[1][0].endswith("drum: no object")


def test_means_of_nothing_but_failures_are_zero_or_none() -> None:
    assert retrieval_mean([], 2).mean == 0.0
    assert retrieval_mean([], 0) is None
    assert mean_of_made([], 2) is None
    assert mean_of_made([0.5], 0).mean == 0.5
