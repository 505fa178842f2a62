"""The engine's jobs that begin with something: another job's checkpoint, an edited mesh, a rough shape, an angle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from any_to_3d.backend.starting.asked_recipe import named_recipe, planned_phases
from any_to_3d.backend.starting.placement import STAYING, Placement, placement_in
from any_to_3d.backend.stored_checkpoints import checkpoints_in
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot, SourceMesh
from any_to_3d.shared.starting_points import Continue, Refine
from generator.toy_world import runtime
from requests_and_jobs import request

SMALLEST = {"steps_scale": 0.01, "texture_size": 128.0, "max_faces": 600.0}


class Unwatched:
    def wish(self) -> Wish:
        return "go on"

    def wanted_faces(self) -> int | None:
        return None

    def wanted_texture(self) -> int:
        return 0


class SeesEverything(Unwatched):
    """A watcher as the add-on is one: it takes shapes, and textures of what it already shows."""

    def wanted_faces(self) -> int | None:
        return 500

    def wanted_texture(self) -> int:
        return 64


@pytest.fixture(scope="module")
def engine() -> XBindEngine:
    return XBindEngine("builtin", "cpu", "", 1, runtime())


def smallest(**changes: object) -> m.Submit:
    return replace(m.Submit("r", request().prompts, preset="draft", overrides=SMALLEST), **changes)


def result(engine: XBindEngine, submit: m.Submit, folder: Path, parent: Path | None = None) -> m.Finished:
    folder.mkdir(exist_ok=True)
    job = Run(folder.name, submit, str(folder), source_folder="" if parent is None else str(parent))
    *_, last = run_job(job, engine, Unwatched())
    assert isinstance(last, m.Finished), last
    return last


@pytest.fixture(scope="module")
def parent(engine: XBindEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, m.Finished]:
    folder = tmp_path_factory.mktemp("jobs") / "parent"
    return folder, result(engine, smallest(), folder)


def assert_same(one: m.Finished, other: m.Finished) -> None:
    for name in ("vertices", "faces", "uvs", "uv_faces", "albedo"):
        assert np.array_equal(getattr(one.mesh, name), getattr(other.mesh, name)), name


@pytest.mark.parametrize("name", ["coarse", "geometry", "texture", ""])
def test_the_same_request_from_any_checkpoint_gives_the_parents_object(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path, name: str
) -> None:
    submit = smallest(source=Continue("parent", name))
    assert_same(result(engine, submit, tmp_path / "child", parent[0]), parent[1])


def test_a_branch_keeps_its_own_checkpoints_and_can_be_branched_again(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path
) -> None:
    child = result(engine, smallest(source=Continue("parent", "coarse"), seed=5), tmp_path / "child", parent[0])
    assert [info.name for info in checkpoints_in(tmp_path / "child")] == ["geometry", "texture"]
    again = smallest(source=Continue("child", "geometry"), seed=5)
    assert_same(result(engine, again, tmp_path / "grandchild", tmp_path / "child"), child)


def test_a_job_can_end_after_any_phase_with_a_closed_textured_object(engine: XBindEngine, tmp_path: Path) -> None:
    for phase in ("coarse", "geometry"):
        finished = result(engine, smallest(until=phase), tmp_path / phase)
        finished.mesh.validate()
        assert trimesh.Trimesh(finished.mesh.vertices, finished.mesh.faces, process=False).is_watertight
        assert checkpoints_in(tmp_path / phase)[-1].name == phase


def test_a_job_that_ended_early_and_is_continued_gives_the_whole_jobs_object(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path
) -> None:
    result(engine, smallest(until="geometry"), tmp_path / "first")
    submit = smallest(source=Continue("first", "geometry"))
    assert_same(result(engine, submit, tmp_path / "second", tmp_path / "first"), parent[1])


def test_a_checkpoint_that_is_not_there_fails_the_job_by_name(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path
) -> None:
    job = Run("j", smallest(source=Continue("parent", "../coarse")), str(tmp_path), source_folder=str(parent[0]))
    *_, failed = run_job(job, engine, Unwatched())
    assert isinstance(failed, m.Failed)
    assert failed.problem.code == "unavailable"
    assert "has no checkpoint '../coarse'; it has coarse, geometry, texture" in failed.problem.message


def test_the_plan_of_a_continued_job_is_what_is_left(parent: tuple[Path, m.Finished]) -> None:
    def planned(**source: object) -> list[tuple[str, int]]:
        submit = replace(smallest(source=Continue("parent", **source)), overrides={})
        return [(phase.name, phase.steps) for phase in planned_phases(submit, "builtin", parent[0])]

    assert planned(checkpoint="geometry", more_steps=30) == [("geometry", 1), ("texture", 80)]
    assert planned(checkpoint="texture", more_steps=30) == [("texture", 31)]
    assert planned(checkpoint="coarse") == [("coarse", 1), ("geometry", 50), ("texture", 50)]


# --- meshes -----------------------------------------------------------------------------------------------------------


def source_mesh(shape: trimesh.Trimesh) -> SourceMesh:
    none = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    return SourceMesh(np.array(shape.vertices, np.float32), np.array(shape.faces, np.int32), *none)


def test_an_edited_mesh_is_unwrapped_painted_and_otherwise_left_alone(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path
) -> None:
    edited = source_mesh(trimesh.creation.icosphere(2, 0.5))
    submit = smallest(source=Continue("parent", "geometry", mesh=edited))
    finished = result(engine, submit, tmp_path / "child", parent[0])
    finished.mesh.validate()
    assert np.array_equal(finished.mesh.vertices, edited.vertices)
    assert np.array_equal(finished.mesh.faces, edited.faces)
    assert finished.mesh.albedo.shape == (128, 128, 3)
    assert [info.name for info in checkpoints_in(tmp_path / "child")] == ["texture"]


def test_an_edited_mesh_is_shown_as_a_mesh_for_the_object_that_it_will_be(
    engine: XBindEngine, parent: tuple[Path, m.Finished], tmp_path: Path
) -> None:
    edited = source_mesh(trimesh.creation.icosphere(2, 0.5))
    submit = smallest(source=Continue("parent", "geometry", mesh=edited))
    job = Run("j", submit, str(tmp_path), source_folder=str(parent[0]))
    shown = [event for event in run_job(job, engine, SeesEverything()) if hasattr(event, "sequence")]
    assert {type(event) for event in shown} == {MeshSnapshot}
    assert np.abs(shown[0].vertices).max() == pytest.approx(0.5, abs=0.01)


def test_a_rough_shape_comes_back_where_it_stood(engine: XBindEngine, tmp_path: Path) -> None:
    shape = trimesh.creation.box((0.2, 0.2, 0.3)).apply_translation((0.3, -0.2, 0.1))
    submit = smallest(source=Refine(source_mesh(shape), 1.0))
    finished = result(engine, submit, tmp_path / "refined")
    finished.mesh.validate()
    low, high = finished.mesh.vertices.min(axis=0), finished.mesh.vertices.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, (0.3, -0.2, 0.1), atol=0.02)
    np.testing.assert_allclose(high - low, (0.2, 0.2, 0.3), atol=0.05)
    assert placement_in(tmp_path / "refined") != STAYING
    again = smallest(source=Continue("refined", "geometry"))
    assert_same(result(engine, again, tmp_path / "again", tmp_path / "refined"), finished)


def test_a_placement_is_kept_and_a_damaged_one_named(tmp_path: Path) -> None:
    moved = Placement((0.1, -0.2, 0.3), 2.5)
    moved.save(tmp_path)
    assert placement_in(tmp_path) == moved
    (tmp_path / "placement.json").write_text("[]", "utf-8")
    with pytest.raises(ValueError, match=r"placement\.json cannot be read"):
        placement_in(tmp_path)


# --- angles -----------------------------------------------------------------------------------------------------------


def test_the_angle_of_a_picture_is_that_of_the_reference_camera() -> None:
    picture = (m.WeightedPrompt(m.ImagePrompt(b"png")),)
    seen = m.SeenFrom(elevation=20.0, azimuth=90.0)
    asked = named_recipe(smallest(prompts=picture, seen_from=seen), "builtin").reference
    assert (asked.elevation, asked.azimuth) == (20.0, 90.0)
    words = named_recipe(smallest(seen_from=seen), "builtin").reference
    assert words == named_recipe(smallest(), "builtin").reference
