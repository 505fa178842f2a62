"""The chart of the training curves shows what was measured."""

import json
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.props.training.results.chart import read_losses, save_chart, smoothed
from PIL import Image


def curve(file: Path, steps: list[int], losses: list[float]) -> None:
    lines = [{"step": step, "seconds": 6.0 * step, "loss": loss} for step, loss in zip(steps, losses, strict=True)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_step_that_was_done_twice_counts_as_it_was_done_last(tmp_path: Path) -> None:
    curve(tmp_path / "a.jsonl", [0, 50, 100, 50, 100], [4.0, 3.0, 9.0, 2.0, 1.0])
    minutes, losses = read_losses(tmp_path / "a.jsonl")
    assert minutes.tolist() == [0.0, 5.0, 10.0]
    assert losses.tolist() == [4.0, 2.0, 1.0]


def test_one_wild_value_does_not_move_the_smoothed_curve() -> None:
    values = np.ones(100)
    values[40] = 1000.0
    assert (smoothed(values) == 1.0).all()


def test_a_falling_loss_is_drawn_from_the_upper_left_to_the_lower_right(tmp_path: Path) -> None:
    curve(tmp_path / "a.jsonl", list(range(0, 5000, 50)), np.geomspace(1.0, 0.01, 100).tolist())
    save_chart(tmp_path, tmp_path / "chart.png")
    dark = (np.asarray(Image.open(tmp_path / "chart.png")) == (31, 90, 165)).all(axis=2)
    rows, columns = np.nonzero(dark)
    assert np.corrcoef(rows, columns)[0, 1] > 0.95
    assert rows[columns.argmin()] < rows[columns.argmax()]


def test_each_training_has_a_panel_and_no_training_no_chart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no curves"):
        save_chart(tmp_path, tmp_path / "chart.png")
    for name in "abcd":
        curve(tmp_path / f"{name}.jsonl", [0], [1.0])
    save_chart(tmp_path, tmp_path / "chart.png")
    assert Image.open(tmp_path / "chart.png").size == (3 * 360, 2 * 220)
