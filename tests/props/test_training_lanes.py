"""Real processes side by side: what they tell, how they fail, and that none outlives the training."""

import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from any_to_3d.backend.props.training.running.lanes import Lanes, StageFailed
from any_to_3d.backend.props.training.running.plan import HeadStart
from any_to_3d.backend.props.training.running.progress import progress, tracked
from any_to_3d.backend.props.training.running.stages import Stage, StageLedger, run_stages

PATIENCE_SECONDS = 30.0


def wait_for(file: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not file.exists():
        assert time.monotonic() < until, f"{file} did not come"
        time.sleep(0.02)


def meet(mine: Path, other: Path, minutes: float) -> None:
    """Ends only while the other stage is at work as well."""
    mine.touch()
    wait_for(other)


def fail_when(file: Path, minutes: float) -> None:
    wait_for(file)
    raise ValueError("choose fewer --widths")


def work_until_stopped(begun: Path, stopped: Path, minutes: float) -> None:
    try:
        begun.touch()
        time.sleep(PATIENCE_SECONDS)
    finally:
        stopped.touch()


def keep_half(go_on: Path, minutes: float) -> None:
    print("half of it is kept")
    with progress("first") as report:
        report(0.6, "step 6", 0.5)
        wait_for(go_on)


def touch(file: Path, minutes: float) -> None:
    assert list(tracked("ab", "letters", 2)) == ["a", "b"]
    file.touch()


def die(minutes: float) -> None:
    signal.raise_signal(signal.SIGKILL)


def run(folder: Path, *stages: Stage, lanes: Callable[[int, Path], Lanes] = Lanes) -> None:
    with lanes(2, folder / "logs") as crew:
        run_stages(stages, 1.0, folder, crew)


def test_two_stages_are_at_work_at_the_same_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    run(tmp_path, Stage("a", 1.0, partial(meet, one, two)), Stage("b", 1.0, partial(meet, two, one)))
    assert all(record.done for record in StageLedger(tmp_path).records.values())


def test_what_a_stage_keeps_reaches_the_one_that_waits_for_it(tmp_path: Path) -> None:
    go_on = tmp_path / "go_on"
    run(
        tmp_path,
        Stage("a", 1.0, partial(keep_half, go_on)),
        Stage("b", 1.0, partial(touch, go_on), head_start=HeadStart("a", 0.5)),
    )
    assert (tmp_path / "logs" / "a.log").read_text() == "half of it is kept\n"


def test_a_stage_that_fails_stops_the_other_and_says_why(tmp_path: Path) -> None:
    begun, stopped = tmp_path / "begun", tmp_path / "stopped"
    stages = (Stage("a", 1.0, partial(fail_when, begun)), Stage("b", 1.0, partial(work_until_stopped, begun, stopped)))
    with pytest.raises(StageFailed, match=r"stage a: choose fewer --widths; what it printed is in .*a\.log"):
        run(tmp_path, *stages)
    assert stopped.exists()
    assert "ValueError: choose fewer --widths" in (tmp_path / "logs" / "a.log").read_text()
    assert not any(record.done for record in StageLedger(tmp_path).records.values())


def test_a_stage_that_is_killed_is_told_by_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match=r"stage a: it ended with exit code -9"):
        run(tmp_path, Stage("a", 1.0, die))


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_ends_all_stages_and_the_same_call_goes_on(
    tmp_path: Path, number: signal.Signals, raised: type[BaseException]
) -> None:
    begun, stopped = tmp_path / "begun", tmp_path / "stopped"

    class Interrupted(Lanes):
        def wait(self) -> tuple[str, ...]:
            wait_for(begun)
            signal.raise_signal(number)
            return super().wait()

    # Both on purpose: a shell's background jobs, this test among them, begin with interrupts ignored.
    earlier = signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    earlier_interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(raised):
            run(tmp_path, Stage("a", 1.0, partial(work_until_stopped, begun, stopped)), lanes=Interrupted)
    finally:
        signal.signal(signal.SIGTERM, earlier)
        signal.signal(signal.SIGINT, earlier_interrupt)
    assert stopped.exists()
    assert StageLedger(tmp_path).records["a"].seconds > 0.0
    again = tmp_path / "again"
    run(tmp_path, Stage("a", 1.0, partial(touch, again)))
    assert again.exists()
