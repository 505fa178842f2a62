"""Adan step by step, learning-rate groups, and optimiser state."""

import pytest
import torch
from any_to_3d.backend.generator.optimisers import Adam, Adan, AdanOptimiser, LearningRates
from any_to_3d.backend.generator.representations.scene import GenerationFailed, ParameterGroup
from any_to_3d.backend.generator.schedules import linear


class TwoGroups:
    """The part of a scene that an optimiser sees."""

    def __init__(self) -> None:
        self.grid = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        self.mlp = torch.nn.Parameter(torch.tensor([3.0]))

    def parameter_groups(self):
        yield ParameterGroup("grid", (self.grid,))
        yield ParameterGroup("mlp", (self.mlp,))


def pull(scene: TwoGroups) -> None:
    ((scene.grid**2).sum() + (scene.mlp**2).sum()).backward()


def test_groups_move_at_their_own_rates() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=0.1, mlp=0.01)).bind(scene)
    pull(scene)
    updater.step(0.0)
    # Adam's first step is the rate itself, in the gradient's direction.
    torch.testing.assert_close(scene.grid.detach(), torch.tensor([0.9, 1.9]))
    torch.testing.assert_close(scene.mlp.detach(), torch.tensor([2.99]))


def test_a_scheduled_rate_is_followed() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=linear(0.1, 0.0), mlp=0.0)).bind(scene)
    pull(scene)
    updater.step(0.5)
    torch.testing.assert_close(scene.grid.detach(), torch.tensor([0.95, 1.95]))


def test_gradients_are_cleared_after_a_step() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=0.1)).bind(scene)
    pull(scene)
    updater.step(0.0)
    assert scene.grid.grad is None


def test_pace_multiplies_every_rate() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=0.1, mlp=0.01)).bind(scene)
    pull(scene)
    updater.step(0.0, pace=0.3)
    torch.testing.assert_close(scene.grid.detach(), torch.tensor([0.97, 1.97]))


def test_a_broken_gradient_leaves_every_parameter_where_it_was() -> None:
    scene = TwoGroups()
    updater = Adan(LearningRates(grid=0.1, mlp=0.1)).bind(scene)
    scene.grid.grad, scene.mlp.grad = torch.tensor([1.0, float("nan")]), torch.tensor([1.0])
    updater.step(0.0)
    torch.testing.assert_close(scene.grid.detach(), torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(scene.mlp.detach(), torch.tensor([3.0]))


def test_twenty_broken_gradients_in_a_row_stop_the_run() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=0.1)).bind(scene)
    for _ in range(19):
        scene.grid.grad = torch.full((2,), float("inf"))
        updater.step(0.0)
    scene.grid.grad = torch.full((2,), float("inf"))
    with pytest.raises(GenerationFailed, match="no finite gradient for 20 steps"):
        updater.step(0.0)


def test_a_forgetful_optimiser_starts_as_if_new() -> None:
    scene = TwoGroups()
    updater = Adam(LearningRates(grid=0.1)).bind(scene)
    (-100 * scene.grid).sum().backward()
    updater.step(0.0)
    updater.forget()
    before = scene.grid.detach().clone()
    scene.grid.sum().backward()
    updater.step(0.0)
    torch.testing.assert_close(scene.grid.detach(), before - 0.1)


def test_adan_clips_the_norm_over_all_groups() -> None:
    """Adan's first step does not depend on the gradient's scale, so the clip shows in its moments."""
    scene = TwoGroups()
    updater = Adan(LearningRates(grid=0.1, mlp=0.1), max_norm=5.0).bind(scene)
    (scene.grid * 30).sum().backward()
    scene.mlp.grad = torch.tensor([40.0])
    updater.step(0.0)
    norm = (2 * 30.0**2 + 40.0**2) ** 0.5
    expected = (1 - 0.98) * 30.0 * 5 / norm
    assert updater.optimiser.state[scene.grid]["m"][0].item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("spec", [Adam(LearningRates(0.1, 0.1)), Adan(LearningRates(0.1, 0.1))])
def test_restored_state_goes_on_as_if_never_stopped(spec: Adam | Adan) -> None:
    straight, stopped = TwoGroups(), TwoGroups()
    first, second = spec.bind(straight), spec.bind(stopped)
    for _ in range(3):
        for scene, updater in ((straight, first), (stopped, second)):
            pull(scene)
            updater.step(0.0)
    state = {key: value.clone() for key, value in second.state_dict().items()}
    resumed = spec.bind(stopped)
    resumed.load_state_dict(state)
    for scene, updater in ((straight, first), (stopped, resumed)):
        pull(scene)
        updater.step(0.0)
    assert torch.equal(straight.grid, stopped.grid)
    assert torch.equal(straight.mlp, stopped.mlp)


def test_adan_reaches_the_bottom_of_a_bowl() -> None:
    x = torch.nn.Parameter(torch.tensor([5.0]))
    optimiser = AdanOptimiser([{"params": [x], "lr": 0.1}], (0.98, 0.92, 0.99), 1e-8, 0.0)
    for _ in range(400):
        optimiser.zero_grad()
        ((x - 2) ** 2).sum().backward()
        optimiser.step()
    assert x.item() == pytest.approx(2.0, abs=0.05)
