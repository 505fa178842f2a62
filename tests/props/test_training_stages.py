"""The stages of a training: their order, their time, what runs side by side, and where they go on."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from any_to_3d.backend.props.training import everything as train_all
from any_to_3d.backend.props.training.running.hardware import Hardware
from any_to_3d.backend.props.training.running.plan import HeadStart, Task, allotted, duration
from any_to_3d.backend.props.training.running.stages import Stage, StageLedger, run_stages

NEVER = float("inf")


class Clock:
    """Time that passes only when a stage works."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.done: list[tuple[str, float]] = []

    def __call__(self) -> float:
        return self.seconds

    def stage(self, name: str, share: float, seconds: float | None = None, most: float = NEVER) -> Stage:
        def work(minutes: float) -> None:
            self.done.append((name, round(minutes, 3)))
            self.seconds += 60.0 * minutes if seconds is None else seconds

        return Stage(name, share, work, most)


@dataclass
class AtWork:
    """A stage of FakeCrew: it began and will end at these seconds."""

    began: float
    ends: float


class FakeCrew:
    """Two lanes whose stages take the minutes they are given, or the seconds told; `fails` raises when it would end."""

    def __init__(self, clock: Clock, seconds: dict[str, float] | None = None, fails: str = "") -> None:
        self.lanes, self._clock, self._seconds, self._fails = 2, clock, seconds or {}, fails
        self.working: dict[str, AtWork] = {}
        self.began: dict[str, float] = {}
        self.given: dict[str, float] = {}
        self.stopped: tuple[str, ...] | None = None

    def start(self, stage: Stage, minutes: float) -> None:
        assert len(self.working) < self.lanes
        now = self._clock.seconds
        self.began[stage.name], self.given[stage.name] = now / 60.0, minutes
        self.working[stage.name] = AtWork(now, now + self._seconds.get(stage.name, 60.0 * minutes))

    def wait(self) -> tuple[str, ...]:
        """Time passes in steps of a quarter of a minute, so that head starts are noticed."""
        name, first = min(self.working.items(), key=lambda item: item[1].ends)
        self._clock.seconds = min(first.ends, self._clock.seconds + 15.0)
        if self._clock.seconds < first.ends:
            return ()
        if name == self._fails:
            raise RuntimeError(f"{name} failed")
        del self.working[name]
        return (name,)

    def kept_share(self, name: str) -> float:
        at = self.working[name]
        return (self._clock.seconds - at.began) / (at.ends - at.began)

    def stop(self) -> None:
        self.stopped = tuple(self.working)
        self.working.clear()


def idle(minutes: float) -> None:
    """The crew only pretends to work."""


def test_what_the_first_stages_take_is_shared_out_among_the_rest(tmp_path: Path) -> None:
    clock = Clock()
    row = (clock.stage("data", 0.0, 120.0), clock.stage("a", 1.0), clock.stage("b", 3.0))
    run_stages(row, 10.0, tmp_path, clock=clock)
    assert clock.done == [("data", 0.0), ("a", 2.0), ("b", 6.0)]
    assert StageLedger(tmp_path).spent_minutes == pytest.approx(10.0)


def test_time_that_a_stage_overruns_is_missing_in_the_next(tmp_path: Path) -> None:
    clock = Clock()
    run_stages((clock.stage("a", 1.0, 480.0), clock.stage("b", 1.0)), 10.0, tmp_path, clock=clock)
    assert clock.done == [("a", 5.0), ("b", 2.0)]


def test_what_one_stage_may_not_use_goes_to_the_others() -> None:
    row = (Task("a", 1.0, NEVER), Task("short", 1.0, 1.0), Task("c", 2.0, NEVER))
    assert allotted(row, "a", 10.0, lanes=1) == pytest.approx(3.0)
    assert allotted(row[1:], "short", 7.0, lanes=1) == pytest.approx(1.0)
    assert allotted(row[2:], "c", 6.0, lanes=1) == pytest.approx(6.0)
    assert allotted(row, "a", -1.0, lanes=1) == 0.05


