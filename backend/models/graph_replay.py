"""A network's forward recorded once as a CUDA graph and replayed: for GPUs whose computers cannot compile (Windows).

A replay costs the host one launch instead of a thousand. It reads and writes fixed addresses: arguments are copied in,
results are copied out, and when the weights have moved the recordings are worthless.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

from .swapped_forward import Forward

WARM_UP_CALLS = 3
"""Before a recording, so that libraries choose their algorithms and take their memory outside of it."""

MOST_RECORDINGS = 4
"""Each keeps the memory of a whole forward pass; further shapes are computed as usual."""


class Recording(Protocol):
    """Work on the GPU that can be done again."""

    def replay(self) -> None: ...


Recorder = Callable[[Callable[[], object]], tuple[Recording, object]]
"""Records a call: what replays it, and its result, which every replay writes anew."""


@dataclass(frozen=True)
class _Take:
    recording: Recording
    arguments: list[Tensor]
    result: object


class ReplayedForward:
    """A forward without gradients by replay; one recording for each set of shapes and settings.

    weights: the network's. Once any has moved, the network is one that waits in main memory between its uses, and its
    calls are no longer recorded.
    """

    def __init__(self, forward: Forward, weights: Sequence[Tensor], record: Recorder) -> None:
        self._forward, self._weights, self._record = forward, weights, record
        self._addresses = _addresses(weights)
        self._takes: dict[tuple[object, ...], _Take] = {}

    def __call__(self, *arguments: object, **named: object) -> object:
        if _addresses(self._weights) != self._addresses:
            self._takes.clear()
            return self._forward(*arguments, **named)
        leaves, form = tree_flatten((arguments, named))
        key = (form, *(_described(leaf) for leaf in leaves))
        if key not in self._takes:
            if len(self._takes) == MOST_RECORDINGS:
                return self._forward(*arguments, **named)
            self._takes[key] = self._taken(leaves, form)
        take = self._takes[key]
        given = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        for place, tensor in zip(take.arguments, given, strict=True):
            place.copy_(tensor)
        take.recording.replay()
        return tree_map(lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, take.result)

    def _taken(self, leaves: list[object], form: TreeSpec) -> _Take:
        places = [leaf.clone() if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        arguments, named = tree_unflatten(places, form)
        recording, result = self._record(lambda: self._forward(*arguments, **named))
        return _Take(recording, [place for place in places if isinstance(place, Tensor)], result)


def replayed(forward: Forward) -> Forward:
    """The bound forward of a network on a GPU, by replay."""
    network = getattr(forward, "__self__", None)
    assert isinstance(network, torch.nn.Module), "only a module's own forward has weights to watch"
    return ReplayedForward(forward, list(network.parameters()), record_on_gpu)


def record_on_gpu(call: Callable[[], object]) -> tuple[Recording, object]:
    """Record what a call puts on the current stream; the call must neither wait for the GPU nor copy to it."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP_CALLS):
            call()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = call()
    return graph, result


def _addresses(weights: Sequence[Tensor]) -> list[int]:
    return [weight.data_ptr() for weight in weights]


def _described(leaf: object) -> object:
    return (leaf.shape, leaf.dtype, leaf.device) if isinstance(leaf, Tensor) else leaf
