import logging
import time

import numpy as np
import pytest
import torch
import trimesh
from analytic_scenes import AnalyticScene, Surface, mug, sphere, with_floater
from any_to_3d.backend import snapshot
from any_to_3d.backend.finishing.mesh_repair import face_areas, is_closed, signed_volumes
from any_to_3d.backend.snapshot import EmptySurfaceError, finished, textured
from any_to_3d.shared.mesh import TexturedMesh


@pytest.fixture(scope="module")
def finished_mug() -> TexturedMesh:
    return finished(AnalyticScene(with_floater(mug())), texture_size=256, max_faces=2000)


def sampled(mesh: TexturedMesh, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points on the surface, one a face, and the texel there (nearest)."""
    points = np.einsum("c,fcx->fx", weights, mesh.vertices[mesh.faces])
    uvs = np.einsum("c,fcx->fx", weights, mesh.uvs[mesh.uv_faces])
    height, width = mesh.albedo.shape[:2]
    rows = ((1 - uvs[:, 1]) * height).astype(int).clip(0, height - 1)
    columns = (uvs[:, 0] * width).astype(int).clip(0, width - 1)
    return points, mesh.albedo[rows, columns] / 255


def test_finished_mesh_is_closed_and_wound_outwards_and_has_no_flat_face(finished_mug: TexturedMesh) -> None:
    assert is_closed(finished_mug.faces)
    assert signed_volumes(finished_mug.vertices, finished_mug.faces).sum() > 0
    assert face_areas(finished_mug.vertices, finished_mug.faces).min() > 0
    independent = trimesh.Trimesh(finished_mug.vertices, finished_mug.faces, process=False)
    assert independent.is_watertight
    assert independent.is_winding_consistent


def test_finished_mesh_respects_the_face_budget(finished_mug: TexturedMesh) -> None:
    assert 1000 < len(finished_mug.faces) <= 2000


def test_floater_is_dropped_and_handle_kept(finished_mug: TexturedMesh) -> None:
    assert np.abs(finished_mug.vertices[:, 2]).max() < 0.5
    assert finished_mug.vertices[:, 0].max() == pytest.approx(0.45 + 0.25 + 0.06, abs=0.01)


@pytest.mark.parametrize("weights", [(1 / 3, 1 / 3, 1 / 3), (0.6, 0.2, 0.2), (0.1, 0.2, 0.7)])
def test_every_face_finds_its_own_colour_in_the_texture(finished_mug: TexturedMesh, weights: tuple) -> None:
    points, colours = sampled(finished_mug, np.array(weights))
    error = np.abs(colours - (points + 1) / 2).max(axis=1)
    assert np.median(error) < 0.01
    assert np.quantile(error, 0.99) < 0.03


def test_texture_is_filled_around_the_charts(finished_mug: TexturedMesh) -> None:
    assert finished_mug.albedo.reshape(-1, 3).max(axis=1).min() > 20


def test_faces_that_smoothing_flattens_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    def flattening(vertices: np.ndarray, faces: np.ndarray, rounds: int) -> np.ndarray:
        moved = vertices.copy()
        moved[faces[0, 1]] = moved[faces[0, 0]]
        return moved

    monkeypatch.setattr(snapshot, "smoothed", flattening)
    mesh = finished(AnalyticScene(sphere(subdivisions=2)), texture_size=64, max_faces=1000)
    assert is_closed(mesh.faces)
    assert face_areas(mesh.vertices, mesh.faces).min() > 0


def test_inward_surface_is_turned(caplog: pytest.LogCaptureFixture) -> None:
    inside_out = sphere(subdivisions=2)
    inside_out.invert()
    mesh = finished(AnalyticScene(inside_out), texture_size=64, max_faces=1000)
    assert signed_volumes(mesh.vertices, mesh.faces).sum() == pytest.approx(4 / 3 * np.pi * 0.8**3, rel=0.1)
    assert "turned" in caplog.text


def test_cavity_is_filled() -> None:
    cavity = sphere(0.4, subdivisions=2)
    cavity.invert()
    hollow = trimesh.util.concatenate([sphere(0.8, subdivisions=3), cavity])
    mesh = finished(AnalyticScene(hollow), texture_size=64, max_faces=5000)
    assert np.linalg.norm(mesh.vertices, axis=1).min() > 0.7


def test_open_surface_is_refused() -> None:
    broken = sphere(subdivisions=2)
    broken.update_faces(np.arange(len(broken.faces)) > 0)
    with pytest.raises(ValueError, match="not closed"):
        finished(AnalyticScene(broken), texture_size=64, max_faces=1000)


def test_empty_scene_is_refused_by_name() -> None:
    class Empty:
        def extract(self) -> Surface:
            return Surface(torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.int64))

        def albedo(self, points: torch.Tensor) -> torch.Tensor:
            return points

    with pytest.raises(EmptySurfaceError, match="no surface"):
        finished(Empty(), texture_size=64, max_faces=1000)


def test_simplification_that_would_open_the_mesh_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(points: np.ndarray, faces: np.ndarray, target_count: int) -> tuple[np.ndarray, np.ndarray]:
        return points, faces[:target_count]

    monkeypatch.setattr("fast_simplification.simplify", opened)
    with caplog.at_level(logging.WARNING):
        mesh = finished(AnalyticScene(sphere(subdivisions=3)), texture_size=128, max_faces=300)
    assert is_closed(mesh.faces)
    assert len(mesh.faces) == 1280
    assert "keeps its faces=1280 instead of 300" in caplog.text


def test_fractions_rise_and_no_gap_keeps_a_cancel_waiting() -> None:
    fractions, gaps, last = [], [], time.process_time()
    for part in textured(AnalyticScene(sphere(subdivisions=5)), texture_size=512, max_faces=30_000):
        gaps.append(time.process_time() - last)
        last = time.process_time()
        if isinstance(part, float):
            fractions.append(part)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert max(gaps) < 2.0