def test_the_same_command_goes_on_at_the_stage_that_was_stopped_with_its_old_allotment(tmp_path: Path) -> None:
    clock = Clock()

    def stopped(minutes: float) -> None:
        clock.seconds += 30.0
        raise SystemExit("stopped")

    row = [clock.stage("a", 1.0), Stage("b", 1.0, stopped), clock.stage("c", 2.0)]
    with pytest.raises(SystemExit):
        run_stages(row, 8.0, tmp_path, clock=clock)
    assert clock.done == [("a", 2.0)]
    row[1] = clock.stage("b", 1.0, 90.0)
    run_stages(row, 8.0, tmp_path, clock=clock)
    assert clock.done == [("a", 2.0), ("b", 2.0), ("c", 4.0)]
    run_stages(row, 8.0, tmp_path, clock=clock)
    assert len(clock.done) == 3


def test_two_lanes_are_planned_by_the_longer_one() -> None:
    apart = (Task("a", 1.0, NEVER), Task("b", 3.0, NEVER), Task("c", 1.0, NEVER))
    assert duration(apart, 2.0, lanes=1) == 10.0
    assert duration(apart, 2.0, lanes=2) == 6.0
    chain = (Task("a", 1.0, NEVER), Task("b", 3.0, NEVER, after=("a",)), Task("c", 1.0, NEVER))
    assert duration(chain, 2.0, lanes=2) == 8.0


def test_a_head_start_counts_in_the_plan_from_the_share_it_needs() -> None:
    pair = (Task("a", 4.0, NEVER), Task("b", 4.0, NEVER, head_start=HeadStart("a", 0.25)))
    assert duration(pair, 1.0, lanes=2) == 5.0
    half_done = (Task("a", 4.0, NEVER, minutes=2.0, spent=2.0, is_running=True), pair[1])
    assert duration(half_done, 1.0, lanes=2) == 4.0


def test_a_stage_at_work_keeps_its_lane_in_the_plan() -> None:
    tasks = (Task("long", 1.0, NEVER, minutes=5.0, is_running=True), Task("a", 1.0, NEVER), Task("b", 1.0, NEVER))
    assert duration(tasks, 3.0, lanes=2) == 6.0
    assert duration(tasks, 6.0, lanes=2) == 11.0
    assert allotted(tasks, "a", 8.0, lanes=2) == pytest.approx(4.0)


def test_independent_stages_run_side_by_side_and_all_end_in_time(tmp_path: Path) -> None:
    clock = Clock()
    crew = FakeCrew(clock, seconds={"data": 60.0})
    row = (
        Stage("data", 0.0, idle),
        Stage("words", 1.0, idle, most_minutes=1.0),
        Stage("a", 2.0, idle, after=("data",)),
        Stage("b", 3.0, idle, after=("data", "words")),
        Stage("last", 1.0, idle, after=("a", "b")),
    )
    run_stages(row, 21.0, tmp_path, crew, clock)
    assert crew.began == pytest.approx({"data": 0.0, "words": 0.0, "a": 1.0, "b": 1.0, "last": 16.0})
    assert crew.given["b"] == pytest.approx(15.0)
    assert clock.seconds == pytest.approx(21.0 * 60.0)
    ledger = StageLedger(tmp_path)
    assert ledger.spent_minutes == pytest.approx(21.0)
    assert sum(record.seconds for record in ledger.records.values()) == pytest.approx((1 + 1 + 10 + 15 + 5) * 60.0)


def test_a_stage_with_a_head_start_begins_when_enough_of_the_other_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    crew = FakeCrew(clock)
    row = (Stage("a", 4.0, idle), Stage("b", 4.0, idle, head_start=HeadStart("a", 0.25)))
    run_stages(row, 10.0, tmp_path, crew, clock)
    assert crew.given["a"] == pytest.approx(8.0)
    assert crew.began["b"] == pytest.approx(2.0, abs=0.25)
    assert clock.seconds == pytest.approx(600.0)


