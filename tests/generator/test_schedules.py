"""Schedules, by hand."""

import pytest
from any_to_3d.backend.generator.schedules import Piecewise, SquareRoot, linear, value_at


def test_piecewise_is_constant_outside_its_points() -> None:
    schedule = Piecewise(((0.2, 1.0), (0.4, 3.0), (0.8, 2.0)))
    assert [schedule(p) for p in (0.0, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)] == pytest.approx([1, 1, 2, 3, 2.5, 2, 2])


def test_a_step_in_a_schedule_takes_its_later_value() -> None:
    assert Piecewise(((0.0, 1.0), (0.5, 1.0), (0.5, 9.0)))(0.5) == 9.0


def test_square_root_falls_fast_at_first() -> None:
    schedule = SquareRoot(0.7, 0.1)
    assert [schedule(p) for p in (0.0, 0.25, 1.0)] == pytest.approx([0.7, 0.4, 0.1])


def test_a_number_is_its_own_schedule() -> None:
    assert value_at(3, 0.5) == 3.0
    assert value_at(linear(0, 10), 0.5) == 5.0


def test_points_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="increasing progress"):
        Piecewise(((0.5, 1.0), (0.1, 2.0)))
