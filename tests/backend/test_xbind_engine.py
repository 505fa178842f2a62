"""The real generator behind the worker's seam, in a world of one red ball; the built-in recipe at its very smallest."""

import io
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from any_to_3d.backend import xbind_engine
from any_to_3d.backend.device_memory import DeviceMemory
from any_to_3d.backend.engine import Stage
from any_to_3d.backend.generator.condition import Preparing
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.memory_forecast import GIB
from any_to_3d.backend.models.precision import precision_for
from any_to_3d.backend.starting.asked_recipe import recipe_of
from any_to_3d.backend.stored_checkpoints import newest_first
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from generator.toy_world import runtime
from photos import photo, png
from requests_and_jobs import request

SMALLEST = {"steps_scale": 0.01, "texture_size": 128.0, "max_faces": 600.0}


class Wishes:
    def wish(self) -> Wish:
        return "go on"

    def wanted_faces(self) -> int | None:
        return 300

    def wanted_texture(self) -> int:
        return 0


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
    assert [path.name for path in tmp_path.iterdir()] == ["coarse.safetensors"]
    resumed = [moment for moment in engine.run("j1", submit, tmp_path) if not isinstance(moment, Stage)]
    assert "coarse" not in [moment.phase for moment in resumed]
    assert resumed[-1].phase == "texture"


def test_an_unreadable_checkpoint_starts_the_job_anew(engine: XBindEngine, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"broken")
    first = next(moment for moment in engine.run("j1", smallest(), tmp_path) if not isinstance(moment, Stage))
    assert (first.phase, first.index) == ("coarse", 0)


def test_a_damaged_checkpoint_leaves_the_end_of_the_phase_before(engine: XBindEngine, tmp_path: Path) -> None:
    submit, stored = smallest(), []
    for moment in engine.run("j1", submit, None):
        if not isinstance(moment, Stage):
            moment.save(tmp_path)
            stored.append((moment.phase, moment.index))
            if moment.phase == "geometry":
                break
    assert stored[-1] == ("geometry", 0)
    newest = newest_first(tmp_path)[0]
    damaged = bytearray(newest.read_bytes())
    damaged[-1] ^= 1
    newest.write_bytes(damaged)
    first = next(moment for moment in engine.run("j1", submit, tmp_path) if not isinstance(moment, Stage))
    assert (first.phase, first.index) == ("geometry", 0)


def test_d3_unloading_lets_go_of_the_networks_and_loading_brings_them_back(
    engine: XBindEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = weakref.ref(engine._runtime)
    engine.unload()
    assert network() is None
    monkeypatch.setattr(xbind_engine, "build_runtime", lambda *_, **_settings: runtime())
    monkeypatch.setattr(xbind_engine, "warm_up", lambda *_: None)
    engine.load()
    assert engine._runtime is not None


def test_d3_memory_is_told_before_and_after_loading_even_for_a_device_that_is_not_there(engine: XBindEngine) -> None:
    for each in (engine, XBindEngine("builtin", "cuda:99", "", 1)):
        memory = each.memory()
        assert 0 < memory.free <= memory.total


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


def told_by(engine: XBindEngine, monkeypatch: pytest.MonkeyPatch, available: float) -> tuple[str, ...]:
    """The notices of a job's stages, on a device that is said to be a GPU of so many bytes; up to the first step."""
    memory = DeviceMemory(total=int(8 * GIB), available=int(available))
    monkeypatch.setattr(xbind_engine, "memory_of", lambda device: memory)
    monkeypatch.setattr(xbind_engine, "choose_precision", lambda device: precision_for("cuda", has_bfloat16=True))
    monkeypatch.setattr(xbind_engine, "generate", lambda *arguments: iter([Preparing("imagining", 0.5)]))
    submit = m.Submit("r", request().prompts, preset="draft")
    return tuple(moment.notice for moment in engine.run("j1", submit, None) if isinstance(moment, Stage))


def test_on_a_gpu_a_job_gives_up_beforehand_what_does_not_fit_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = XBindEngine("full", "cpu", str(tmp_path), 1, runtime())
    assert set(told_by(engine, monkeypatch, 80 * GIB)) == {""}
    engine = XBindEngine("full", "cpu", str(tmp_path), 1, runtime())
    (told,) = set(told_by(engine, monkeypatch, 7 * GIB)) - {""}
    assert told.startswith(
        "To fit into 7.0 GiB of graphics memory, the networks see one picture at a time and the auto"
    )


def test_what_a_job_has_given_up_it_does_not_take_back_when_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = XBindEngine("full", "cpu", str(tmp_path), 1, runtime())
    told_by(engine, monkeypatch, 80 * GIB)
    assert engine.relieve() is not None
    economy = engine._economy
    assert set(told_by(engine, monkeypatch, 80 * GIB)) == {""}
    assert engine._economy == economy != Economy()


def test_the_builtin_profile_gives_up_nothing_beforehand(monkeypatch: pytest.MonkeyPatch, engine: XBindEngine) -> None:
    assert set(told_by(engine, monkeypatch, GIB)) == {""}


def test_builtin_networks_take_one_thread_unless_asked_for_more() -> None:
    before = torch.get_num_threads()
    try:
        XBindEngine("builtin", "cpu", "", threads=0)
        assert torch.get_num_threads() == 1
        XBindEngine("builtin", "cpu", "", threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
