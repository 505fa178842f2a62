"""The picture of an asset, drawn without Blender."""

import numpy as np
from any_to_3d.blender_addon.objects.thumbnail import draw, draw_painted

SIZE = 32
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def wall(y):
    """A square of 2 by 2 across the view at this depth, seen from -Y: vertices f32[4, 3], faces i32[2, 3]."""
    vertices = np.array([[-1, y, -1], [1, y, -1], [1, y, 1], [-1, y, 1]], np.float32)
    return vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def painted(*walls):
    """Walls one after the other, each of one colour of an image that is as many texels wide."""
    vertices = np.concatenate([wall(y)[0] for y, _ in walls])
    faces = np.concatenate([wall(y)[1] + 4 * index for index, (y, _) in enumerate(walls)])
    uvs = np.concatenate([np.full((2, 3, 2), (index + 0.5) / len(walls)) for index in range(len(walls))])
    return vertices, faces, uvs.astype(np.float32), np.array([[color for _, color in walls]], np.float32)


def test_d23_the_nearest_surface_is_seen():
    picture = draw(*painted((0.5, RED), (-0.5, BLUE)), SIZE)
    middle = picture[SIZE // 2, SIZE // 2]
    assert middle[2] > 0.4
    assert middle[0] == 0.0
    assert middle[3] == 1.0


def test_d23_the_object_fills_the_picture_without_holes_and_the_rest_is_clear():
    picture = draw(*painted((0.0, RED)), SIZE)
    assert picture[0, 0, 3] == 0.0
    rows, columns = np.nonzero(picture[..., 3] > 0.5)
    assert rows.max() - rows.min() >= 0.85 * SIZE
    inside = picture[10:22, 10:22, 3]
    assert (inside == 1.0).all()
    assert rows.min() + rows.max() == np.float64(SIZE - 1)
    assert columns.min() + columns.max() == np.float64(SIZE - 1)


def test_d23_up_is_up():
    vertices, faces, _, _ = painted((0.0, RED))
    uvs = (vertices[faces][..., [0, 2]] + 1) / 2
    albedo = np.array([[RED], [BLUE]], np.float32)
    picture = draw(vertices, faces, uvs, albedo, SIZE)
    assert picture[6, SIZE // 2, 0] > 0.4
    assert picture[-7, SIZE // 2, 2] > 0.4


def test_d23_a_mesh_without_area_gives_an_empty_picture():
    vertices, faces, uvs, albedo = painted((0.0, RED))
    assert not draw(vertices * 0, faces, uvs, albedo, SIZE).any()


def test_d8_a_running_jobs_picture_has_its_vertices_colours_and_is_grey_without_any():
    vertices, faces, _, _ = painted((0.5, RED), (-0.5, BLUE))
    colors = np.array([[255, 0, 0, 255]] * 4 + [[0, 0, 255, 255]] * 4, np.uint8)
    red, _, blue, alpha = draw_painted(vertices, faces, colors, SIZE)[SIZE // 2, SIZE // 2]
    assert (red, alpha) == (0.0, 1.0)
    assert blue > 0.4
    grey = draw_painted(vertices, faces, None, SIZE)[SIZE // 2, SIZE // 2]
    assert grey[0] == grey[1] == grey[2] > 0.3


def test_d8_a_frame_without_a_surface_gives_an_empty_picture():
    assert not draw_painted(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), None, SIZE).any()
