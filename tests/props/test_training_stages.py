"""The row of stages: their order, their time, and where they go on."""

from pathlib import Path

import pytest
from any_to_3d.backend.props import train_all
from any_to_3d.backend.props.training_hardware import Hardware
from any_to_3d.backend.props.training_stages import Stage, StageLedger, allotted, run_stages


class Clock:
    """Time that passes only when a stage works."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.done: list[tuple[str, float]] = []

    def __call__(self) -> float:
        return self.seconds

    def stage(self, name: str, share: float, seconds: float | None = None, most: float = float("inf")) -> Stage:
        def work(minutes: float) -> None:
            self.done.append((name, round(minutes, 3)))
            self.seconds += 60.0 * minutes if seconds is None else seconds

        return Stage(name, share, work, most)


def test_what_the_first_stages_take_is_shared_out_among_the_rest(tmp_path: Path) -> None:
    clock = Clock()
    row = (clock.stage("data", 0.0, 120.0), clock.stage("a", 1.0), clock.stage("b", 3.0))
    run_stages(row, 10.0, tmp_path, clock)
    assert clock.done == [("data", 0.0), ("a", 2.0), ("b", 6.0)]
    assert StageLedger(tmp_path).spent_minutes == pytest.approx(10.0)


def test_time_that_a_stage_overruns_is_missing_in_the_next(tmp_path: Path) -> None:
    clock = Clock()
    run_stages((clock.stage("a", 1.0, 480.0), clock.stage("b", 1.0)), 10.0, tmp_path, clock)
    assert clock.done == [("a", 5.0), ("b", 2.0)]


def test_what_one_stage_may_not_use_goes_to_the_others() -> None:
    clock = Clock()
    row = (clock.stage("a", 1.0), clock.stage("short", 1.0, most=1.0), clock.stage("c", 2.0))
    assert allotted(row, 10.0) == pytest.approx(3.0)
    assert allotted(row[1:], 7.0) == pytest.approx(1.0)
    assert allotted(row[2:], 6.0) == pytest.approx(6.0)
    assert allotted(row, -1.0) == 0.05


def test_the_same_command_goes_on_at_the_stage_that_was_stopped_with_its_old_allotment(tmp_path: Path) -> None:
    clock = Clock()

    def stopped(minutes: float) -> None:
        clock.seconds += 30.0
        raise SystemExit("stopped")

    row = [clock.stage("a", 1.0), Stage("b", 1.0, stopped), clock.stage("c", 2.0)]
    with pytest.raises(SystemExit):
        run_stages(row, 8.0, tmp_path, clock)
    assert clock.done == [("a", 2.0)]
    row[1] = clock.stage("b", 1.0, 90.0)
    run_stages(row, 8.0, tmp_path, clock)
    assert clock.done == [("a", 2.0), ("b", 2.0), ("c", 4.0)]
    run_stages(row, 8.0, tmp_path, clock)
    assert len(clock.done) == 3


def test_networks_are_trained_before_what_reads_them(tmp_path: Path) -> None:
    names = [stage.name for stage in train_all.stages(train_all.Options(out=tmp_path))]
    needed = {
        "autoencoder": ["pictures"],
        "images": ["pictures", "words"],
        "audio": ["sounds", "words"],
        "judge": ["pictures", "words"],
        "prior2d": ["autoencoder", "images", "audio"],
        "prior3d": ["prior2d"],
        "export": ["autoencoder", "audio", "judge", "prior3d"],
        "scores": ["export"],
    }
    for name, earlier in needed.items():
        assert all(names.index(each) < names.index(name) for each in earlier), name
    assert len(set(names)) == len(names)


def test_a_folder_begun_with_other_options_is_refused_but_another_device_may_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_all, "run_stages", lambda *_: None)
    train_all.main(train_all.Options(out=tmp_path, objects=10))
    train_all.main(train_all.Options(out=tmp_path, objects=10, workers=7, hardware=Hardware(compiled="default")))
    with pytest.raises(ValueError, match="objects was 10 and is now 12; use the same, or another --out"):
        train_all.main(train_all.Options(out=tmp_path, objects=12))
