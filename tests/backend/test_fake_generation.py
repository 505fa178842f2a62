"""The fake generator behaves like a real one: closed surfaces, limits, checkpoints, seeds."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from any_to_3d.backend import fake_generation
from any_to_3d.backend.engine import Stage
from any_to_3d.backend.fake_generation import FakeEngine, FakeMoment, sphere, textured_torus, torus
from any_to_3d.shared.mesh import SourceMesh, TexturedMesh, TextureSnapshot
from any_to_3d.shared.messages import CutOut, ImagePrompt, Submit, TextPrompt, WeightedPrompt
from any_to_3d.shared.starting_points import Continue, Refine, Retexture
from PIL import Image
from requests_and_jobs import request
from safetensors import SafetensorError
from source_meshes import square


def moments(checkpoint: Path | None = None, **settings: float) -> list[FakeMoment]:
    engine = FakeEngine(sleep=lambda seconds: None)
    ran = engine.run("j1", request(**settings), checkpoint)
    return [moment for moment in ran if not isinstance(moment, Stage)]


@pytest.mark.parametrize(("surface", "euler"), [(sphere(0.5), 2), (torus(0.6, 0.2), 0)])
def test_the_surfaces_are_closed_and_face_outwards(surface: tuple[np.ndarray, np.ndarray], euler: int) -> None:
    mesh = trimesh.Trimesh(*surface, process=False)
    assert mesh.is_watertight
    assert mesh.euler_number == euler
    assert mesh.volume > 0


def test_every_snapshot_is_valid_and_keeps_the_face_limit() -> None:
    for moment in moments(steps=4):
        for limit in (100, 1000, 50_000):
            snapshot = moment.snapshot(1, limit)
            snapshot.validate()
            assert len(snapshot.faces) <= limit


def test_the_same_topology_means_the_same_faces() -> None:
    faces: dict[int, np.ndarray] = {}
    for moment in moments(steps=3):
        for limit in (200, 50_000):
            snapshot = moment.snapshot(1, limit)
            known = faces.setdefault(snapshot.topology, snapshot.faces)
            assert (known == snapshot.faces).all()
    assert len(faces) == 4


def test_the_object_changes_from_step_to_step() -> None:
    first, second, *_ = (moment.snapshot(1, 50_000).vertices for moment in moments(steps=4))
    assert np.abs(first - second).max() > 0.01


def test_the_result_is_valid_and_follows_the_seed() -> None:
    textured_torus(0.6, 0.2, 0).validate()
    assert (textured_torus(0.6, 0.2, 3).albedo == textured_torus(0.6, 0.2, 3).albedo).all()
    assert (textured_torus(0.6, 0.2, 3).albedo != textured_torus(0.6, 0.2, 4).albedo).any()


def test_finishing_yields_fractions_and_last_the_mesh() -> None:
    *fractions, mesh = moments(steps=1)[-1].textured()
    assert fractions == [0.0, 0.25, 0.5, 0.75]
    assert isinstance(mesh, TexturedMesh)


def test_a_resumed_run_starts_after_the_saved_step(tmp_path: Path) -> None:
    first = moments(steps=4)
    first[5].save(tmp_path)
    resumed = moments(tmp_path, steps=4)
    assert [(moment.phase, moment.index) for moment in resumed][:2] == [("geometry", 2), ("geometry", 3)]
    assert resumed[-1].number == first[-1].number


def picture_request(data: bytes) -> Submit:
    return Submit("r1", (WeightedPrompt(ImagePrompt(data)),), overrides={"steps": 1.0})


def test_a_picture_is_shown_whole_and_small() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (512, 128), "red").save(buffer, "PNG")
    ran = FakeEngine(sleep=lambda seconds: None).run("j1", picture_request(buffer.getvalue()), None)
    (shown,) = [each for each in ran if isinstance(each, CutOut)]
    assert (shown.job_id, shown.part, shown.method) == ("j1", 0, "none")
    assert Image.open(io.BytesIO(shown.picture)).size == (256, 64)


def test_a_picture_that_is_none_fails_the_fake_job_too() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        list(FakeEngine(sleep=lambda seconds: None).run("j1", picture_request(b"no picture"), None))


def retexture(strength: float = 1.0, text: str = "a green square", **changes: object) -> Submit:
    source = Retexture(square(**changes), strength, 16, 16, mask_border=0)
    return Submit("r1", (WeightedPrompt(TextPrompt(text)),), overrides={"steps": 3.0}, source=source)


def test_a_given_mesh_gets_the_colour_that_the_prompt_names_and_nothing_else_changes() -> None:
    engine, submit = FakeEngine(sleep=lambda seconds: None), retexture()
    assert [phase.name for phase in engine.plan(submit).phases] == ["texture"]
    ran = [moment for moment in engine.run("j1", submit, None) if not isinstance(moment, Stage)]
    assert len(ran) == 3
    textures = [moment.snapshot(1, 100, 8) for moment in ran]
    assert all(isinstance(texture, TextureSnapshot) and texture.albedo.shape == (8, 8, 3) for texture in textures)
    assert (textures[0].albedo != textures[2].albedo).any()
    *_, mesh = ran[-1].textured()
    given = submit.source.mesh
    assert mesh.vertices is given.vertices
    assert mesh.uv_faces is given.uv_faces
    red, green, blue = mesh.albedo.reshape(-1, 3).mean(axis=0)
    assert green > 1.5 * max(red, blue)


def test_who_takes_no_texture_is_shown_a_coloured_mesh() -> None:
    engine = FakeEngine(sleep=lambda seconds: None)
    *_, last = engine.run("j1", retexture(), None)
    snapshot = last.snapshot(1, 100)
    snapshot.validate()
    assert len(snapshot.faces) == 2


def test_what_a_mask_keeps_is_kept_by_the_fake_profile_too() -> None:
    mask = np.zeros((16, 16), np.uint8)
    mask[:, 8:] = 255
    submit = retexture(mask=mask)
    *_, last = FakeEngine(sleep=lambda seconds: None).run("j1", submit, None)
    *_, mesh = last.textured()
    assert (mesh.albedo[:, :8] == submit.source.mesh.albedo[:, :8]).all()
    assert (mesh.albedo[:, 8:] != submit.source.mesh.albedo[:, 8:]).any()


# --- starting points --------------------------------------------------------------------------------------------------


def shape() -> SourceMesh:
    none = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    return SourceMesh(*sphere(0.5, 6, 8), *none)


def course(submit: Submit, parent: Path | None = None) -> list[tuple[str, int]]:
    ran = FakeEngine(sleep=lambda seconds: None).run("j2", submit, None, parent)
    return [(moment.phase, moment.index) for moment in ran if not isinstance(moment, Stage)]


def test_a_continued_job_begins_after_the_checkpoint(tmp_path: Path) -> None:
    for moment in moments(steps=2):
        moment.save(tmp_path)
    asked = replace(request(steps=2), source=Continue("j1", "coarse"))
    assert course(asked, tmp_path) == [("geometry", 0), ("geometry", 1), ("texture", 0), ("texture", 1)]
    longer = replace(asked, source=Continue("j1", "texture", more_steps=2))
    assert course(longer, tmp_path) == [("texture", 2), ("texture", 3)]
    assert course(replace(asked, until="geometry"), tmp_path) == [("geometry", 0), ("geometry", 1)]
    with pytest.raises(ValueError, match="lies in phase 'texture', after 'coarse'"):
        course(replace(longer, until="coarse"), tmp_path)


def test_a_job_ends_after_the_phase_that_it_is_asked_for() -> None:
    assert course(replace(request(steps=1), until="geometry")) == [("coarse", 0), ("geometry", 0)]


@pytest.mark.parametrize("source", [Refine(shape()), Continue("j1", mesh=shape())])
def test_a_given_shape_comes_back_in_colour(source: Refine | Continue) -> None:
    submit = replace(request(steps=1), source=source)
    ran = FakeEngine(sleep=lambda seconds: None).run("j2", submit, None)
    *_, last = (moment for moment in ran if not isinstance(moment, Stage))
    *_, mesh = last.textured()
    mesh.validate()
    assert (mesh.vertices == shape().vertices).all()
    assert mesh.albedo.std() > 0
    last.snapshot(1, 500).validate()


def test_a_full_disk_is_no_defect_of_the_fake_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise SafetensorError("no space left on device")

    monkeypatch.setattr(fake_generation, "save_file", full)
    moment = moments()[5]
    with pytest.raises(OSError, match="no space left"):
        moment.save(tmp_path)
