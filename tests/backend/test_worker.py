"""run_job with a scripted engine and a clock of its own: which events come, and when."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from any_to_3d.backend.engine import PhasePlan, Plan, Stage
from any_to_3d.backend.problems import OUT_OF_MEMORY_HINT
from any_to_3d.backend.stored_checkpoints import NoSuchCheckpoint
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Memory, Run, Saved
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot, TexturedMesh
from any_to_3d.shared.messages import Submit
from requests_and_jobs import request, snapshot, textured

PLAN = Plan((PhasePlan("coarse", 4), PhasePlan("texture", 4)))


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ScriptedMoment:
    engine: "ScriptedEngine"
    phase: str
    index: int

    @property
    def ends_phase(self) -> bool:
        return self.index == 3

    def losses(self) -> dict[str, float]:
        return {"sds": 1.0, "broken": math.nan}

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | None:
        self.engine.clock.now += self.engine.snapshot_seconds
        return snapshot(sequence=sequence) if self.engine.has_surface else None

    def textured(self) -> Iterator[float | TexturedMesh]:
        yield 0.0
        yield 0.5
        yield textured()

    def save(self, folder: Path) -> None:
        (folder / "saved").write_text(json.dumps([self.phase, self.index]))
        self.engine.saves.append((self.phase, self.index))


@dataclass
class ScriptedEngine:
    """Two phases of four steps, each taking ``step_seconds`` on the given clock."""

    clock: Clock
    step_seconds: float = 0.5
    snapshot_seconds: float = 0.0
    has_surface: bool = True
    error: Exception | None = None
    reliefs: tuple[str, ...] = ()
    cut_outs: tuple[m.CutOut, ...] = ()
    notice: str = ""
    saves: list[tuple[str, int]] = field(default_factory=list)
    resumed_from: Path | None = None
    was_closed: bool = False
    was_closed_before_unloading: bool | None = None
    device: str = "cpu"
    kernels: str = "scripted"

    def load(self) -> None: ...

    def plan(self, submit: Submit, source: Path | None = None) -> Plan:
        return PLAN

    def unload(self) -> None:
        self.was_closed_before_unloading = self.was_closed

    def memory(self) -> Memory:
        return Memory(1, 1)

    def relieve(self) -> str | None:
        """Each relief lets the job through one error later: with the last one there is none."""
        if not self.reliefs:
            return None
        given_up, *left = self.reliefs
        self.reliefs = tuple(left)
        if not left:
            self.error = None
        return given_up

    def run(
        self, job_id: str, submit: Submit, checkpoint: Path | None, source: Path | None = None
    ) -> Iterator[Stage | m.CutOut | ScriptedMoment]:
        self.resumed_from = checkpoint
        try:
            if self.notice:
                yield Stage("making room", 0.0, self.notice)
            yield Stage("embedding the prompt", 0.0)
            yield from self.cut_outs
            for phase in PLAN.phases:
                for index in range(phase.steps):
                    if self.error is not None and (phase.name, index) == ("coarse", 2):
                        raise self.error
                    self.clock.now += self.step_seconds
                    yield ScriptedMoment(self, phase.name, index)
        finally:
            self.was_closed = True


@dataclass
class Wishes:
    """A Control with a wish after so many questions, which always wants snapshots, or never."""

    after: int = 10**9
    then: Wish = "cancel"
    faces: int | None = None
    asked: int = 0

    def wish(self) -> Wish:
        self.asked += 1
        return self.then if self.asked > self.after else "go on"

    def wanted_faces(self) -> int | None:
        return self.faces

    def wanted_texture(self) -> int:
        return 0


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(Clock())


def run(engine: ScriptedEngine, folder: Path, wishes: Wishes | None = None, attempt: int = 1) -> list[m.Event]:
    return list(run_job(Run("j1", request(), str(folder), attempt), engine, wishes or Wishes(), engine.clock))


def of(kind: type, events: list[m.Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_cut_outs_are_passed_on_before_the_first_step(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.cut_outs = (m.CutOut("j1", 0, b"png", "GrabCut"),)
    events = run(engine, tmp_path)
    assert [type(event) for event in events[:3]] == [m.Preparing, m.CutOut, m.Progress]
    assert events[1] == engine.cut_outs[0]


def test_the_last_event_is_finished_with_the_time_it_took(engine: ScriptedEngine, tmp_path: Path) -> None:
    events = run(engine, tmp_path)
    assert isinstance(events[0], m.Preparing)
    assert (events[-1].job_id, events[-1].seconds) == ("j1", 4.0)
    assert len(of(m.Finished, events)) == 1


def test_progress_comes_once_a_second_and_at_the_end_of_each_phase(engine: ScriptedEngine, tmp_path: Path) -> None:
    reports = [(event.phase, event.step) for event in of(m.Progress, run(engine, tmp_path))]
    assert reports == [("coarse", 1), ("coarse", 3), ("coarse", 4), ("texture", 1), ("texture", 3), ("texture", 4)]


def test_a_loss_that_is_no_number_is_left_out(engine: ScriptedEngine, tmp_path: Path) -> None:
    assert {tuple(event.losses) for event in of(m.Progress, run(engine, tmp_path))} == {("sds",)}


def test_progress_tells_speed_and_time_left(engine: ScriptedEngine, tmp_path: Path) -> None:
    first, second, *_ = of(m.Progress, run(engine, tmp_path))
    assert (first.steps_per_second, first.seconds_left) == (0.0, None)
    assert second.steps_per_second == pytest.approx(2.0)
    assert second.seconds_left == pytest.approx(2.5)
    assert second.overall == pytest.approx(3 / 8)


def test_no_snapshot_is_made_while_nobody_wants_one(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.snapshot_seconds = 99.0
    run(engine, tmp_path)
    assert engine.clock.now == 4.0


def test_snapshots_are_numbered_and_cost_a_bounded_share_of_the_time(engine: ScriptedEngine, tmp_path: Path) -> None:
    frames = of(MeshSnapshot, run(engine, tmp_path, Wishes(faces=100)))
    assert [frame.sequence for frame in frames] == list(range(1, 9))
    engine.snapshot_seconds = 0.3
    assert len(of(MeshSnapshot, run(engine, tmp_path, Wishes(faces=100)))) == 3


def test_a_second_attempt_numbers_its_snapshots_apart_from_the_first(engine: ScriptedEngine, tmp_path: Path) -> None:
    frames = of(MeshSnapshot, run(engine, tmp_path, Wishes(faces=100), attempt=2))
    assert [frame.sequence for frame in frames][:2] == [1_000_001, 1_000_002]
    assert frames[0].topology == 1_000_001


def test_a_scene_without_a_surface_yet_gives_no_snapshot(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.has_surface = False
    events = run(engine, tmp_path, Wishes(faces=100))
    assert not of(MeshSnapshot, events)
    assert of(m.Finished, events)


def test_a_checkpoint_is_saved_at_the_end_of_each_phase(engine: ScriptedEngine, tmp_path: Path) -> None:
    run(engine, tmp_path)
    assert engine.saves == [("coarse", 3), ("texture", 3)]


def test_a_checkpoint_is_saved_every_thirty_seconds(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.step_seconds = 12.5
    run(engine, tmp_path)
    assert engine.saves == [("coarse", 2), ("coarse", 3), ("texture", 1), ("texture", 3)]


def test_only_a_resumed_job_is_given_its_folder(engine: ScriptedEngine, tmp_path: Path) -> None:
    run(engine, tmp_path)
    assert engine.resumed_from is None
    run(engine, tmp_path, attempt=2)
    assert engine.resumed_from == tmp_path


@pytest.mark.parametrize("questions", range(11))
def test_cancel_is_heard_at_every_point_and_closes_the_generator(
    engine: ScriptedEngine, tmp_path: Path, questions: int
) -> None:
    events = run(engine, tmp_path, Wishes(questions))
    assert events[-1] == m.Cancelled("j1")
    assert engine.was_closed
    assert not of(m.Finished, events)


PAUSES = range(11)
"""Two stages, eight steps, and the parts of the finish."""


@pytest.mark.parametrize("questions", PAUSES)
def test_a_pause_at_every_point_stores_the_state_lets_go_of_it_and_then_frees_the_memory(
    engine: ScriptedEngine, tmp_path: Path, questions: int
) -> None:
    events = run(engine, tmp_path, Wishes(questions, "pause"))
    assert events[-1] == m.Paused("j1")
    assert engine.was_closed_before_unloading
    if questions:
        steps = [(phase, index) for phase in ("coarse", "texture") for index in range(4)]
        assert engine.saves[-1] == steps[min(questions, 8) - 1]
    else:
        assert engine.saves == []


def test_a_state_that_the_disk_does_not_take_is_told_and_the_job_goes_on(
    engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(moment: ScriptedMoment, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ScriptedMoment, "save", no_space)
    events = run(engine, tmp_path)
    assert isinstance(events[-1], m.Finished)
    assert "could not be stored (No space left on device)" in of(m.Progress, events)[-1].notice
    assert not of(Saved, events)
    assert run(engine, tmp_path, Wishes(3, "pause"))[-1] == m.Paused("j1")


def test_every_stored_state_is_told_with_how_far_it_is(engine: ScriptedEngine, tmp_path: Path) -> None:
    assert of(Saved, run(engine, tmp_path)) == [Saved("j1", 0.5), Saved("j1", 1.0)]


def test_finishing_early_takes_no_further_step_stores_the_last_one_and_says_so(
    engine: ScriptedEngine, tmp_path: Path
) -> None:
    events = run(engine, tmp_path, Wishes(3, "finish"))
    assert engine.saves == [("coarse", 2)]
    assert of(m.Progress, events)[-1].notice == "Finished early, as asked: coarse 3/4."
    assert isinstance(events[-1], m.Finished)


def test_a_job_without_a_step_takes_one_before_it_finishes_early(engine: ScriptedEngine, tmp_path: Path) -> None:
    assert isinstance(run(engine, tmp_path, Wishes(0, "finish"))[-1], m.Finished)
    assert engine.saves == [("coarse", 0)]


def test_a_job_that_is_given_to_a_worker_to_finish_early_does_so(engine: ScriptedEngine, tmp_path: Path) -> None:
    job = Run("j1", request(), str(tmp_path), 2, finishes_early=True)
    events = list(run_job(job, engine, Wishes(), engine.clock))
    assert (engine.saves, type(events[-1])) == ([("coarse", 0)], m.Finished)
    assert list(run_job(job, engine, Wishes(2, "pause"), engine.clock))[-1] == m.Paused("j1")
    assert list(run_job(job, engine, Wishes(2, "cancel"), engine.clock))[-1] == m.Cancelled("j1")


def test_what_was_finished_early_after_its_last_step_is_simply_finished(engine: ScriptedEngine, tmp_path: Path) -> None:
    events = run(engine, tmp_path, Wishes(8, "finish"))
    assert {event.notice for event in of(m.Progress, events)} == {""}


class OutOfMemoryError(RuntimeError):
    """As torch.cuda names it."""


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (ValueError("the prompt is empty"), "bad_request", ""),
        (
            NoSuchCheckpoint("that job has no checkpoint 'coarse'"),
            "unavailable",
            "Choose another state or another job, or generate the object again.",
        ),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate"), "out_of_memory", OUT_OF_MEMORY_HINT),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            "out_of_memory",
            OUT_OF_MEMORY_HINT,
        ),
        (MemoryError(), "out_of_memory", OUT_OF_MEMORY_HINT),
        (FileNotFoundError("no unet"), "missing_weights", "Run 'any-to-3d doctor' to see what is missing and where."),
        (
            OSError(28, "No space left on device"),
            "internal",
            "Check the free space and the permissions of the backend's data folder.",
        ),
        (ZeroDivisionError("oh"), "internal", "This is a defect: please report it with the backend's log."),
    ],
)
def test_an_exception_becomes_a_problem(
    engine: ScriptedEngine, tmp_path: Path, error: Exception, code: str, hint: str
) -> None:
    engine.error = error
    failed = run(engine, tmp_path)[-1]
    assert (failed.problem.code, failed.problem.hint) == (code, hint)
    assert engine.was_closed


def test_what_an_engine_gives_up_beforehand_is_told_until_memory_runs_out_nonetheless(
    engine: ScriptedEngine, tmp_path: Path
) -> None:
    engine.notice = "To fit into 7.0 GiB, it is slower."
    events = run(engine, tmp_path)
    assert [event.what for event in of(m.Preparing, events)][:2] == [engine.notice, "embedding the prompt"]
    assert {event.notice for event in of(m.Progress, events)} == {engine.notice}
    engine.error, engine.reliefs = OutOfMemoryError("CUDA out of memory"), ("smaller pictures",)
    engine.notice = ""
    assert of(m.Progress, run(engine, tmp_path))[-1].notice == "Memory ran out: smaller pictures."


def test_a_job_short_of_memory_gives_things_up_and_goes_on(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.error = OutOfMemoryError("CUDA out of memory")
    engine.reliefs = ("one picture at a time", "smaller pictures")
    events = run(engine, tmp_path, Wishes(faces=100))
    assert isinstance(events[-1], m.Finished)
    told = [event.what for event in of(m.Preparing, events) if event.what.startswith("Memory")]
    assert told == ["Memory ran out: one picture at a time.", "Memory ran out: smaller pictures."]
    assert engine.resumed_from == tmp_path
    assert of(m.Progress, events)[0].notice == ""
    assert of(m.Progress, events)[-1].notice == "Memory ran out: smaller pictures."
    sequences = [frame.sequence for frame in of(MeshSnapshot, events)]
    assert sequences == sorted(set(sequences))
    assert sequences[0] == 1
    assert sequences[-1] > 200_000


def test_a_job_with_nothing_left_to_give_up_fails_and_says_why(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.error = MemoryError()
    engine.reliefs = ()
    failed = run(engine, tmp_path)[-1]
    assert failed.problem.code == "out_of_memory"


def test_other_errors_give_nothing_up(engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.error = ValueError("the prompt is empty")
    engine.reliefs = ("one picture at a time",)
    assert isinstance(run(engine, tmp_path)[-1], m.Failed)
    assert engine.reliefs == ("one picture at a time",)


def test_a_failure_to_plan_is_a_failed_job_too(engine: ScriptedEngine, tmp_path: Path) -> None:
    def refuse(submit: Submit, source: Path | None = None) -> Plan:
        raise ValueError("there is no such recipe")

    engine.plan = refuse
    assert run(engine, tmp_path)[-1].problem.message == "there is no such recipe"
