"""The finish of an object beside its prop: pictures whose speckle, white, thin parts and edges are known by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.evaluation.archive import Archive, Failure, Outcome
from any_to_3d.backend.evaluation.capture import Costs, PhaseCost
from any_to_3d.backend.evaluation.case import Case
from any_to_3d.backend.evaluation.judges import IN_LOOP, INDEPENDENT
from any_to_3d.backend.evaluation.measures.finish import Finish, finish, thin_pixels, thin_recall
from any_to_3d.backend.evaluation.measures.likeness import Judged
from any_to_3d.backend.evaluation.measures.mesh_quality import ShapeMatch, Soundness
from any_to_3d.backend.evaluation.measures.orbit import ObjectView
from any_to_3d.backend.evaluation.measures.r_precision import Retrieval
from any_to_3d.backend.evaluation.measures.texture_quality import TextureMatch
from any_to_3d.backend.evaluation.pairs import Pair
from any_to_3d.backend.evaluation.scores import PhaseScores, Verdict
from any_to_3d.backend.evaluation.studies.finish_table import finish_parts
from any_to_3d.backend.evaluation.studies.text import TextScores, TextStudy
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.render import PropView, render
from any_to_3d.backend.props.spec import canonical

RED = (200, 40, 30)
SIDE, EDGE = 64, 12
"""Pixels of a picture, and of the white ground around the square in its middle."""


def square(colour: tuple[int, int, int] = RED) -> np.ndarray:
    """A plain square of 40 x 40 pixels on white, uint8[64, 64, 3]."""
    picture = np.full((SIDE, SIDE, 3), 255, np.uint8)
    picture[EDGE:-EDGE, EDGE:-EDGE] = colour
    return picture


def prop_view(picture: np.ndarray) -> PropView:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[EDGE:-EDGE, EDGE:-EDGE] = 255
    return PropView(picture, alpha, picture)


def as_object(view: PropView) -> ObjectView:
    return ObjectView(*(array.astype(np.float32) / 255 for array in (view.rgb, view.alpha, view.normal)))


def beside(picture: np.ndarray, prop_picture: np.ndarray) -> Finish:
    """The finish of an object of which there is one view."""
    return finish([as_object(prop_view(picture))], [prop_view(prop_picture)])


def test_a_true_prop_beside_itself_is_perfectly_finished() -> None:
    prop = build(canonical("chair", "white"))
    views = [render(prop, 0.2, azimuth, 128, 2) for azimuth in (0.3, 1.9)]
    assert finish([as_object(view) for view in views], views) == Finish(1.0, 0.0, 1.0, 1.0)


# --- speckle ----------------------------------------------------------------------------------------------------------


def dotted(levels: int) -> np.ndarray:
    """The square with one pixel of 16 paler by so many levels."""
    picture = square()
    picture[EDGE + 2 : -EDGE : 4, EDGE + 2 : -EDGE : 4] += np.uint8(levels)
    return picture


def test_speckle_twice_as_strong_is_a_ratio_of_two() -> None:
    assert beside(dotted(40), dotted(20)).speckle_ratio == pytest.approx(2)
    assert beside(dotted(20), dotted(40)).speckle_ratio == pytest.approx(1 / 2)


def test_speckle_beside_a_perfectly_even_prop_is_measured_in_rounding_errors() -> None:
    """Root mean square: 40 levels in one pixel of 16 are 10; 8 bits round by 1 / sqrt 12 of a level."""
    assert beside(dotted(40), square()).speckle_ratio == pytest.approx(10 * math.sqrt(12), rel=0.05)


def test_edges_are_no_speckle() -> None:
    picture = square()
    picture[:, 32:-EDGE] = (30, 40, 200)
    assert beside(picture, square()).speckle_ratio == 1


# --- baked-in ground --------------------------------------------------------------------------------------------------


def patched(rows: int, columns: int, level: int = 250) -> np.ndarray:
    """The square with a nearly white patch of this size."""
    picture = square()
    picture[20 : 20 + rows, 20 : 20 + columns] = level
    return picture


def test_white_patch_counts_by_its_area() -> None:
    assert beside(patched(8, 10), square()).extra_white == pytest.approx(80 / 1600)


def test_only_white_beyond_the_props_own_counts() -> None:
    assert beside(patched(8, 10), patched(4, 8)).extra_white == pytest.approx((80 - 32) / 1600)
    assert beside(patched(4, 8), patched(8, 10)).extra_white == 0


def test_paint_as_pale_as_a_white_prop_is_no_ground() -> None:
    assert beside(patched(8, 10, level=240), square()).extra_white == 0


# --- thin parts -------------------------------------------------------------------------------------------------------


def block_with_pole(height: int, aside: int = 0) -> np.ndarray:
    """A block of 60 x 60 with a pole of 4 pixels on top, in a silhouette of 128."""
    silhouette = np.zeros((128, 128), bool)
    silhouette[60:120, 34:94] = True
    silhouette[60 - height : 60, 62 + aside : 66 + aside] = True
    return silhouette


def test_the_pole_is_thin_but_for_its_root_and_corners_are_not() -> None:
    pixels = thin_pixels(block_with_pole(40))
    assert pixels.sum() == 4 * (40 - 3)
    assert pixels[20:57, 62:66].all()


@pytest.mark.parametrize(
    ("made", "recall"),
    [
        (block_with_pole(40), 1.0),
        (block_with_pole(0), 0.0),
        (block_with_pole(20), 20 / 37),  # rows 4 to 20 of the pole, and 3 more that are near enough
        (block_with_pole(40, aside=3), 1.0),
        (block_with_pole(40, aside=6), 1 / 4),
    ],
    ids=["whole", "lost", "half", "a little aside", "well aside"],
)
def test_recall_is_the_share_of_the_pole_that_is_near_enough(made: np.ndarray, recall: float) -> None:
    assert thin_recall([made], [block_with_pole(40)]) == pytest.approx(recall)


def test_a_prop_without_thin_parts_has_no_recall() -> None:
    assert thin_recall([block_with_pole(40)], [block_with_pole(0)]) is None
    assert thin_recall([block_with_pole(0)], [block_with_pole(12)]) is None  # 36 pixels of 3648: less than 1 %


# --- sharpness --------------------------------------------------------------------------------------------------------


def striped(contrast: int) -> np.ndarray:
    """The square in stripes of 8 pixels, this many levels apart."""
    picture = square((100, 100, 100))
    for left in range(EDGE, SIDE - EDGE, 16):
        picture[EDGE:-EDGE, left : left + 8] += np.uint8(contrast)
    return picture


def test_half_the_contrast_is_half_as_sharp() -> None:
    assert beside(striped(40), striped(80)).sharpness_ratio == pytest.approx(1 / 2)


def test_speckle_is_not_mistaken_for_sharpness() -> None:
    speckled = striped(80)
    speckled[EDGE + 3 : -EDGE : 4, EDGE + 3 : -EDGE : 8] -= 60
    found = beside(speckled, striped(80))
    assert found.speckle_ratio > 10
    assert found.sharpness_ratio == pytest.approx(1, rel=1e-3)


# --- the table --------------------------------------------------------------------------------------------------------

SEEN, OTHER, HELD_OUT = Pair("car", "blue"), Pair("tree", "green"), Pair("mug", "yellow")
STUDY = TextStudy((SEEN, OTHER, HELD_OUT), (SEEN, OTHER, HELD_OUT), views=1)
COSTS = Costs(1.0, 2.0, (PhaseCost("texture", 5, 7.0, 6.0, 900.0),))


def scores(found: Finish | None) -> TextScores:
    verdicts = tuple(
        Verdict(judge, elevation, Retrieval(1.0, 1.0, 0.5))
        for judge in (IN_LOOP, INDEPENDENT)
        for elevation in (0.0, 15.0)
    )
    soundness, shape = Soundness(4, 4, 1, True, True, 0), ShapeMatch(1.0, 0.9, 20.0, 1.2)
    finished = PhaseScores(verdicts, soundness, shape, TextureMatch(18.0, 22.0), found)
    return TextScores(finished, tuple(Judged(judge, 0.8) for judge in (IN_LOOP, INDEPENDENT)))


def finished(*found: Finish | None) -> list[tuple[Case, PhaseScores]]:
    return [(case, scores(each).finished) for case, each in zip(STUDY.cases, found, strict=False)]


def test_table_has_geometric_means_of_ratios_and_says_of_how_many_objects() -> None:
    made = finished(Finish(1.0, 0.02, 0.5, 0.5), Finish(4.0, 0.0, None, 2.0), Finish(3.0, 0.0, 1.0, 1.0))
    _, table = finish_parts(made, ())
    assert table.headings == ("", "ideal", "seen", "held out", "all")
    assert [row[1] for row in table.rows] == ["1", "1", "0", "1"]
    speckle, sharpness, ground, thin = (row[2:] for row in table.rows)
    assert [mean.mean for mean in speckle] == pytest.approx([2, 3, 12 ** (1 / 3)])
    assert [mean.mean for mean in sharpness] == pytest.approx([1, 1, 1])
    assert [mean.mean for mean in ground] == pytest.approx([1, 0, 2 / 3])
    assert thin[0] == "0.500 [0.500, 0.500], 1 of 2"
    assert thin[1].mean == 1
    assert thin[2] == "0.750 [0.500, 1.000], 2 of 3"


def test_failed_object_has_no_finish_and_is_counted() -> None:
    _, table = finish_parts(finished(Finish(2.0, 0.0, None, 1.0)), [Failure(STUDY.cases[1], "no surface")])
    speckle, thin = table.rows[0], table.rows[3]
    assert speckle[2:] == ("2.000 [2.000, 2.000], 1 of 2", None, "2.000 [2.000, 2.000], 1 of 2")
    assert thin[2:] == (None, None, None)


def test_records_without_finish_still_load_and_have_no_table(tmp_path: Path) -> None:
    archive, case = Archive(tmp_path), STUDY.cases[0]
    archive.write(Outcome(case, COSTS), scores(None))
    file = archive.folder(case) / "scores.json"
    old = json.loads(file.read_text())
    del old["finished"]["finish"]
    file.write_text(json.dumps(old))
    (record,) = archive.records(STUDY.cases, TextScores)
    assert record.scores == scores(None)
    assert finish_parts([(case, record.scores.finished)], ()) == []


def test_finish_is_kept_with_the_scores(tmp_path: Path) -> None:
    archive, case = Archive(tmp_path), STUDY.cases[0]
    kept = scores(Finish(2.0, 0.01, None, 0.9))
    archive.write(Outcome(case, COSTS), kept)
    assert archive.records(STUDY.cases, TextScores)[0].scores == kept
