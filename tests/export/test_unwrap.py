import logging

import numpy as np
import pytest
from analytic_scenes import mug, sphere
from any_to_3d.backend.finishing.unwrap import Atlas, grid_atlas, unwrap
from any_to_3d.backend.kernels.zbuffer import triangle_ids


def unwrapped(mesh, texture_size: int = 512, time_limit: float = 60.0) -> Atlas:
    faces = np.asarray(mesh.faces, np.int32)
    return list(unwrap(np.asarray(mesh.vertices, np.float32), faces, texture_size, time_limit))[-1]


def uv_areas(atlas: Atlas) -> np.ndarray:
    a, b, c = atlas.uvs.astype(np.float64)[atlas.uv_faces].transpose(1, 0, 2)
    return 0.5 * np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def covered_share(atlas: Atlas, size: int = 1024) -> float:
    clip = np.concatenate([atlas.uvs * 2 - 1, np.zeros_like(atlas.uvs)], axis=1).astype(np.float32)
    clip[:, 3] = 1
    return float((triangle_ids(clip, atlas.uv_faces, size, size)[0] > 0).mean())


def test_pieces_become_one_atlas_without_overlap() -> None:
    mesh = sphere(subdivisions=4)
    atlas = unwrapped(mesh)
    assert atlas.method == "xatlas"
    assert len(atlas.uv_faces) == len(mesh.faces) > 2 * 2500 * 0.8
    assert atlas.uvs.min() >= 0
    assert atlas.uvs.max() <= 1
    assert uv_areas(atlas).sum() == pytest.approx(covered_share(atlas), rel=0.02)


def test_texel_density_is_even_over_the_object() -> None:
    mesh = mug()
    density = np.sqrt(uv_areas(unwrapped(mesh)) / mesh.area_faces)
    assert np.quantile(density, 0.95) < 2 * np.quantile(density, 0.05)


def test_grid_replaces_xatlas_after_the_time_limit_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        atlas = unwrapped(sphere(subdivisions=3), time_limit=0.0)
    assert atlas.method == "grid"
    assert len(atlas.uv_faces) == 1280
    assert "unwrap=grid" in caplog.text
    assert "0 s allowed" in caplog.text


@pytest.mark.parametrize("face_count", [1, 2, 7, 500])
def test_grid_cells_keep_a_texel_between_faces(face_count: int) -> None:
    atlas = grid_atlas(face_count, texture_size=256)
    assert atlas.uvs.min() >= 0
    assert atlas.uvs.max() <= 1
    assert uv_areas(atlas).min() > 0
    owners = np.zeros((256, 256), int)
    for face in range(face_count):
        clip = np.concatenate([atlas.uvs[3 * face :][:3] * 2 - 1, [[0, 1]] * 3], axis=1)
        drawn = triangle_ids(clip.astype(np.float32), np.array([[0, 1, 2]], np.int32), 256, 256)[0] > 0
        assert drawn.any()
        assert not owners[drawn].any()
        owners[drawn] = face + 1
    neighbours = (owners[:, 1:] != owners[:, :-1]) & (owners[:, 1:] > 0) & (owners[:, :-1] > 0)
    assert not neighbours.any()


def test_grid_refuses_a_texture_that_cannot_hold_the_faces() -> None:
    with pytest.raises(ValueError, match="do not fit a texture of 64 pixels"):
        grid_atlas(20_000, texture_size=64)
