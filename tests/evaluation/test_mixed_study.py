"""Words that say red beside a picture that shows blue: what is asked for, and when there is a verdict."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.catalogue import PROFILES
from any_to_3d.backend.evaluation.archive import Archive, Outcome
from any_to_3d.backend.evaluation.capture import Costs, PhaseCost
from any_to_3d.backend.evaluation.case import Case, PicturePart, TextPart
from any_to_3d.backend.evaluation.contact_sheet import Row
from any_to_3d.backend.evaluation.document import Figure, Section, Table
from any_to_3d.backend.evaluation.judges import IN_LOOP, INDEPENDENT
from any_to_3d.backend.evaluation.measures.likeness import Judged
from any_to_3d.backend.evaluation.measures.orbit import ObjectView
from any_to_3d.backend.evaluation.request import request_of
from any_to_3d.backend.evaluation.studies import mixed
from any_to_3d.backend.evaluation.studies.mixed import WEIGHTS, MixedStudy, MixScores, mixture, redness, trend
from any_to_3d.backend.submit_check import SubmitCheck
from any_to_3d.backend.vocabulary import read_vocabulary
from PIL import Image
from prop_meshes import prop_mesh

COSTS = Costs(1.0, 2.0, (PhaseCost("texture", 5, 7.0, 6.0, 900.0),), None)


def test_a_weight_of_nothing_leaves_its_part_out() -> None:
    assert [type(part) for part in mixture(0.0)] == [PicturePart]
    assert [type(part) for part in mixture(1.0)] == [TextPart]
    assert [part.weight for part in mixture(0.25)] == [0.25, 0.75]


def test_the_words_name_the_object_only_where_no_picture_does() -> None:
    words = {weight: [part.text for part in mixture(weight) if isinstance(part, TextPart)] for weight in WEIGHTS}
    assert words == {0.0: [], 0.25: ["red"], 0.5: ["red"], 0.75: ["red"], 1.0: ["a red barrel"]}


@pytest.mark.parametrize("case", MixedStudy().cases, ids=lambda case: case.name)
def test_the_check_of_prompts_accepts_every_mixture(case: Case) -> None:
    assert SubmitCheck(PROFILES["builtin"], read_vocabulary())(request_of(case)).problem is None


def test_the_check_of_prompts_refuses_the_colour_without_a_picture() -> None:
    alone = replace(MixedStudy().cases[0], parts=(TextPart("red"),))
    assert SubmitCheck(PROFILES["builtin"], read_vocabulary())(request_of(alone)).problem is not None


def test_rising_means_are_monotone_and_one_fall_is_not() -> None:
    rising = trend({0.0: [0.1], 0.5: [0.2, 0.4], 1.0: [0.5]})
    assert (rising.is_monotone, rising.rising, rising.steps) == (True, 2, 2)
    falling = trend({0.0: [0.1], 0.5: [0.4, 0.6], 1.0: [0.3]})
    assert (falling.is_monotone, falling.rising) == (False, 1)


def test_rho_compares_ranks_of_weights_and_values() -> None:
    """Ranks 1 2 3 against 1 3 2: rho = 1 - 6 * (0 + 1 + 1) / (3 * 8) = 0.5."""
    assert trend({0.0: [0.1], 0.5: [0.9], 1.0: [0.3]}).rho == pytest.approx(0.5)
    assert trend({0.0: [0.3], 1.0: [0.3]}).rho == 0.0


def test_redness_counts_only_what_the_object_covers() -> None:
    rgb = np.ones((2, 2, 3))
    rgb[0, 0], rgb[0, 1] = [0.9, 0.0, 0.1], [0.2, 0.0, 0.6]
    view = ObjectView(rgb, np.array([[1.0, 1.0], [0.0, 0.5]]), rgb)
    assert redness([view]) == pytest.approx((0.8 - 0.4) / 2)
    assert redness([ObjectView(rgb, np.zeros((2, 2)), rgb)]) == 0.0


def _labels_only(rows: Sequence[Row]) -> Image.Image:
    """A picture whose text tells the lines, without drawing the objects."""
    sheet = Image.new("RGB", (1, 1))
    sheet.info["lines"] = [f"{row.label}: {'object' if row.mesh else 'none'}" for row in rows]
    return sheet


@pytest.fixture
def mixed_study(monkeypatch: pytest.MonkeyPatch) -> MixedStudy:
    monkeypatch.setattr(Archive, "mesh", lambda archive, case: prop_mesh("barrel", "red"))
    monkeypatch.setattr(mixed, "contact_sheet", lambda rows, size: _labels_only(rows))
    return MixedStudy(weights=(0.0, 0.5, 1.0), seeds=2, views=2)


def write_mixed(archive: Archive, each: Case) -> None:
    words = sum(part.weight for part in each.parts if isinstance(part, TextPart))
    preference = {0.0: -0.2, 0.5: 0.1, 1.0: 0.1}[words] + 0.01 * each.seed
    judged = tuple(Judged(judge, preference) for judge in (IN_LOOP, INDEPENDENT))
    archive.write(Outcome(each, COSTS), MixScores(judged, words))


def sentences(section: Section) -> str:
    return "\n".join(part for part in section.parts if isinstance(part, str))


def test_mixed_section_counts_the_rising_steps(tmp_path: Path, mixed_study: MixedStudy) -> None:
    archive = Archive(tmp_path)
    for each in mixed_study.cases:
        write_mixed(archive, each)
    section = mixed_study.section(archive)
    assert section.goals[0].reached == 1
    assert section.goals[0].is_met is False
    assert f"preference for red, {INDEPENDENT}: not monotone (1 of 2 steps rise)" in sentences(section)
    assert "redness: monotone (2 of 2 steps rise), Spearman's rho 1.00" in sentences(section)


def test_unfinished_mixture_has_no_verdict(tmp_path: Path, mixed_study: MixedStudy) -> None:
    archive = Archive(tmp_path)
    for each in mixed_study.cases[:-1]:
        write_mixed(archive, each)
    section = mixed_study.section(archive)
    assert section.goals[0].reached is None
    assert "**No verdict yet**" in sentences(section)
    assert "monotone" not in sentences(section)


def test_a_weight_whose_objects_failed_is_not_stepped_over(tmp_path: Path, mixed_study: MixedStudy) -> None:
    archive = Archive(tmp_path)
    for each in mixed_study.cases:
        if each.name.startswith("mixed-050"):
            archive.write(Outcome(each, None, "no surface"))
        else:
            write_mixed(archive, each)
    section = mixed_study.section(archive)
    assert section.goals[0].reached is None
    assert "every object at weight 0.5 failed" in sentences(section)
    (table,) = (part for part in section.parts if isinstance(part, Table))
    assert [row[:2] for row in table.rows] == [("0", "2 of 2"), ("0.5", "0 of 2"), ("1", "2 of 2")]
    (sheet,) = (part for part in section.parts if isinstance(part, Figure))
    assert sheet.image.info["lines"][:3] == [
        "words 0, picture 1, seed 0: object",
        "words 0.5, picture 0.5, seed 0: none",
        "words 1, picture 0, seed 0: object",
    ]


def test_a_failed_seed_of_a_weight_is_counted_beside_the_other(tmp_path: Path, mixed_study: MixedStudy) -> None:
    archive = Archive(tmp_path)
    for each in mixed_study.cases[1:]:
        write_mixed(archive, each)
    archive.write(Outcome(mixed_study.cases[0], None, "no surface"))
    section = mixed_study.section(archive)
    assert section.goals[0].reached == 1
    (table,) = (part for part in section.parts if isinstance(part, Table))
    assert table.rows[0][:2] == ("0", "1 of 2")
