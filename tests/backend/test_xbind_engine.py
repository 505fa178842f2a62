"""The real generator behind the worker's seam, in a world of one red ball; the built-in recipe at its very smallest."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from any_to_3d.backend.engine import Stage
from any_to_3d.backend.worker import run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import CHECKPOINT, XBindEngine, recipe_of
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from generator.toy_world import runtime
from photos import photo, png
from requests_and_jobs import request

SMALLEST = {"steps_scale": 0.01, "texture_size": 128.0, "max_faces": 600.0}


class Wishes:
    def cancelled(self) -> bool:
        return False

    def wanted_faces(self) -> int | None:
        return 300


@pytest.fixture
def engine() -> XBindEngine:
    return XBindEngine("builtin", "cpu", "", 1, runtime())


def smallest(preset: str = "draft") -> m.Submit:
    return m.Submit("r", request().prompts, preset=preset, overrides=SMALLEST)


def test_a_request_becomes_a_finished_mesh_with_snapshots_on_the_way(engine: XBindEngine, tmp_path: Path) -> None:
    events = list(run_job(Run("j1", smallest(), str(tmp_path)), engine, Wishes()))
    finished = events[-1]
    assert isinstance(finished, m.Finished), finished
    assert len(finished.mesh.faces) <= 600
    assert finished.mesh.albedo.shape == (128, 128, 3)
    assert [event for event in events if isinstance(event, MeshSnapshot)]
    progress = [event for event in events if isinstance(event, m.Progress)]
    assert [event.phase for event in progress if event.step == event.steps] == ["coarse", "geometry", "texture"]
    assert all(isinstance(value, float) for event in progress for value in event.losses.values())


def test_a_job_goes_on_from_the_phase_that_its_checkpoint_ended(engine: XBindEngine, tmp_path: Path) -> None:
    submit = smallest()
    for moment in engine.run("j1", submit, None):
        if not isinstance(moment, Stage) and moment.ends_phase:
            moment.save(tmp_path)
            break
    assert (tmp_path / CHECKPOINT).is_file()
    resumed = [moment for moment in engine.run("j1", submit, tmp_path) if not isinstance(moment, Stage)]
    assert "coarse" not in [moment.phase for moment in resumed]
    assert resumed[-1].phase == "texture"


def test_an_unreadable_checkpoint_starts_the_job_anew(engine: XBindEngine, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"broken")
    first = next(moment for moment in engine.run("j1", smallest(), tmp_path) if not isinstance(moment, Stage))
    assert (first.phase, first.index) == ("coarse", 0)


def test_the_plan_is_the_recipes(engine: XBindEngine) -> None:
    plan = engine.plan(m.Submit("r", (), preset="high"))
    recipe = recipe_of(m.Submit("r", (), preset="high"), "builtin")
    assert [(phase.name, phase.steps) for phase in plan.phases] == [
        (phase.name, phase.steps) for phase in recipe.phases
    ]


def test_a_recipe_or_preset_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"no recipe 'magic' with preset 'standard'; recipes are xbind, stable_sds"):
        recipe_of(m.Submit("r", (), recipe="magic"), "builtin")
    with pytest.raises(ValueError, match=r"of the others only standard"):
        recipe_of(m.Submit("r", (), recipe="zero_sds", preset="draft"), "builtin")


def test_the_cut_out_is_told_before_anything_is_made_of_it(engine: XBindEngine, tmp_path: Path) -> None:
    submit = m.Submit("r", (m.WeightedPrompt(m.ImagePrompt(png(photo()))),), preset="draft", overrides=SMALLEST)
    events = run_job(Run("j1", submit, str(tmp_path)), engine, Wishes())
    first = [next(events) for _ in range(3)]
    assert [type(event) for event in first] == [m.Preparing, m.CutOut, m.Preparing]
    assert (first[1].part, first[1].method, first[1].notice) == (0, "GrabCut", "")


def test_what_a_sound_is_heard_as_is_told_before_anything_is_made_of_it(engine: XBindEngine, tmp_path: Path) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(16_000) / 10), 16_000, format="WAV")
    parts = (*request().prompts, m.WeightedPrompt(m.AudioPrompt(file.getvalue())))
    submit = m.Submit("r", parts, preset="draft", overrides=SMALLEST)
    events = run_job(Run("j1", submit, str(tmp_path)), engine, Wishes())
    shown = next(event for event in events if not isinstance(event, m.Preparing))
    assert isinstance(shown, m.CutOut)
    assert (shown.part, shown.method) == (1, "none")
    assert shown.notice.startswith("Heard as: ")


def test_a_picture_that_cannot_be_read_fails_the_job_and_says_so(engine: XBindEngine, tmp_path: Path) -> None:
    submit = m.Submit("r", (m.WeightedPrompt(m.ImagePrompt(b"no picture")),))
    failed = list(run_job(Run("j1", submit, str(tmp_path)), engine, Wishes()))[-1]
    assert failed.problem.code == "bad_request"
    assert failed.problem.message.startswith("the image prompt cannot be read")


def test_missing_weights_fail_the_job_by_name(tmp_path: Path) -> None:
    engine = XBindEngine("full", "cpu", str(tmp_path / "nothing"), 1)
    failed = list(run_job(Run("j1", smallest(), str(tmp_path)), engine, Wishes()))[-1]
    assert failed.problem.code == "missing_weights"
    assert str(tmp_path / "nothing") in failed.problem.message


def test_builtin_networks_take_one_thread_unless_asked_for_more() -> None:
    before = torch.get_num_threads()
    try:
        XBindEngine("builtin", "cpu", "", threads=0)
        assert torch.get_num_threads() == 1
        XBindEngine("builtin", "cpu", "", threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
