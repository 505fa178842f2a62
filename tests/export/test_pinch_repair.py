import numpy as np
import pytest
import trimesh
from any_to_3d.backend.finishing.mesh_repair import is_closed, signed_volumes
from any_to_3d.backend.finishing.pinch_repair import APART, without_pinches

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)


def voxel_surface(filled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The boundary of filled unit cubes with shared corners, outward: pinched wherever cubes touch by an edge only."""
    padded = np.pad(filled, 1)
    quads = []
    for axis in range(3):
        for direction in (1, -1):
            exposed = padded & ~np.roll(padded, -direction, axis)
            for cell in np.argwhere(exposed):
                corner = cell.copy()
                corner[axis] += direction > 0
                u, v = np.eye(3, dtype=int)[(axis + 1) % 3], np.eye(3, dtype=int)[(axis + 2) % 3]
                loop = [corner, corner + u, corner + u + v, corner + v]
                quads.append(loop if direction > 0 else loop[::-1])
    points, index = np.unique(np.array(quads).reshape(-1, 3), axis=0, return_inverse=True)
    a, b, c, d = index.reshape(-1, 4).T
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return points.astype(np.float32), faces.astype(np.int32)


def test_two_tetrahedra_on_one_edge_become_two_bodies() -> None:
    mirrored = CORNERS * [1, -1, -1]
    vertices = np.concatenate([CORNERS, mirrored[2:]]).astype(np.float32)
    second = np.array([0, 1, 4, 5], np.int32)[TETRAHEDRON]
    faces = np.concatenate([TETRAHEDRON, second])
    assert not is_closed(faces)
    split_vertices, split = without_pinches(vertices, faces)
    assert is_closed(split)
    assert len(split_vertices) == 8
    assert trimesh.Trimesh(split_vertices, split, process=False).body_count == 2
    assert np.abs(split_vertices[split] - vertices[faces]).max() < 1.01 * APART


@pytest.mark.parametrize("seed", range(5))
def test_touching_cubes_become_a_closed_surface_of_the_same_volume(seed: int) -> None:
    filled = np.random.default_rng(seed).random((6, 6, 6)) < 0.5
    vertices, faces = voxel_surface(filled)
    assert not is_closed(faces)
    split_vertices, split = without_pinches(vertices, faces)
    assert is_closed(split)
    assert signed_volumes(split_vertices, split).sum() == pytest.approx(filled.sum(), rel=1e-3)


def test_separated_vertices_stay_apart_when_a_reader_merges_equal_ones() -> None:
    filled = np.zeros((2, 2, 1), bool)
    filled[0, 0] = filled[1, 1] = True
    vertices, faces = without_pinches(*voxel_surface(filled))
    assert trimesh.Trimesh(vertices, faces, process=True).is_watertight


def test_sound_surface_is_left_alone() -> None:
    vertices, faces = without_pinches(CORNERS, TETRAHEDRON)
    assert np.array_equal(vertices[faces], CORNERS[TETRAHEDRON])


def test_open_surface_is_left_alone() -> None:
    _, faces = without_pinches(CORNERS, TETRAHEDRON[1:])
    assert np.array_equal(faces, TETRAHEDRON[1:])
