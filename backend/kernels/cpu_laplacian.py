"""The uniform Laplacian on a CPU: one pass over the edges, forwards and backwards."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .compiled import compiled


def laplacian_by_edge(values: Float[Tensor, "V C"], ends: Int[Tensor, "E 2"]) -> Float[Tensor, "V C"]:
    """As laplacian.laplacian: same arguments, result and gradient (first derivatives only)."""
    return _Laplacian.apply(values, ends)


class _Laplacian(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor, ends: Tensor) -> Tensor:
        ctx.save_for_backward(ends)
        return _differences(values, ends)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        # The operator is symmetric, so it is its own transpose.
        return _differences(gradient, *ctx.saved_tensors), None


def _differences(values: Tensor, ends: Tensor) -> Tensor:
    total = torch.zeros_like(values, memory_format=torch.contiguous_format)
    _add(values.detach().contiguous().numpy(), ends.contiguous().numpy(), total.numpy())
    return total


@compiled
def _add(values, ends, total):
    for e in range(ends.shape[0]):
        a, b = ends[e, 0], ends[e, 1]
        for c in range(values.shape[1]):
            across = values[a, c] - values[b, c]
            total[a, c] += across
            total[b, c] -= across
