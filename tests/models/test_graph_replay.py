"""Recorded calls, with a recorder that computes anew what a GPU would replay."""

from collections.abc import Callable

import torch
from any_to_3d.backend.models.graph_replay import MOST_RECORDINGS, Recording, ReplayedForward
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from tiny_checkpoints import CROSS, EMBEDDING
from torch import Tensor, nn


class Anew:
    """Writes a call's new result over the old one, as a replay does."""

    def __init__(self, call: Callable[[], object], result: object) -> None:
        self._call, self._result = call, result

    def replay(self) -> None:
        new = self._call()
        assert isinstance(self._result, Tensor)
        assert isinstance(new, Tensor)
        self._result.copy_(new)


class Recorder:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, call: Callable[[], object]) -> tuple[Recording, object]:
        self.count += 1
        result = call()
        return Anew(call, result), result


def a_layer() -> tuple[nn.Linear, ReplayedForward, Recorder]:
    layer, record = nn.Linear(3, 3).requires_grad_(False), Recorder()
    return layer, ReplayedForward(layer.forward, list(layer.parameters()), record), record


def test_a_replay_takes_the_new_arguments_and_leaves_earlier_results_alone() -> None:
    layer, forward, record = a_layer()
    one, two = torch.rand(2, 3), torch.rand(2, 3)
    first, second = forward(one), forward(two)
    assert record.count == 1
    assert torch.equal(first, layer(one))
    assert torch.equal(second, layer(two))


def test_every_shape_has_its_own_recording_up_to_a_number() -> None:
    layer, forward, record = a_layer()
    for rows in range(1, MOST_RECORDINGS + 3):
        sample = torch.rand(rows, 3)
        assert torch.equal(forward(sample), layer(sample))
    assert record.count == MOST_RECORDINGS


def test_weights_that_have_moved_are_not_replayed() -> None:
    layer, forward, record = a_layer()
    sample = torch.rand(2, 3)
    forward(sample)
    layer.bias.data = layer.bias.data + 1  # a tensor elsewhere, as after a move there and back
    assert torch.equal(forward(sample), layer(sample))
    assert record.count == 1


def test_a_u_nets_output_type_and_named_arguments_survive(unclip: StableUnclipPrior) -> None:
    unet = unclip.unet

    def call_again(call: Callable[[], object]) -> tuple[Recording, object]:
        result = call()

        class Again:
            def replay(self) -> None:
                result.sample.copy_(call().sample)

        return Again(), result

    forward = ReplayedForward(unet.forward, list(unet.parameters()), call_again)
    with torch.no_grad():
        for timestep in (10, 700):
            sample, tokens, label = torch.rand(1, 4, 8, 8), torch.rand(1, 5, CROSS), torch.rand(1, 2 * EMBEDDING)
            arguments = {"encoder_hidden_states": tokens, "class_labels": label}
            got = forward(sample, torch.tensor([timestep]), **arguments)
            torch.testing.assert_close(got.sample, unet(sample, torch.tensor([timestep]), **arguments).sample)
