"""Which texels lie on which triangle: by hand, against a slow look at every texel, and where islands overlap."""

import numpy as np
import pytest
from any_to_3d.blender_addon.objects.texel_raster import MARGIN, overlapped_share, run_on, texels_of

SQUARE = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32)


def test_a_triangle_in_the_lower_left_corner_has_the_texels_that_one_counts_by_hand() -> None:
    texels = texels_of(np.array([[[0, 0], [0.5, 0], [0, 0.5]]], np.float32), 8, 4)
    # 8 x 4 texels: the lowest row, 3, has centres at u 1/16, 3/16, 5/16 below the slope; row 2 at v 3/8 only u 1/16.
    assert sorted(texels.index.tolist()) == [2 * 8, 3 * 8, 3 * 8 + 1, 3 * 8 + 2]
    at_origin = dict(zip(texels.index.tolist(), texels.weights[:, 0].tolist(), strict=True))
    assert at_origin[3 * 8] == pytest.approx(1 - 2 / 16 - 2 / 8)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (7, 5), (64, 64)])
def test_two_triangles_cover_the_whole_image_and_no_texel_inside_twice(size: tuple[int, int]) -> None:
    width, height = size
    texels = texels_of(SQUARE, width, height)
    assert set(texels.index.tolist()) == set(range(width * height))
    assert overlapped_share(texels, width * height) == 0


def test_texels_are_those_that_a_look_at_every_one_of_them_finds() -> None:
    uvs = np.random.default_rng(0).random((40, 3, 2)).astype(np.float32)
    width, height = 37, 53
    row, column = np.mgrid[:height, :width]
    places = np.stack([(column + 0.5) / width, 1 - (row + 0.5) / height, np.ones_like(row)], -1).reshape(-1, 3)
    found = texels_of(uvs, width, height)
    for number, triangle in enumerate(uvs.astype(float)):
        weights = places @ np.linalg.inv(np.column_stack([triangle, np.ones(3)]))
        expected = np.flatnonzero((weights > 1e-6).all(axis=1))
        mine = np.flatnonzero(found.face == number)
        assert set(expected.tolist()) <= set(found.index[mine].tolist())
        assert len(mine) - len(expected) <= 1  # a centre on an edge
        np.testing.assert_allclose(found.weights[mine], weights[found.index[mine]], atol=1e-4)


def test_triangles_without_area_or_beside_the_image_have_no_texels() -> None:
    line = np.array([[[0, 0], [0.5, 0.5], [1, 1]]], np.float32)
    assert len(texels_of(line, 16, 16).index) == 0
    assert len(texels_of(SQUARE + 2, 16, 16).index) == 0
    assert len(texels_of(np.zeros((0, 3, 2), np.float32), 16, 16).index) == 0


def test_the_share_that_overlaps_is_that_of_the_covered_texels() -> None:
    half = SQUARE * np.float32([0.5, 1])
    both = np.concatenate([SQUARE, half])
    assert overlapped_share(texels_of(both, 64, 64), 64 * 64) == pytest.approx(0.5, abs=0.03)
    assert overlapped_share(texels_of(np.concatenate([half, half]), 64, 64), 64 * 64) == pytest.approx(1, abs=0.03)


def test_slivers_cost_what_they_cover_and_not_the_box_around_them() -> None:
    steps = np.linspace(0, 1, 3001, dtype=np.float32)
    fan = np.stack([np.stack([np.zeros(3000)] * 2, -1), np.stack([steps[:-1], 1 - steps[:-1]], -1),
                    np.stack([steps[1:], 1 - steps[1:]], -1)], 1).astype(np.float32)  # fmt: skip
    texels = texels_of(fan, 1024, 1024)
    assert len(texels.index) < 1.1 * 1024 * 1024 / 2


def test_colours_run_on_beside_an_island_and_beyond_with_the_mean() -> None:
    image = np.zeros((1, 40, 1), np.uint8)
    image[0, 10], image[0, 11] = 10, 30
    is_painted = np.zeros((1, 40), bool)
    is_painted[0, 10:12] = True
    row = run_on(image, is_painted)[0, :, 0].tolist()
    assert row[10 - MARGIN : 11] == [10] * (MARGIN + 1)
    assert row[11 : 12 + MARGIN] == [30] * (MARGIN + 1)
    assert row[0] == row[-1] == 20
    assert image[0, 9, 0] == 0, "the given image was written to"
