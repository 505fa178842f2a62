"""How the Triton kernels are compiled and launched; where TRITON_INTERPRET=1 they are interpreted on the CPU."""

import inspect
from collections.abc import Callable
from typing import Any, Protocol

import torch
import triton
from torch import Tensor


class DeviceFunction(Protocol):
    """A function that runs on the GPU: launched over a grid of programs, or called by another device function."""

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]: ...

    def __call__(self, *arguments: object) -> Any: ...  # within device code, which Triton types by itself


def device_function(*varying: str) -> Callable[[Callable], DeviceFunction]:
    """Decorator for device code. ``varying`` names the integers whose values change from one step to the next.

    Triton compiles anew for integers that are 1 or divisible by 16, and a mesh has another size in every step.
    """

    def decorate(function: Callable) -> DeviceFunction:
        # As for numba: the jaxtyping import hook wraps functions, and Triton reads the source of the one inside.
        return triton.jit(inspect.unwrap(function), do_not_specialize=list(varying))

    return decorate


def launch(kernel: DeviceFunction, grid: tuple[int, ...], *arguments: Tensor | int) -> None:
    """Run a kernel over a grid, on the GPU of the first argument.

    Without fused multiply-adds: they would round positions differently from torch (by 2e-4 of a cell on the finest
    level of a hash grid), and decide differently which triangle a pixel at an edge belongs to.
    """
    tensor = arguments[0]
    assert isinstance(tensor, Tensor)
    # Triton launches on torch's current GPU, whatever it is given.
    with torch.cuda.device_of(tensor):
        kernel[grid](*arguments, enable_fp_fusion=False)
