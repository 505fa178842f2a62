from dataclasses import replace

import numpy as np
import pytest
import torch
from any_to_3d.backend.evaluation.bootstrap import bootstrap_mean
from any_to_3d.backend.evaluation.case import Target
from any_to_3d.backend.evaluation.judges import Judge
from any_to_3d.backend.evaluation.measures.alignment import moved_onto
from any_to_3d.backend.evaluation.measures.mesh_quality import chamfer, silhouette_iou, soundness
from any_to_3d.backend.evaluation.measures.r_precision import PromptPool
from any_to_3d.backend.evaluation.measures.texture_quality import psnr
from any_to_3d.backend.evaluation.pairs import Pair, world_pairs
from any_to_3d.backend.evaluation.scores import PhaseScores, phase_scores, prop_verdicts
from any_to_3d.backend.evaluation.settings import Knowledge
from any_to_3d.backend.evaluation.studies.smoke import PAIRS, smoke_study
from any_to_3d.backend.evaluation.suites import Wishes, choose_suite
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES
from any_to_3d.backend.vocabulary import read_vocabulary
from prop_meshes import colour_judge, prop_mesh


class TableEncoder:
    """Image number n is the n-th unit vector of its first pixel's value; prompts are the unit vectors in order."""

    input_size = 1
    modalities = ("text", "image")

    def move(self, device: torch.device) -> None:
        pass

    def embed_image(self, image: torch.Tensor) -> torch.Tensor:
        return torch.eye(4)[(image[:, 0, 0, 0] * 4).long()]

    def embed_text(self, texts: list[str]) -> torch.Tensor:
        return torch.eye(4)[: len(texts)]


def pictures(*numbers: int) -> torch.Tensor:
    return torch.tensor([n / 4 for n in numbers]).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)


def test_precision_is_the_share_of_views_nearest_to_their_prompt() -> None:
    pool_of_four = PromptPool.embedded(TableEncoder(), ["red mug", "blue mug", "red car", "blue car"], list("mmcc"))
    views = TableEncoder().embed_image(pictures(0, 0, 1, 2))
    result = pool_of_four.retrieve(views, "red mug")
    assert result.precision == pytest.approx(2 / 4)
    assert result.group_precision == pytest.approx(3 / 4)
    assert result.cosine == pytest.approx(2 / 4)


def test_prompt_outside_the_pool_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold 'a whale'"):
        PromptPool.embedded(TableEncoder(), ["a", "b"], ["x", "x"]).retrieve(torch.eye(4)[:1], "a whale")


def test_pool_with_a_double_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        PromptPool.embedded(TableEncoder(), ["a", "a"], ["x", "x"])


def test_alignment_makes_boxes_agree_and_leaves_rotation() -> None:
    reference = np.array([[0, 0, 0], [2, 2, 1]], np.float32)
    moved = moved_onto(np.array([[5, 5, 5], [9, 9, 7]], np.float32), reference)
    assert moved == pytest.approx(reference)


def test_chamfer_of_a_shifted_grid_is_the_shift() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)
    assert chamfer(grid, grid) == 0
    assert chamfer(grid, grid + np.array([0.25, 0, 0])) == pytest.approx(0.25)


def test_silhouettes_of_equal_halves_overlap_by_a_third() -> None:
    left, middle = np.zeros((1, 6)), np.zeros((1, 6))
    left[:, :4], middle[:, 2:] = 1, 1
    assert silhouette_iou(left, middle) == pytest.approx(2 / 6)
    assert silhouette_iou(np.zeros((2, 2)), np.zeros((2, 2))) == 1


def test_psnr_of_a_tenth_off_is_twenty_decibels() -> None:
    assert psnr(np.full(9, 0.6), np.full(9, 0.5)) == pytest.approx(20)
    assert psnr(np.ones(3), np.ones(3)) == 60


def test_interval_holds_the_mean_and_shrinks_to_it_for_equal_objects() -> None:
    spread = bootstrap_mean([0.0, 1.0, 1.0, 0.5])
    assert spread.low < spread.mean == 0.625 < spread.high
    assert bootstrap_mean([0.7, 0.7, 0.7]).high == pytest.approx(0.7)


