"""New colours over old ones: whose texel is whose, what a mask keeps, and that nothing else changes by a bit."""

import numpy as np
import pytest
from any_to_3d.backend.finishing.repaint import Canvas, change_weights
from any_to_3d.backend.finishing.texels import shared_share, texels_of

# The left half of a texture of 4 x 2 texels is one square of two triangles; the right half belongs to nobody.
UVS = np.array([[0, 0], [0.5, 0], [0.5, 1], [0, 1]], np.float32)
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
CORNERS = np.array([[0, 0, 0], [2, 0, 0], [2, 0, 4], [0, 0, 4]], np.float32)


def test_texels_of_an_oblong_texture_lie_where_they_were_reckoned_by_hand() -> None:
    texels = texels_of(UVS, FACES, height=2, width=4, supersampling=1)
    assert texels.texel.tolist() == [0, 1, 4, 5]
    # Row 0 is the top: z = 3; the two columns' middles are a quarter and three quarters of the square's width of 2.
    expected = [[0.5, 0, 3], [1.5, 0, 3], [0.5, 0, 1], [1.5, 0, 1]]
    assert texels.points(CORNERS, FACES) == pytest.approx(np.array(expected), abs=1e-6)


def test_a_texel_is_the_mean_of_its_covered_points() -> None:
    texels = texels_of(UVS, FACES, height=1, width=2, supersampling=2)
    image, covered = texels.averaged(texels.points(CORNERS, FACES))
    assert covered.tolist() == [[True, False]]
    assert image[0, 0] == pytest.approx([1, 0, 2], abs=1e-6)


def test_where_faces_overlap_the_first_has_the_texel_and_the_share_is_told() -> None:
    twice = np.concatenate([FACES, FACES])
    assert shared_share(UVS, FACES, 64, 64) == 0
    assert shared_share(UVS, twice, 64, 64) == 1
    assert set(texels_of(UVS, twice, 8, 8).face) == {0, 1}
    half = np.concatenate([FACES, FACES[:1]])
    assert shared_share(UVS, half, 64, 64) == pytest.approx(0.5, abs=0.02)


def test_the_diagonal_that_two_faces_share_is_no_overlap() -> None:
    whole = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    assert shared_share(whole, FACES, 32, 32) == 0


@pytest.mark.parametrize("seed", range(20))
def test_no_texel_outside_a_random_mask_changes(seed: int) -> None:
    draws = np.random.default_rng(seed)
    height, width = draws.integers(8, 40, 2)
    mask = (draws.random((height, width)) < draws.random()) * draws.integers(1, 256, (height, width))
    mask = mask.astype(np.uint8)
    mask[height // 2, 0] = 200
    old = draws.integers(0, 256, (height, width, 3), dtype=np.uint8)
    texels = texels_of(UVS, FACES, height, width, supersampling=2)
    canvas = Canvas.of(texels, old, mask, border=int(draws.integers(0, 6)))
    new = canvas.painted(canvas.image(draws.random((len(texels.face), 3), np.float32)))
    assert (new[mask == 0] == old[mask == 0]).all()
    assert (new != old).any()


def test_texels_that_no_face_reaches_keep_the_old_colours_even_without_a_mask() -> None:
    old = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
    canvas = Canvas.of(texels_of(UVS, FACES, 16, 32), old, None, 0)
    new = canvas.painted(canvas.image(np.zeros((len(canvas.texels.face), 3), np.float32)))
    assert (new[:, :16] == 0).all()
    # One column more, which bilinear filtering reads for the square's own rim.
    assert (new[:, 16] == 0).all()
    assert (new[:, 17:] == old[:, 17:]).all()


def test_without_old_colours_charts_grow_and_a_mask_leaves_white() -> None:
    texels = texels_of(UVS, FACES, 16, 32)
    green = np.tile(np.array([[0, 1, 0]], np.float32), (len(texels.face), 1))
    bare = Canvas.of(texels, None, None, 0)
    assert (bare.painted(bare.image(green)) == [0, 255, 0]).all()
    mask = np.zeros((16, 32), np.uint8)
    mask[:8] = 255
    masked = Canvas.of(texels, None, mask, 0)
    painted = masked.painted(masked.image(green))
    assert (painted[:8, :16] == [0, 255, 0]).all()
    assert (painted[8:] == 255).all()


def test_a_grey_mask_is_a_weight() -> None:
    old = np.zeros((4, 8, 3), np.uint8)
    mask = np.full((4, 8), 51, np.uint8)
    canvas = Canvas.of(texels_of(UVS, FACES, 4, 8), old, mask, 3)
    painted = canvas.painted(canvas.image(np.ones((len(canvas.texels.face), 3), np.float32)))
    assert (painted[:, :4] == 51).all()


def test_old_passes_into_new_over_the_border_and_only_inside() -> None:
    mask = np.zeros((1, 10), np.uint8)
    mask[0, 3:] = 255
    weights = change_weights(mask, np.ones((1, 10), bool), border=3)
    assert weights[0] == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1])


def test_the_border_is_counted_in_straight_lines() -> None:
    mask = np.full((9, 9), 255, np.uint8)
    mask[0, 0] = 0
    weights = change_weights(mask, np.ones((9, 9), bool), border=9)
    assert weights[3, 4] == pytest.approx(0.5)


def test_where_no_face_lies_a_mask_has_no_border() -> None:
    mask = np.zeros((4, 4), np.uint8)
    mask[:, :2] = 255
    covered = mask > 0
    assert (change_weights(mask, covered, border=8)[:, :2] == 1).all()


def test_coordinates_without_area_and_masks_beside_the_charts_are_refused() -> None:
    flat = np.zeros((3, 2), np.float32)
    with pytest.raises(ValueError, match="no face covers a texel of a texture of 8 x 4"):
        Canvas.of(texels_of(flat, FACES[:1], 4, 8), None, None, 0)
    mask = np.zeros((4, 8), np.uint8)
    mask[:, 6:] = 255
    with pytest.raises(ValueError, match="the mask allows a change only where no face"):
        Canvas.of(texels_of(UVS, FACES, 4, 8), None, mask, 0)
