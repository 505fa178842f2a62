"""Angles of pictures against those worked out by hand, and against where the generator puts such a camera."""

import math

import numpy as np
import pytest
from any_to_3d.blender_addon.request.view_angle import angle_of
from any_to_3d.shared.conventions import camera_position


@pytest.mark.parametrize(
    ("direction", "elevation", "azimuth"),
    [
        ((0, -1, 0), 0, 0),  # in front
        ((1, 0, 0), 0, 90),  # from +X: the object's left side, which is at the right of who looks from the front
        ((0, 1, 0), 0, 180),
        ((-1, 0, 0), 0, 270),
        ((1, -1, 0), 0, 45),
        ((0, 0, 1), 90, 0),
        ((0, 0, -5), -90, 0),
        ((0, -3, math.sqrt(3)), 30, 0),
        ((2, 0, -2), -45, 90),
    ],
)
def test_n11_an_angle_is_that_worked_out_by_hand(direction, elevation, azimuth):
    found = angle_of(direction)
    assert (found.elevation, found.azimuth) == (elevation, azimuth)


def test_n11_the_generators_camera_of_an_angle_stands_where_the_view_did():
    for direction in np.random.default_rng(0).normal(size=(50, 3)):
        found = angle_of(direction)
        camera = camera_position(1.0, math.radians(found.elevation), math.radians(found.azimuth))
        np.testing.assert_allclose(camera, direction / np.linalg.norm(direction), atol=1e-4)


def test_n11_a_view_from_within_the_place_is_refused():
    with pytest.raises(ValueError, match="Move away from it"):
        angle_of((0, 0, 0))
