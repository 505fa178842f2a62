"""A frozen network whose forward pass is done in a faster way wherever that way was made for.

The network stays the same object with the same weights and settings: it can be moved, read and replaced as before.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Forward = Callable[..., object]
"""A module's forward: tensors and settings as the library that wrote the module has them."""


class SwappedForward:
    """Calls ``fast`` for what it was tried with, else ``plain``, the network's own.

    That is: inputs on this type of device, of shapes that were seen while ``is_trying``, with or without a gradient,
    and a network that is not told to recompute. Nothing is compiled in the middle of a job, nor for what is asked once.
    """

    def __init__(self, network: nn.Module, fast: Forward, device_type: str, with_gradient: bool) -> None:
        self.plain: Forward = network.forward
        self.is_trying = True
        self._network, self._fast = network, fast
        self._device_type, self._with_gradient = device_type, with_gradient
        self._shapes: set[torch.Size] = set()

    def __call__(self, sample: Tensor, *rest: object, **named: object) -> object:
        if not self._is_meant(sample):
            return self.plain(sample, *rest, **named)
        arguments = (_in_order(argument) for argument in (sample, *rest))
        return self._fast(*arguments, **{name: _in_order(argument) for name, argument in named.items()})

    def _is_meant(self, sample: Tensor) -> bool:
        wants_gradient = torch.is_grad_enabled() and sample.requires_grad
        is_recomputing = getattr(self._network, "gradient_checkpointing", False)
        if sample.device.type != self._device_type or wants_gradient != self._with_gradient or is_recomputing:
            return False
        if self.is_trying:
            self._shapes.add(sample.shape)
        return sample.shape in self._shapes


def _in_order(argument: object) -> object:
    """A tensor as ``contiguous`` lays it out: a compiler's code is for one order of numbers in memory.

    Renderers leave pictures channel by channel or pixel by pixel, and each other order would be compiled anew.
    """
    return argument.contiguous() if isinstance(argument, Tensor) else argument


def swap_forward(
    network: nn.Module, faster: Callable[[Forward], Forward], device_type: str, with_gradient: bool
) -> SwappedForward:
    """Give a network a fast way beside its own; ``faster`` makes it. ``restore_forward`` takes it away."""
    swapped = SwappedForward(network, faster(network.forward), device_type, with_gradient)
    network.forward = swapped
    return swapped


def restore_forward(network: nn.Module) -> None:
    """The network's own forward again, if it has another."""
    vars(network).pop("forward", None)
