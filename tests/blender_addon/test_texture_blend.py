"""What a received texture changes of the colours that were there, and how pictures are read and resized."""

import numpy as np
import pytest
from any_to_3d.blender_addon.objects.image_sampling import resized, sampled
from any_to_3d.blender_addon.objects.texture_blend import Kept, enlarged, laid_over, live_size
from any_to_3d.blender_addon.objects.uv_tiles import into_one_tile, welded


def test_what_a_mask_keeps_comes_out_bit_for_bit() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        before, new = random.integers(0, 256, (2, 24, 32, 3)).astype(np.uint8)
        mask = (random.random((24, 32)) * 2 * 255).clip(0, 255).astype(np.uint8) * (random.random((24, 32)) > 0.5)
        out = laid_over(new, Kept(before, mask), 32, 24)
        assert (out[mask == 0] == before[mask == 0]).all()
        assert (out[mask > 0] == new[mask > 0]).all()


def test_a_smaller_texture_on_the_way_is_enlarged_and_still_keeps_what_is_kept() -> None:
    before = np.full((8, 8, 3), 7, np.uint8)
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4:] = 255
    out = laid_over(np.full((2, 2, 3), 200, np.uint8), Kept(before, mask), 8, 8)
    assert (out[:, :4] == 7).all()
    assert (out[:, 4:] == 200).all()


def test_the_image_of_a_running_job_is_halved_until_it_is_quick_to_write() -> None:
    assert live_size(1024, 1024) == (1024, 1024)
    assert live_size(4096, 1000) == (1024, 250)
    assert live_size(1500, 64) == (750, 32)


def test_enlarging_by_whole_multiples_repeats_texels_and_by_others_blends() -> None:
    picture = np.array([[[0], [200]]], np.uint8)
    assert enlarged(picture, 4, 2)[..., 0].tolist() == [[0, 0, 200, 200]] * 2
    assert enlarged(picture, 3, 1)[0, :, 0].tolist() == [0, 100, 200]


def test_a_picture_of_the_wanted_size_stays_as_it_is_bit_for_bit() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 9, 3)).astype(np.uint8)
    assert resized(picture, 9, 5) is picture


def test_a_shrunk_picture_has_the_mean_of_what_it_covers() -> None:
    picture = np.array([[[0], [100]], [[200], [100]]], np.uint8)
    assert resized(picture, 1, 1)[0, 0, 0] == 100


def test_a_place_is_read_between_texels_and_tiles_go_on_or_not() -> None:
    picture = np.array([[[0], [100]]], np.uint8)
    places = np.array([[0.25, 0.5], [0.5, 0.5], [0.0, 0.5], [1.75, -3.5]], np.float32)
    assert sampled(picture, places)[:, 0].tolist() == [0, 50, 50, 100]
    assert sampled(picture, places, repeats=False)[:, 0].tolist() == [0, 50, 0, 100]


def test_the_first_row_of_a_picture_is_at_v_1() -> None:
    picture = np.array([[[10]], [[20]]], np.uint8)
    assert sampled(picture, np.array([[0.5, 0.75], [0.5, 0.25]], np.float32))[:, 0].tolist() == [10, 20]


def test_triangles_of_other_tiles_are_moved_by_whole_ones_and_those_across_an_edge_are_counted() -> None:
    triangle = np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75]], np.float32)
    moved, crossing = into_one_tile(
        np.stack([triangle, triangle + np.array((2, -3)), triangle + np.array((0.5, 0))]).astype(np.float32)
    )
    np.testing.assert_allclose(moved[1], triangle, atol=1e-6)
    assert crossing == 1
    assert moved.max() <= 1


def test_a_triangle_that_ends_on_the_edge_of_its_tile_stays_there() -> None:
    moved, crossing = into_one_tile(np.array([[[0, 0], [1, 0], [1, 1]]], np.float32) + 1)
    assert crossing == 0
    np.testing.assert_array_equal(moved[0], [[0, 0], [1, 0], [1, 1]])


def test_corners_with_the_same_coordinates_become_one_and_minus_zero_is_zero() -> None:
    uvs = np.array([[[0, 0], [1, 0], [1, 1]], [[-0.0, 0], [1, 1], [0, 1]]], np.float32)
    table, faces = welded(uvs)
    assert len(table) == 4
    np.testing.assert_array_equal(table[faces], uvs)
    assert (table.dtype, faces.dtype) == (np.float32, np.int32)


@pytest.mark.parametrize("count", [0, 1])
def test_meshes_of_hardly_any_triangles_do_no_harm(count: int) -> None:
    uvs = np.zeros((count, 3, 2), np.float32)
    assert len(welded(uvs)[0]) == count
    assert into_one_tile(uvs)[1] == 0
