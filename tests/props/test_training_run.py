"""Laws of one training run: its rate, what it averages, and that a resumed one is the same run."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from any_to_3d.backend.props.training.running.chance import Chance
from any_to_3d.backend.props.training.running.hardware import Hardware
from any_to_3d.backend.props.training.running.run import Budget, TrainingRun
from any_to_3d.backend.props.training.running.run_options import RunOptions
from any_to_3d.backend.props.training.running.start import start_training
from torch import nn

CPU = torch.device("cpu")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))


def trained(folder: Path, resume: bool, stop_at: int | None = None) -> tuple[nn.Module, TrainingRun]:
    """Twenty steps that draw from every source of randomness trainings use: tensors, words and dropout."""
    module, chance = network(), Chance(7, CPU)
    run = TrainingRun(module, folder, Budget(steps=20), resume, chance)
    for _ in run.steps("test"):
        wanted = chance.words.random() + chance.normal(4, 1)
        run.descend((module(chance.uniform(4, 2)) - wanted).square().mean())
        if run.step + 1 == stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
    return module, run


def test_a_stopped_and_resumed_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path: Path) -> None:
    whole, run = trained(tmp_path / "whole", resume=False)
    with pytest.raises(SystemExit, match="stopped at step 8; go on with --resume"):
        trained(tmp_path / "parts", resume=False, stop_at=8)
    parts, resumed = trained(tmp_path / "parts", resume=True)
    assert resumed.step == run.step == 20
    for name, value in whole.state_dict().items():
        assert torch.equal(parts.state_dict()[name], value), name
        assert torch.equal(resumed.averaged[name], run.averaged[name]), name


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    first, _ = trained(tmp_path, resume=False)
    again, run = trained(tmp_path, resume=True)
    assert run.step == 20
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def begun(folder: Path, resume: bool = False, restart: bool = False) -> int:
    """Three steps, as every training takes them; the step at which they began."""
    options = RunOptions(budget=Budget(steps=3), resume=resume, restart=restart)
    chance = start_training(folder, options)
    module = network()
    run = TrainingRun(module, folder, options.budget, options.resume, chance)
    first = run.step
    for _ in run.steps("test"):
        run.descend(module(chance.uniform(4, 2)).square().mean())
    return first


def test_an_earlier_checkpoint_is_overwritten_only_when_asked_for(tmp_path: Path) -> None:
    assert begun(tmp_path) == 0
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(ValueError, match="go on with --resume, begin again with --restart"):
        begun(tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept
    assert begun(tmp_path, resume=True) == 3
    assert begun(tmp_path, restart=True) == 0
    assert len((tmp_path / "curve.jsonl").read_text().splitlines()) == 1


def test_resume_begins_where_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert begun(tmp_path / "new", resume=True) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Budget(minutes=-1.0), "--minutes: got -1.0; need a finite number above 0"),
        (lambda: Budget(minutes=float("nan")), "--minutes: got nan"),
        (lambda: Budget(steps=0), "--steps: got 0; need at least 1"),
        (lambda: Budget(learning_rate=0.0), "--learning-rate: got 0.0"),
        (lambda: Budget(warm_up=0), "--warm-up: got 0"),
        (lambda: Budget(ema_decay=1.0), "--ema-decay: got 1.0"),
        (lambda: Hardware(threads=0), "--threads: got 0"),
        (lambda: RunOptions(batch=0), "--batch: got 0; need at least 1"),
        (lambda: RunOptions(seed=-1), "--seed: got -1; need at least 0"),
        (lambda: RunOptions(resume=True, restart=True), "--resume and --restart were both given"),
    ],
)
def test_numbers_that_no_training_can_have_are_refused(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_chance_goes_on_from_its_state() -> None:
    chance = Chance(3, CPU)
    chance.uniform(5)
    chance.words.integers(10, size=3)
    state = chance.state_dict()
    expected = chance.normal(4), chance.words.random(4), chance.integers(9, 4, low=2), chance.happens(0.5, 6)
    other = Chance(99, CPU)
    other.load_state_dict(state)
    found = other.normal(4), other.words.random(4), other.integers(9, 4, low=2), other.happens(0.5, 6)
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_learning_rate_warms_up_and_ends_at_three_percent() -> None:
    budget = Budget(steps=1000, learning_rate=1e-3, warm_up=100)
    assert budget.rate_at(0, 0.0) == pytest.approx(1e-5)
    assert budget.rate_at(200, 0.0) == pytest.approx(1e-3)
    assert budget.rate_at(1000, 1.0) == pytest.approx(3e-5)


def test_averaged_weights_follow_the_trained_ones(tmp_path: Path) -> None:
    module = nn.Linear(1, 1, bias=False)
    start = float(module.weight.detach())
    budget = Budget(steps=200, learning_rate=0.1, warm_up=1)
    run = TrainingRun(module, tmp_path, budget, resume=False, chance=Chance(0, CPU))
    for _ in run.steps("test"):
        run.descend((module.weight - start - 1.0).square().sum())
    assert start < float(run.averaged["weight"])
    assert np.isclose(float(module.weight.detach()), start + 1.0, atol=0.2)


def test_the_curve_says_what_was_measured_and_stops_at_no_number(tmp_path: Path) -> None:
    module = nn.Linear(1, 1, bias=False)
    run = TrainingRun(module, tmp_path, Budget(steps=60), resume=False, chance=Chance(0, CPU))

    def train() -> None:
        for step in run.steps("test"):
            loss = module.weight.square().sum()
            run.descend(loss * float("nan") if step == 50 else loss, cosine=torch.tensor(0.25))

    with pytest.raises(FloatingPointError, match=r"the loss is nan at step 50; delete .* lower --learning-rate"):
        train()
    (line,) = (tmp_path / "curve.jsonl").read_text().splitlines()
    assert json.loads(line) | {"loss": 0, "seconds": 0} == {"step": 0, "seconds": 0, "loss": 0, "cosine": 0.25}


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="'mps' is not supported; use cpu or cuda"):
        Hardware("mps")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="this torch sees no GPU; use --device cpu"):
            Hardware("cuda")


def test_compiling_is_off_unless_asked_for() -> None:
    module = nn.Linear(1, 1)
    assert Hardware().fast(module) is module
    assert Hardware(compiled="default").fast(module) is not module