def test_a_failure_in_one_lane_stops_the_other_and_both_can_go_on(tmp_path: Path) -> None:
    clock = Clock()
    row = (Stage("a", 1.0, idle), Stage("b", 2.0, idle), Stage("c", 1.0, idle, after=("a",)))
    crew = FakeCrew(clock, fails="a")
    with pytest.raises(RuntimeError, match="a failed"):
        run_stages(row, 10.0, tmp_path, crew, clock)
    assert crew.stopped == ("a", "b")
    kept = StageLedger(tmp_path)
    assert kept.spent_minutes == pytest.approx(5.0)
    assert {name: (record.seconds, record.done) for name, record in kept.records.items()} == {
        "a": (pytest.approx(300.0), False),
        "b": (pytest.approx(300.0), False),
    }
    again = FakeCrew(clock, seconds={"a": 15.0, "b": 300.0})
    run_stages(row, 10.0, tmp_path, again, clock)
    assert again.given["b"] == pytest.approx(crew.given["b"])
    assert clock.seconds == pytest.approx(600.0)


def test_an_interrupt_stops_every_lane_and_its_time_counts(tmp_path: Path) -> None:
    clock = Clock()

    class Interrupted(FakeCrew):
        def wait(self) -> tuple[str, ...]:
            clock.seconds += 7.0
            raise KeyboardInterrupt

    crew = Interrupted(clock)
    with pytest.raises(KeyboardInterrupt):
        run_stages((Stage("a", 1.0, idle), Stage("b", 1.0, idle)), 10.0, tmp_path, crew, clock)
    assert crew.stopped == ("a", "b")
    assert StageLedger(tmp_path).wall_seconds == 7.0


def test_a_stage_before_what_it_needs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stage a needs b, which must come before it"):
        run_stages((Stage("a", 1.0, idle, after=("b",)), Stage("b", 1.0, idle)), 1.0, tmp_path)


def test_networks_are_trained_after_what_they_read(tmp_path: Path) -> None:
    stages = {stage.name: stage for stage in train_all.stages(train_all.Options(out=tmp_path))}

    def before(name: str) -> set[str]:
        needed = set(stages[name].after)
        return needed.union(*map(before, needed))

    needed = {
        "autoencoder": {"pictures"},
        "images": {"pictures", "words"},
        "audio": {"sounds", "words"},
        "judge": {"pictures", "words"},
        "decoder": {"autoencoder"},
        "prior2d": {"autoencoder", "images", "audio", "latents", "embeddings"},
        "prior3d": {"autoencoder", "images", "latents", "embeddings"},
        "export": set(stages) - {"export", "scores", "card"},
        "scores": {"export"},
        "card": {"scores"},
    }
    for name, earlier in needed.items():
        assert earlier <= before(name), name
    assert not before("words") | before("sounds")
    assert stages["prior3d"].head_start == HeadStart("prior2d", 0.25)


def test_two_lanes_need_a_little_more_than_half_of_the_time(tmp_path: Path) -> None:
    stages = train_all.stages(train_all.Options(out=tmp_path))
    tasks = tuple(Task(each.name, each.share, NEVER, each.after, each.head_start) for each in stages)
    assert duration(tasks, 1.0, lanes=2) < 0.6 * duration(tasks, 1.0, lanes=1)


def test_a_gpu_and_one_lane_work_in_this_process_and_a_cpu_has_a_lane_for_each_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert train_all.Options(out=tmp_path).lane_count == 2
    assert train_all.Options(out=tmp_path, lanes=1).lane_count == 1
    with pytest.raises(ValueError, match="lanes: got 0; need at least 1"):
        train_all.Options(out=tmp_path, lanes=0)
    monkeypatch.setattr(Hardware, "is_gpu", property(lambda _: True))
    assert train_all.Options(out=tmp_path).lane_count == 1
    with pytest.raises(ValueError, match="would wait for each other on one GPU"):
        train_all.Options(out=tmp_path, lanes=2)


def test_a_folder_begun_with_other_options_is_refused_but_another_device_may_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_all, "run_stages", lambda *_: None)
    train_all.main(train_all.Options(out=tmp_path, objects=10))
    train_all.main(train_all.Options(tmp_path, objects=10, workers=7, lanes=1, hardware=Hardware(compiled="default")))
    with pytest.raises(ValueError, match="objects was 10 and is now 12; use the same, or another --out"):
        train_all.main(train_all.Options(out=tmp_path, objects=12))
