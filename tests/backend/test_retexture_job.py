"""A retexture job: through the real engine in the toy world, and through a real server with the fake one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.engine import Stage
from any_to_3d.backend.retexturing.painter import Colours, Painter
from any_to_3d.backend.retexturing.placed_mesh import RADIUS, PlacedMesh
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot, SourceMesh, TextureSnapshot
from any_to_3d.shared.starting_points import Retexture
from generator.toy_world import runtime
from live_backend import Backend, Talker
from source_meshes import ball, square


class Eager:
    """A Control for somebody who takes every texture."""

    def __init__(self, max_texture: int = 32) -> None:
        self._max_texture = max_texture

    def wish(self) -> Wish:
        return "go on"

    def wanted_faces(self) -> int | None:
        return 300

    def wanted_texture(self) -> int:
        return self._max_texture


def white_ball(mask: np.ndarray | None = None) -> SourceMesh:
    return replace(ball(np.full((32, 64, 3), 240, np.uint8)), mask=mask)


def asked(mesh: SourceMesh, strength: float = 1.0, **overrides: float) -> m.Submit:
    source = Retexture(mesh, strength, width=64, height=32, mask_border=2)
    prompts = (m.WeightedPrompt(m.TextPrompt("a red ball")),)
    return m.Submit("r", prompts, preset="draft", overrides={"steps_scale": 0.08, **overrides}, source=source)


@pytest.fixture
def engine() -> XBindEngine:
    return XBindEngine("builtin", "cpu", "", 1, runtime())


def test_a_job_ends_with_the_clients_own_mesh_and_textures_on_the_way(engine: XBindEngine, tmp_path: Path) -> None:
    submit = asked(white_ball())
    assert [phase.name for phase in engine.plan(submit).phases] == ["texture"]
    events = list(run_job(Run("j1", submit, str(tmp_path)), engine, Eager()))
    finished, mesh = events[-1], submit.source.mesh
    assert isinstance(finished, m.Finished), finished
    for name in ("vertices", "faces", "uvs", "uv_faces"):
        assert np.array_equal(getattr(finished.mesh, name), getattr(mesh, name))
    assert finished.mesh.albedo.shape == (32, 64, 3)
    assert (finished.mesh.albedo != mesh.albedo).any()
    textures = [event for event in events if isinstance(event, TextureSnapshot)]
    assert textures
    # Of the request's proportions, the longer side as asked.
    assert {texture.albedo.shape for texture in textures} == {(16, 32, 3)}
    assert not [event for event in events if isinstance(event, MeshSnapshot)]


def test_who_takes_no_texture_sees_the_mesh_where_it_was_sent(engine: XBindEngine, tmp_path: Path) -> None:
    submit = asked(white_ball())
    events = list(run_job(Run("j1", submit, str(tmp_path)), engine, Eager(max_texture=0)))
    shown = next(event for event in events if isinstance(event, MeshSnapshot))
    assert np.linalg.norm(shown.vertices, axis=1) == pytest.approx(np.full(len(shown.vertices), 0.6), abs=0.05)


def test_what_the_mask_keeps_is_returned_bit_by_bit(engine: XBindEngine, tmp_path: Path) -> None:
    mask = np.zeros((32, 64), np.uint8)
    mask[:, 20:40] = 255
    submit = asked(white_ball(mask))
    *_, finished = run_job(Run("j1", submit, str(tmp_path)), engine, Eager())
    assert isinstance(finished, m.Finished), finished
    assert (finished.mesh.albedo[mask == 0] == 240).all()
    assert (finished.mesh.albedo[mask > 0] != 240).any()


def test_a_resumed_job_ends_in_the_same_texture(tmp_path: Path) -> None:
    submit = asked(white_ball(), strength=0.5)

    def texture(moments: Iterator[object]) -> np.ndarray:
        *_, last = moments
        *_, mesh = last.textured()
        return mesh.albedo

    through = texture(XBindEngine("builtin", "cpu", "", 1, runtime()).run("j1", submit, None))
    for moment in XBindEngine("builtin", "cpu", "", 1, runtime()).run("j1", submit, None):
        if not isinstance(moment, Stage) and moment.index == 1:
            moment.save(tmp_path)
            break
    resumed = texture(XBindEngine("builtin", "cpu", "", 1, runtime()).run("j1", submit, tmp_path))
    assert np.array_equal(resumed, through)


def test_overlapping_coordinates_are_told_of(engine: XBindEngine, tmp_path: Path) -> None:
    mesh = square()
    twice = replace(mesh, faces=np.tile(mesh.faces, (2, 1)), uv_faces=np.tile(mesh.uv_faces, (2, 1)))
    submit = replace(asked(twice), source=Retexture(twice, 1.0, 16, 16))
    told = [stage.notice for stage in engine.run("j1", submit, None) if isinstance(stage, Stage) and stage.notice]
    assert told[0].startswith("100 % of the texels belong to several faces")


def test_a_mesh_without_extent_fails_with_a_reason(engine: XBindEngine, tmp_path: Path) -> None:
    mesh = square()
    point = replace(mesh, vertices=np.zeros_like(mesh.vertices))
    submit = replace(asked(point), source=Retexture(point, 1.0, 16, 16))
    *_, failed = run_job(Run("j1", submit, str(tmp_path)), engine, Eager())
    assert isinstance(failed, m.Failed)
    assert "all its corners lie on one point" in failed.problem.message


def test_a_mesh_is_placed_in_the_ball_and_back(engine: XBindEngine) -> None:
    mesh = square()
    away = replace(mesh, vertices=mesh.vertices * np.float32(0.3) + np.float32(0.2))
    placed = PlacedMesh.of(away)
    assert np.linalg.norm(placed.vertices, axis=1) == pytest.approx(np.full(4, RADIUS), abs=1e-6)
    assert placed.unplaced(placed.vertices) == pytest.approx(away.vertices, abs=1e-6)


def test_present_colours_are_those_of_the_texture() -> None:
    albedo = np.zeros((2, 2, 3), np.uint8)
    albedo[0] = 255
    known = PlacedMesh.of(square(albedo=albedo)).present_colours(0)
    assert known is not None
    height = known.points[:, 2]
    assert (known.colours[height > 0.3] == 1).all()
    assert (known.colours[height < -0.3] == 0).all()


def test_a_tint_moves_colours_and_keeps_what_is_finer_than_the_field() -> None:
    mesh = square(side=16)
    painter = Painter(Retexture(mesh, 0.3, 16, 16), PlacedMesh.of(mesh).vertices)

    def flat(value: float) -> object:
        return lambda points: np.full((len(points), 3), value, np.float32)

    *_, made = painter.finished(Colours(flat(0.6), flat(0.5)))
    assert mesh.albedo is not None
    expected = (mesh.albedo / 255 + 0.1).clip(0, 1) * 255
    assert np.abs(made.albedo - expected).max() <= 1


def test_textures_reach_a_client_over_real_sockets_one_for_each_acknowledgement(tmp_path: Path) -> None:
    source = Retexture(square(side=32), 1.0, 32, 32)
    submit = replace(asked(square()), source=source, preset="standard")
    submit = replace(submit, overrides={"seconds": 4.0, "steps": 40.0})
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.send(m.Hello("1.4", "test"))
        assert "retexture" in talker.of(m.Welcome).operations
        talker.send(submit)
        job_id = talker.of(m.Accepted).job_id
        talker.send(m.Watch(job_id, max_texture=16))
        first = talker.of(TextureSnapshot, 60.0)
        assert first.albedo.shape == (16, 16, 3)
        assert not [each for each in talker.silence(0.5) if isinstance(each, TextureSnapshot)]
        talker.send(m.Ack(job_id, first.sequence))
        assert talker.of(TextureSnapshot).sequence > first.sequence
        finished = talker.of(m.Finished, 60.0)
        assert np.array_equal(finished.mesh.vertices, source.mesh.vertices)
        assert finished.mesh.albedo.shape == (32, 32, 3)
