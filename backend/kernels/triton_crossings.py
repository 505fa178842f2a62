"""Where the surface crosses a grid's edges, on a GPU: marching_tetrahedra.crossings with its backward written out."""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .marching_tetrahedra import SMALLEST_SDF, SMALLEST_SPREAD
from .triton_compiled import device_function, launch

NEAREST_SDF, LEAST_SPREAD = tl.constexpr(SMALLEST_SDF), tl.constexpr(SMALLEST_SPREAD)

EDGES_PER_PROGRAM = 256


def crossings(
    positions: Float[Tensor, "N 3"], sdf: Float[Tensor, "N"], edges: Int[Tensor, "V 2"]
) -> Float[Tensor, "V 3"]:
    """As marching_tetrahedra.crossings: same values and gradients (first derivatives only)."""
    return _Cross.apply(positions, sdf, edges)


class _Cross(torch.autograd.Function):
    @staticmethod
    def forward(ctx, positions: Tensor, sdf: Tensor, edges: Tensor) -> Tensor:
        saved = positions.detach().contiguous(), sdf.detach().contiguous(), edges
        vertices = positions.new_empty(len(edges), 3)
        launch(_cross, _grid(edges), *saved, vertices, len(edges), EDGES_PER_PROGRAM)
        ctx.save_for_backward(*saved)
        return vertices

    @staticmethod
    @once_differentiable
    def backward(ctx, incoming: Tensor) -> tuple[Tensor, Tensor, None]:
        positions, sdf, edges = ctx.saved_tensors
        gradients = torch.zeros_like(positions), torch.zeros_like(sdf)
        sizes = len(edges), EDGES_PER_PROGRAM
        launch(_uncross, _grid(edges), positions, sdf, edges, incoming.contiguous(), *gradients, *sizes)
        return *gradients, None


def _grid(edges: Tensor) -> tuple[int]:
    return (triton.cdiv(len(edges), EDGES_PER_PROGRAM),)


@device_function()
def _value(sdf, vertex, is_here):
    value = tl.load(sdf + vertex, mask=is_here, other=1.0)
    return tl.where(value < 0, tl.minimum(value, -NEAREST_SDF), tl.maximum(value, NEAREST_SDF))


@device_function()
def _edge(sdf, edges, edge_count, BLOCK: tl.constexpr):
    """This program's edges: their ends, the share of the way to the crossing, and its slopes in both sdf values."""
    edge = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    is_here = edge < edge_count
    a, b = tl.load(edges + edge * 2, mask=is_here, other=0), tl.load(edges + edge * 2 + 1, mask=is_here, other=0)
    sdf_a, sdf_b = _value(sdf, a, is_here), _value(sdf, b, is_here)
    # Scaling both values keeps the crossing and bounds its derivative.
    spread = tl.where(is_here, tl.abs(sdf_b - sdf_a), 1.0)
    enlarge = 1 + tl.maximum(LEAST_SPREAD / spread - 1, 0.0)
    sdf_a, sdf_b = sdf_a * enlarge, sdf_b * enlarge
    across = tl.where(is_here, sdf_a - sdf_b, 1.0)
    return edge, a, b, sdf_a / across, -sdf_b / (across * across), sdf_a / (across * across), is_here


@device_function("edge_count")
def _cross(positions, sdf, edges, vertices, edge_count, BLOCK: tl.constexpr):
    edge, a, b, share, _, _, is_here = _edge(sdf, edges, edge_count, BLOCK)
    for axis in tl.static_range(3):
        start = tl.load(positions + a * 3 + axis, mask=is_here, other=0.0)
        end = tl.load(positions + b * 3 + axis, mask=is_here, other=0.0)
        tl.store(vertices + edge * 3 + axis, start + share * (end - start), mask=is_here)


@device_function("edge_count")
def _uncross(positions, sdf, edges, incoming, positions_gradient, sdf_gradient, edge_count, BLOCK: tl.constexpr):
    edge, a, b, share, slope_a, slope_b, is_here = _edge(sdf, edges, edge_count, BLOCK)
    per_share = tl.zeros_like(share)
    for axis in tl.static_range(3):
        gradient = tl.load(incoming + edge * 3 + axis, mask=is_here, other=0.0)
        start = tl.load(positions + a * 3 + axis, mask=is_here, other=0.0)
        per_share += gradient * (tl.load(positions + b * 3 + axis, mask=is_here, other=0.0) - start)
        tl.atomic_add(positions_gradient + a * 3 + axis, gradient * (1 - share), mask=is_here, sem="relaxed")
        tl.atomic_add(positions_gradient + b * 3 + axis, gradient * share, mask=is_here, sem="relaxed")
    tl.atomic_add(sdf_gradient + a, per_share * slope_a, mask=is_here, sem="relaxed")
    tl.atomic_add(sdf_gradient + b, per_share * slope_b, mask=is_here, sem="relaxed")