MUGS = tuple(Pair("mug", colour) for colour in ("red", "yellow", "green", "blue"))
YELLOW_MUG = Target.of_pair(Pair("mug", "yellow"))


@pytest.fixture(scope="module")
def judge() -> Judge:
    return colour_judge()


@pytest.fixture(scope="module")
def perfect(judge: Judge) -> PhaseScores:
    return phase_scores(prop_mesh("mug", "yellow"), YELLOW_MUG, (judge,), MUGS, views=6)


def test_the_prop_itself_scores_perfectly(perfect: PhaseScores) -> None:
    assert [verdict.retrieval.precision for verdict in perfect.verdicts] == [1, 1]
    assert perfect.shape.chamfer_percent < 0.01
    assert perfect.shape.silhouette_iou == pytest.approx(1, abs=0.01)
    assert perfect.finish.extra_white == 0
    assert perfect.finish.thin_recall == 1


def test_judges_see_the_props_own_pictures(judge: Judge) -> None:
    verdicts = prop_verdicts(YELLOW_MUG, (judge,), MUGS, views=3)
    assert [(v.judge, v.elevation_degrees, v.retrieval.precision) for v in verdicts] == [
        ("colours", 0.0, 1.0),
        ("colours", 15.0, 1.0),
    ]


def test_wrong_colour_costs_precision_and_texture_but_not_shape(judge: Judge, perfect: PhaseScores) -> None:
    scores = phase_scores(prop_mesh("mug", "blue"), YELLOW_MUG, (judge,), MUGS, views=6)
    assert scores.verdicts[0].retrieval.precision == 0
    assert scores.verdicts[0].retrieval.group_precision == 1
    assert scores.texture.surface_psnr < perfect.texture.surface_psnr - 5
    assert scores.shape == perfect.shape


def test_another_class_costs_shape(judge: Judge, perfect: PhaseScores) -> None:
    scores = phase_scores(prop_mesh("chair", "yellow"), YELLOW_MUG, (judge,), MUGS, views=6)
    assert scores.shape.chamfer_percent > 2
    assert scores.shape.silhouette_iou < 0.75
    assert scores.shape.normal_psnr < perfect.shape.normal_psnr


def test_facing_backwards_costs_shape(judge: Judge, perfect: PhaseScores) -> None:
    mesh = prop_mesh("mug", "yellow")
    turned = replace(mesh, vertices=(mesh.vertices * [-1, -1, 1]).astype(np.float32))
    scores = phase_scores(turned, YELLOW_MUG, (judge,), MUGS, views=6)
    assert scores.shape.silhouette_iou < 0.95 * perfect.shape.silhouette_iou


def test_an_open_mesh_is_called_open() -> None:
    mesh = prop_mesh("crate", "red")
    opened = replace(mesh, faces=mesh.faces[1:], uv_faces=mesh.uv_faces[1:])
    assert soundness(mesh).is_watertight
    assert not soundness(opened).is_watertight


def test_smoke_suite_has_twelve_classes_and_four_pairs_never_trained_on() -> None:
    assert len({pair.prop_class for pair in PAIRS}) == 12
    assert sum(pair.is_held_out for pair in PAIRS) == 4
    assert len(smoke_study(lambda text: (), views=120).cases) == 36
    assert set(PAIRS) <= set(world_pairs())


def test_pool_leaves_out_prompts_with_words_that_the_encoder_does_not_know() -> None:
    left = world_pairs(lambda text: tuple(word for word in text.split() if word in ("white", "axe")))
    assert len(world_pairs()) - len(left) == len(CLASSES) + len(COLOURS) - 1
    assert not any(pair.colour == "white" or pair.prop_class == "axe" for pair in left)


def test_the_smoke_suite_is_judged_among_prompts_that_the_shipped_encoder_was_taught() -> None:
    known = world_pairs(read_vocabulary().unknown_words)
    assert len(known) >= 128
    assert set(PAIRS) <= set(known)


def test_unknown_suite_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'paper'; there is: smoke"):
        choose_suite(Wishes("paper"), Knowledge(("text",), lambda text: ()), views=120)
