"""Recorded jobs: what is written is what is read, within the quantisation, and damage is told."""

from pathlib import Path

import numpy as np
import pytest
from any_to_3d.shared.mesh import MeshSnapshot, TexturedMesh
from any_to_3d.shared.messages import Preparing, Progress
from any_to_3d.shared.recording import Recording, RecordingError, Timed, read, write
from hypothesis import given, settings
from hypothesis import strategies as st

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)
HALF_A_LEVEL = 1 / 65535 + 1e-7


def corners(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (4, 3)).astype(np.float32)


def snapshot(sequence: int, topology: int, vertices: np.ndarray, colors: np.ndarray | None = None) -> MeshSnapshot:
    faces = TETRAHEDRON if topology % 2 else TETRAHEDRON[:3]
    return MeshSnapshot("", sequence, "coarse", 10 * sequence, topology, vertices, faces, colors)


def recording(*events: Timed, seed: int = 0) -> Recording:
    albedo = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    uvs = np.random.default_rng(seed).random((4, 2), np.float32)
    result = TexturedMesh(corners(seed), TETRAHEDRON, uvs, TETRAHEDRON[::-1].copy(), albedo)
    return Recording("ein Stuhl, 椅子", "draft", 7, "9.9", ("coarse", "texture"), 12.5, events, result, b"a picture")


def written_and_read(folder: Path, *events: Timed) -> Recording:
    write(recording(*events), folder / "some.npz")
    return read(folder / "some.npz")


def test_words_numbers_and_reports_come_back_unchanged(tmp_path: Path) -> None:
    reports = (
        Timed(0.25, Preparing("", "reading the prompt", 0.5)),
        Timed(1.5, Progress("", "coarse", 1, 10, 0.1, {"planar.sds": 0.3}, 4.5, None)),
    )
    found = written_and_read(tmp_path, *reports)
    assert found.events == reports
    assert (found.prompt, found.preset, found.seed) == ("ein Stuhl, 椅子", "draft", 7)
    assert (found.backend_version, found.phases, found.seconds) == ("9.9", ("coarse", "texture"), 12.5)
    assert found.picture == b"a picture"


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_result_keeps_faces_and_texture_and_moves_by_less_than_a_level(seed: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        write(recording(seed=seed), path)
        found, meant = read(path).result, recording(seed=seed).result
    assert np.array_equal(found.faces, meant.faces)
    assert np.array_equal(found.uv_faces, meant.uv_faces)
    assert np.array_equal(found.albedo, meant.albedo)
    assert np.abs(found.vertices - meant.vertices).max() <= HALF_A_LEVEL
    assert np.abs(found.uvs - meant.uvs).max() <= HALF_A_LEVEL / 2


def test_snapshots_come_back_with_their_own_shapes_faces_and_colours(tmp_path: Path) -> None:
    red = np.full((4, 4), (255, 0, 0, 255), np.uint8)
    meant = (
        snapshot(1, 1, corners(1)),
        snapshot(3, 2, corners(2), red),
        snapshot(4, 2, corners(2), red[:, ::-1]),
        snapshot(9, 3, corners(3)),
    )
    found = written_and_read(tmp_path, *(Timed(float(each.sequence), each) for each in meant))
    for timed, each in zip(found.events, meant, strict=True):
        got = timed.event
        assert isinstance(got, MeshSnapshot)
        assert (got.sequence, got.phase, got.step, got.topology) == (each.sequence, "coarse", each.step, each.topology)
        assert np.array_equal(got.faces, each.faces)
        assert np.abs(got.vertices - each.vertices).max() <= HALF_A_LEVEL
        assert (got.colors is None) == (each.colors is None)
        assert each.colors is None or np.array_equal(got.colors, each.colors)


def test_a_shape_that_is_only_painted_is_stored_once(tmp_path: Path) -> None:
    red = np.full((4, 4), (255, 0, 0, 255), np.uint8)
    events = (Timed(float(number), snapshot(number, 1, corners(1), red)) for number in range(1, 5))
    write(recording(*events), tmp_path / "some.npz")
    with np.load(tmp_path / "some.npz") as archive:
        assert [name for name in archive.files if name.startswith("vertices_")] == ["vertices_1"]
        assert len([name for name in archive.files if name.startswith("colors_")]) == 4


def test_a_mesh_outside_the_unit_box_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"-1\.5.*allowed are -1\.0 to 1\.0"):
        written_and_read(tmp_path, Timed(0.0, snapshot(1, 1, corners(1) * 0 - 1.5)))


def test_a_mesh_with_more_vertices_than_16_bits_count_is_refused(tmp_path: Path) -> None:
    big = MeshSnapshot(
        "", 1, "coarse", 1, 1, np.zeros((70_000, 3), np.float32), np.array([[0, 1, 69_999]], np.int32), None
    )
    with pytest.raises(RecordingError, match=r"70000 vertices.*at most 65536"):
        written_and_read(tmp_path, Timed(0.0, big))


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_a_damaged_file_is_told_with_its_path(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "some.npz"
    if damage != "missing":
        write(recording(), path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    if damage == "other":
        np.savez_compressed(path, about=np.frombuffer(b"{}", np.uint8))
    with pytest.raises(RecordingError, match=r"some\.npz is no recording"):
        read(path)
