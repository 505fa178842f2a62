"""The estimate of what is done and what is left."""

import pytest
from any_to_3d.backend.engine import PhasePlan, Plan
from any_to_3d.backend.progress import ProgressMeter

PLAN = Plan((PhasePlan("coarse", 10, 1.0), PhasePlan("texture", 10, 3.0)))


def test_a_dearer_phase_counts_for_more_of_the_whole() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    meter.step("coarse", 9, 1.0)
    assert meter.overall == pytest.approx(0.25)
    meter.step("texture", 9, 2.0)
    assert meter.overall == 1.0


def test_time_left_is_unknown_until_two_steps_were_seen() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    meter.step("coarse", 0, 50.0)
    assert meter.seconds_left is None
    assert meter.steps_per_second == 0.0


def test_a_steady_run_is_estimated_exactly() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    for index in range(10):
        meter.step("coarse", index, 2.0 * (index + 1))
    assert meter.seconds_left == pytest.approx(60.0)
    assert meter.steps_per_second == pytest.approx(0.5)


def test_the_slow_first_step_does_not_spoil_the_estimate() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    meter.step("coarse", 0, 100.0)
    meter.step("coarse", 1, 101.0)
    assert meter.seconds_left == pytest.approx(38.0)


def test_time_that_was_no_step_is_left_out() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    meter.step("coarse", 0, 1.0)
    meter.skip(50.0)
    meter.step("coarse", 1, 51.0)
    assert meter.steps_per_second == pytest.approx(1.0)


def test_the_estimate_follows_a_change_of_speed() -> None:
    meter = ProgressMeter(Plan((PhasePlan("coarse", 200),)), 0.0)
    now = 0.0
    for index in range(100):
        now += 1.0 if index < 50 else 2.0
        meter.step("coarse", index, now)
    assert meter.seconds_left == pytest.approx(200.0, rel=0.01)


def test_a_resumed_job_starts_where_it_was() -> None:
    meter = ProgressMeter(PLAN, 0.0)
    meter.step("texture", 0, 1.0)
    assert meter.overall == pytest.approx(13 / 40)


def test_the_finish_is_a_part_of_the_whole() -> None:
    meter = ProgressMeter(Plan((PhasePlan("coarse", 10),), finish_cost=10.0), 0.0)
    for index in range(10):
        meter.step("coarse", index, index + 1.0)
    assert meter.overall == pytest.approx(0.5)
    assert meter.seconds_left == pytest.approx(10.0)
