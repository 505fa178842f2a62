import numpy as np
import pytest
from analytic_scenes import mug, sphere
from any_to_3d.backend.finishing.mesh_repair import (
    DEGENERATE_AREA,
    component_of_faces,
    face_areas,
    is_closed,
    signed_volumes,
    without_degenerate_faces,
    without_floaters,
)

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)


def test_tetrahedron_is_closed_with_volume_one_sixth() -> None:
    assert is_closed(TETRAHEDRON)
    assert signed_volumes(CORNERS, TETRAHEDRON).sum() == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    "faces",
    [
        TETRAHEDRON[:3],
        np.concatenate([TETRAHEDRON[:3], TETRAHEDRON[3:, ::-1]]),
        np.concatenate([TETRAHEDRON, TETRAHEDRON]),
        TETRAHEDRON[:0],
    ],
    ids=["a face is missing", "a face is flipped", "every face twice", "nothing"],
)
def test_surface_is_not_closed_when(faces: np.ndarray) -> None:
    assert not is_closed(faces)


def test_areas_of_the_unit_tetrahedron() -> None:
    assert face_areas(CORNERS, TETRAHEDRON) == pytest.approx([0.5, 0.5, 3**0.5 / 2, 0.5])


def test_components_are_counted() -> None:
    mesh = mug()
    labels = component_of_faces(np.asarray(mesh.faces), len(mesh.vertices))
    assert labels.max() + 1 == 2


def test_small_component_goes_and_equal_ones_stay() -> None:
    vertices = np.concatenate([CORNERS, CORNERS + 2, 0.05 * CORNERS - 1])
    faces = np.concatenate([TETRAHEDRON, TETRAHEDRON + 4, TETRAHEDRON + 8])
    kept_vertices, kept_faces = without_floaters(vertices, faces)
    assert len(kept_faces) == 8
    assert len(kept_vertices) == 8


def test_coinciding_corners_are_welded_and_the_surface_stays_closed() -> None:
    mesh = sphere(subdivisions=2)
    vertices, faces = np.asarray(mesh.vertices, np.float32).copy(), np.asarray(mesh.faces, np.int32)
    moved, target = faces[10, :2]
    vertices[moved] = vertices[target]
    assert (face_areas(vertices, faces) == 0).sum() == 2
    mended_vertices, mended = without_degenerate_faces(vertices, faces)
    assert is_closed(mended)
    assert len(mended) == len(faces) - 2
    assert face_areas(mended_vertices, mended).min() > DEGENERATE_AREA


def test_flat_faces_that_cannot_be_welded_are_moved_apart() -> None:
    vertices = CORNERS.copy()
    vertices[3] = vertices[1]
    mended_vertices, mended = without_degenerate_faces(vertices, TETRAHEDRON)
    assert is_closed(mended)
    assert len(mended) == 4
    assert face_areas(mended_vertices, mended).min() > DEGENERATE_AREA
