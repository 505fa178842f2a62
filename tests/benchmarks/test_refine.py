"""The benchmark of refined shapes measures what it says."""

import numpy as np
import pytest
from any_to_3d.backend.props.build import PROP_RADIUS
from block_outs import block_outs
from refine import Judged, Trial, as_textured, mean_of, outline_ious


def test_block_outs_are_as_large_as_the_props_and_one_is_open() -> None:
    shapes = {shape.pair.prop_class: shape for shape in block_outs()}
    for shape in shapes.values():
        assert np.linalg.norm(shape.vertices, axis=1).max() == pytest.approx(PROP_RADIUS, rel=1e-5)
    mug = shapes["mug"].faces
    edges = np.sort(np.concatenate([mug[:, [0, 1]], mug[:, [1, 2]], mug[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 1).any()


def test_an_outline_is_its_own_and_a_narrower_one_covers_its_share() -> None:
    shape = block_outs()[1]
    whole = as_textured(shape.vertices, shape.faces)
    assert outline_ious(whole, whole) == [1.0] * 16
    lower = as_textured(shape.vertices * np.float32([1, 1, 0.5]), shape.faces)
    assert np.mean(outline_ious(whole, lower)[:8]) == pytest.approx(0.5, abs=0.03)


def test_the_mean_is_over_objects_and_the_smallest_iou_over_all() -> None:
    grey, red = Judged(0.0, 0.5, 0.6), Judged(1.0, 1.0, 0.9)
    trials = [Trial("a", 1.0, 0.9, 0.8, grey, red, 1.0), Trial("b", 1.0, 0.7, 0.6, grey, grey, 1.0)]
    mean = mean_of(trials)
    assert (mean["outline_iou"], mean["smallest_iou"]) == (pytest.approx(0.8), 0.6)
    assert (mean["precision_before"], mean["precision_after"]) == (0.0, 0.5)
