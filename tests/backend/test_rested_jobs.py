"""What became of a job that was interrupted is, byte for byte, what would have become of it; on a CPU."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend import xbind_engine
from any_to_3d.backend.engine import Engine
from any_to_3d.backend.fake_generation import FakeEngine
from any_to_3d.backend.finishing.mesh_repair import is_closed
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import TexturedMesh
from generator.toy_world import runtime
from requests_and_jobs import request

SMALLEST = {"steps_scale": 0.01, "texture_size": 128.0, "max_faces": 600.0}


@dataclass
class Interruptions:
    """A Control that pauses at the moments of these numbers, counted over all attempts; 0 is the first stage."""

    moments: frozenset[int] = frozenset()
    asked: int = -1

    def wish(self) -> Wish:
        self.asked += 1
        return "pause" if self.asked in self.moments else "go on"

    def wanted_faces(self) -> int | None:
        return None

    def wanted_texture(self) -> int:
        return 0


def outcome(engine: Engine, submit: m.Submit, folder: Path, moments: Sequence[int] = ()) -> tuple[TexturedMesh, int]:
    """The finished mesh, and in how many attempts."""
    folder.mkdir()
    control = Interruptions(frozenset(moments))
    for attempt in range(1, 40):
        last = list(run_job(Run("j1", submit, str(folder), attempt), engine, control))[-1]
        if not isinstance(last, m.Paused):
            assert isinstance(last, m.Finished), last
            return last.mesh, attempt
    raise AssertionError("it never ended")


def same(one: TexturedMesh, other: TexturedMesh) -> bool:
    names = ("vertices", "faces", "uvs", "uv_faces", "albedo")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> XBindEngine:
    """In the world of one red ball, also after its networks were dropped and loaded again."""
    monkeypatch.setattr(xbind_engine, "build_runtime", lambda *_, **_settings: runtime())
    monkeypatch.setattr(xbind_engine, "warm_up", lambda *_: None)
    return XBindEngine("builtin", "cpu", "", 1)


def test_the_real_generator_makes_the_same_bytes_however_often_it_was_paused(
    engine: XBindEngine, tmp_path: Path
) -> None:
    submit = m.Submit("r", request().prompts, preset="draft", overrides=SMALLEST)
    undisturbed, attempts = outcome(engine, submit, tmp_path / "undisturbed")
    assert attempts == 1
    # In stage 0, and every few moments, which meets steps, ends of phases and the finish.
    mesh, attempts = outcome(engine, submit, tmp_path / "paused", (0, 2, *range(7, 100, 9)))
    assert attempts > 4
    assert same(mesh, undisturbed)


@pytest.mark.parametrize("moments", [(0,), (2,), (3,), (4, 9, 14), range(0, 60, 4)])
def test_the_fake_generator_makes_the_same_bytes_too(tmp_path: Path, moments: Sequence[int]) -> None:
    engine = FakeEngine(sleep=lambda seconds: None)
    submit = request(steps=4)
    undisturbed, _ = outcome(engine, submit, tmp_path / "undisturbed")
    mesh, attempts = outcome(engine, submit, tmp_path / "paused", moments)
    assert attempts > 1
    assert same(mesh, undisturbed)


@dataclass
class Hurry:
    """A Control that is told, while the job runs, to ask for the object as it is."""

    now: Wish = "go on"

    def wish(self) -> Wish:
        return self.now

    def wanted_faces(self) -> int | None:
        return None

    def wanted_texture(self) -> int:
        return 0


@pytest.mark.parametrize("phase", ["coarse", "geometry", "texture"])
def test_a_job_finished_early_in_any_phase_gives_a_closed_unwrapped_and_textured_mesh(
    engine: XBindEngine, tmp_path: Path, phase: str
) -> None:
    submit = m.Submit("r", request().prompts, preset="draft", overrides={**SMALLEST, "steps_scale": 0.08})
    control, told = Hurry(), []
    # By this clock a second passes with every look at it, so each step is reported.
    for event in run_job(Run("j1", submit, str(tmp_path)), engine, control, itertools.count().__next__):
        if isinstance(event, m.Progress):
            told.append(event)
            control.now = "finish" if event.phase == phase else control.now
    assert isinstance(event, m.Finished), event
    assert (told[-1].phase, told[-1].step) == (phase, 2)
    assert told[-1].notice == f"Finished early, as asked: {phase} 2/{told[-1].steps}."
    event.mesh.validate()
    assert is_closed(event.mesh.faces)
    assert len(np.unique(event.mesh.albedo.reshape(-1, 3), axis=0)) > 1
