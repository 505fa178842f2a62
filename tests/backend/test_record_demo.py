"""Recording a job for the demo: its times by the work done, its thinning, and a whole job of the fake profile."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.demo.pace import EARLY, PREPARATION, paced, thinned
from any_to_3d.backend.demo.record import NotRecorded, record
from any_to_3d.backend.demo.record_options import RecordOptions
from any_to_3d.backend.engine import PhasePlan, Plan
from any_to_3d.backend.fake_generation import FakeEngine
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.messages import CutOut, Preparing, Progress
from any_to_3d.shared.recording import Timed, read, write

# 2 x 10 + 4 x 5 = 40 for the steps and 10 for the finish, together 50.
PLAN = Plan((PhasePlan("coarse", 10, 2.0), PhasePlan("texture", 5, 4.0)), finish_cost=10.0)
SECONDS = 100.0


def progress(phase: str, step: int) -> Progress:
    steps = next(plan.steps for plan in PLAN.phases if plan.name == phase)
    return Progress("", phase, step, steps, 0.0, {}, 77.0, 3.0)


def snapshot(phase: str, step: int) -> MeshSnapshot:
    return MeshSnapshot("", 1, phase, step, 1, np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32))


def at(work: float) -> float:
    """When so much of the work of 50 is done."""
    return SECONDS * (PREPARATION + (1 - PREPARATION) * work / 50)


def times(*events: object) -> list[float]:
    return [timed.at for timed in paced(events, PLAN, SECONDS)]


def test_stages_before_the_first_step_share_the_preparation() -> None:
    stages = [Preparing("", what, 0.0) for what in ("a", "b")]
    assert times(*stages, progress("coarse", 1)) == pytest.approx([0.0, SECONDS * PREPARATION / 2, at(2)])


def test_a_step_comes_when_its_work_is_done_whatever_was_told_between() -> None:
    told = (progress("coarse", 1), snapshot("coarse", 9), CutOut("", 0, b"", "none"), progress("texture", 2))
    assert times(*told) == pytest.approx([at(2), at(20), at(20 + 8)])


def test_the_finish_takes_what_is_left_by_its_own_fraction() -> None:
    told = (progress("texture", 5), Preparing("", "painting", 0.0), Preparing("", "painting", 0.5))
    assert times(*told) == pytest.approx([at(40), at(40), at(45)])


def test_the_speed_told_is_that_of_the_pace_not_of_the_computer_that_recorded() -> None:
    (timed,) = paced([progress("coarse", 1)], PLAN, SECONDS)
    # Ten steps take 20 of 50 parts of what is not preparation.
    assert timed.event.steps_per_second == pytest.approx(10 / (SECONDS * (1 - PREPARATION) * 20 / 50))


def test_of_many_snapshots_few_are_kept_and_more_of_the_early_ones() -> None:
    many = [Timed(float(second), snapshot("coarse", 0)) for second in range(1000)]
    kept = [timed.at for timed in thinned(many, 10, 20)]
    assert 15 <= len(kept) <= 20
    gaps = np.diff(kept)
    assert gaps[0] < gaps[-1] / 3
    assert sum(time < 500 for time in kept) == pytest.approx(len(kept) * 0.5 ** (1 / EARLY), abs=1.5)


def test_reports_are_thinned_but_for_the_last_of_a_phase_and_stages_stay() -> None:
    many = [Timed(float(second), replace(progress("coarse", 1), step=second % 10 + 1)) for second in range(100)]
    stages = [Timed(float(second), Preparing("", "x", 0.0)) for second in range(100)]
    kept = thinned([*many, *stages], 5, 20)
    reports = [timed for timed in kept if isinstance(timed.event, Progress)]
    assert [timed.at for timed in reports if timed.event.step == 10] == [9.0 + 10 * number for number in range(10)]
    assert len(reports) < 20
    assert len(kept) - len(reports) == 100


def test_a_job_of_the_fake_profile_is_recorded_and_read_again(tmp_path: Path) -> None:
    options = RecordOptions("a red chair", seed=3, preset="draft", profile="fake")
    recording = record(options, FakeEngine(sleep=lambda _: None))
    write(recording, tmp_path / "fake.npz")
    found = read(tmp_path / "fake.npz")
    assert (found.prompt, found.preset, found.seed, found.seconds) == ("a red chair", "draft", 3, 2.0)
    assert found.phases == ("coarse", "geometry", "texture")
    assert [timed.at for timed in found.events] == sorted(timed.at for timed in found.events)
    assert found.events[-1].at <= found.seconds
    assert any(isinstance(timed.event, MeshSnapshot) for timed in found.events)
    assert len(found.result.faces) == len(recording.result.faces)
    assert found.picture.startswith(b"\x89PNG")


def test_a_refused_prompt_is_told_before_anything_is_loaded() -> None:
    with pytest.raises(NotRecorded, match=r"xyzzy"):
        record(RecordOptions("xyzzy", profile="builtin"), FakeEngine())
