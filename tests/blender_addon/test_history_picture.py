"""The history's pictures survive as text."""

import numpy as np
from any_to_3d.blender_addon.history.picture import SIZE, packed, picture_of, unpacked
from any_to_3d.shared.mesh import TexturedMesh


def test_packing_loses_nothing_and_what_is_no_picture_is_none():
    corners = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uvs = np.array([[0.5, 0.5]], np.float32)
    mesh = TexturedMesh(corners, faces, uvs, np.zeros((2, 3), np.int32), np.full((1, 1, 3), (250, 0, 0), np.uint8))
    picture = picture_of(mesh)
    assert picture[SIZE // 2, SIZE // 2, 0] > 100
    assert picture[SIZE // 2, SIZE // 2, 3] == 255
    assert picture[0, 0, 3] == 0
    assert np.array_equal(unpacked(packed(picture)), picture)
    assert unpacked("no picture") is None
    assert unpacked("") is None
