"""The uniform Laplacian of a graph: compiled with numba on a CPU, index_add elsewhere."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def laplacian(values: Float[Tensor, "V C"], ends: Int[Tensor, "E 2"]) -> Float[Tensor, "V C"]:
    """(Deg - Adj) values: at every vertex the sum of its differences from its neighbours.

    ends: the two vertices of every undirected edge, int64, each edge once. Differentiable in values.

    >>> laplacian(torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0, 1], [1, 2]]))
    tensor([[-1.],
            [-1.],
            [ 2.]])
    """
    if values.device.type != "cpu":
        return laplacian_by_index(values, ends)
    from .cpu_laplacian import laplacian_by_edge

    return laplacian_by_edge(values, ends)


def laplacian_by_index(values: Float[Tensor, "V C"], ends: Int[Tensor, "E 2"]) -> Float[Tensor, "V C"]:
    """As laplacian, in torch on any device."""
    first, second = ends[:, 0], ends[:, 1]
    across = values.index_select(0, first) - values.index_select(0, second)
    return torch.zeros_like(values).index_add(0, first, across).index_add(0, second, -across)
