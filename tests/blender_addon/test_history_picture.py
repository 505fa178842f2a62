"""The history's pictures: where things are in them, and that they survive as text."""

import numpy as np
from any_to_3d.blender_addon.history_picture import SIZE, packed, picture_of, unpacked
from any_to_3d.shared.mesh import TexturedMesh

RED, BLUE = (250, 0, 0), (0, 0, 250)


def two_plates(front, behind):
    """Upright squares of one colour each: one towards the camera, at y = -1, and one of the same size at y = 1."""
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    plates = [np.stack([square[:, 0], np.full(4, y, np.float32), square[:, 1]], axis=1) for y in (-1, 1)]
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    uvs = np.array([[0.25, 0.5], [0.75, 0.5]], np.float32)
    uv_faces = np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]], np.int32)
    albedo = np.array([[front, behind]], np.uint8)
    return TexturedMesh(np.concatenate(plates), faces, uvs, uv_faces, albedo)


def test_what_is_in_front_hides_what_is_behind():
    picture = picture_of(two_plates(RED, BLUE))
    middle = picture[SIZE // 2 - 4 : SIZE // 2 + 4, SIZE // 4 : SIZE // 2]
    shown = middle[..., :3].reshape(-1, 3).mean(axis=0)
    assert shown[0] > 100
    assert shown[2] < 20


def test_the_camera_stands_to_the_right_of_the_front():
    # From there the plate behind looks out at the right.
    picture = picture_of(two_plates(RED, BLUE))
    is_blue = (picture[..., 2] > 60) & (picture[..., 3] > 0)
    is_red = (picture[..., 0] > 60) & (picture[..., 3] > 0)
    assert np.nonzero(is_blue)[1].mean() > np.nonzero(is_red)[1].mean() + SIZE / 8


def test_outside_the_object_it_is_transparent_and_inside_there_are_no_holes():
    picture = picture_of(two_plates(RED, RED))
    alpha = picture[..., 3]
    assert (alpha[0] == 0).all()
    assert (alpha[:, 0] == 0).all()
    row = np.nonzero(alpha[SIZE // 2])[0]
    assert np.array_equal(row, np.arange(row[0], row[-1] + 1))


def test_a_mesh_without_faces_gives_an_empty_picture():
    nothing = TexturedMesh(
        np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.zeros((0, 2), np.float32),
        np.zeros((0, 3), np.int32), np.zeros((1, 1, 3), np.uint8),
    )  # fmt: skip
    assert not picture_of(nothing).any()


def test_packing_loses_nothing_and_what_is_no_picture_is_none():
    picture = picture_of(two_plates(RED, BLUE))
    assert np.array_equal(unpacked(packed(picture)), picture)
    assert unpacked("no picture") is None
    assert unpacked("") is None
