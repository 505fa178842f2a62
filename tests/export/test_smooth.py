"""Bilateral normal filtering: lumps go, creases and volume stay."""

import numpy as np
import pytest
import trimesh
from any_to_3d.backend.finishing.mesh_repair import is_closed, signed_volumes
from any_to_3d.backend.finishing.smooth import smoothed


def subdivided_cube(rounds: int) -> tuple[np.ndarray, np.ndarray]:
    mesh = trimesh.creation.box()
    for _ in range(rounds):
        mesh = mesh.subdivide()
    return mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32)


def lumpy(vertices: np.ndarray, size: float) -> np.ndarray:
    return (vertices + np.random.default_rng(0).normal(0, size, vertices.shape)).astype(np.float32)


def distance_to_cube(vertices: np.ndarray) -> np.ndarray:
    return np.abs(np.abs(vertices).max(axis=1) - 0.5)


def test_lumps_on_a_cube_lose_most_of_their_height_and_its_edges_stay_sharp() -> None:
    clean, faces = subdivided_cube(4)
    noisy = lumpy(clean, 0.006)
    result = smoothed(noisy, faces, rounds=20)
    assert distance_to_cube(result).mean() < 0.4 * distance_to_cube(noisy).mean()
    is_edge = (np.abs(clean) > 0.499).sum(axis=1) == 2
    # A rounded edge would lie inside the cube by the size of a face, 1/16 across.
    assert np.linalg.norm(result - clean, axis=1)[is_edge].mean() < 0.01


def test_a_clean_cube_and_zero_rounds_change_nothing() -> None:
    clean, faces = subdivided_cube(3)
    assert smoothed(clean, faces, rounds=10) == pytest.approx(clean, abs=1e-3)
    noisy = lumpy(clean, 0.01)
    assert np.array_equal(smoothed(noisy, faces, rounds=0), noisy)


def test_a_sphere_keeps_its_volume_within_one_percent() -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    faces = ball.faces.astype(np.int32)
    result = smoothed(lumpy(ball.vertices, 0.01), faces, rounds=20)
    assert signed_volumes(result, faces).sum() == pytest.approx(ball.volume, rel=0.01)
    radius = np.linalg.norm(result, axis=1)
    assert radius.std() < 0.5 * 0.01


def test_an_open_surface_is_refused() -> None:
    clean, faces = subdivided_cube(1)
    assert is_closed(faces)
    with pytest.raises(ValueError, match=r"not closed.*close it first"):
        smoothed(clean, faces[1:], rounds=1)
