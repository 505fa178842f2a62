"""The hash grid on a CPU: numba, one level after another so that one level's table stays in the cache."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from .compiled import compiled, for_each
from .hash_grid import PRIMES, GridLevel, HashGrid, HashGridConfig

PRIME_Y = np.uint32(PRIMES[1])
PRIME_Z = np.uint32(PRIMES[2])
# Typed, because a plain 1 or 0.5 would turn float32 arithmetic into float64.
ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)


class CpuHashGrid(HashGrid):
    """HashGrid with compiled lookups and the same state_dict. Points that need a gradient take the torch path.

    Raises ValueError for a configuration with other than 2 features per entry.
    """

    def __init__(self, config: HashGridConfig) -> None:
        if config.features != 2:
            raise ValueError(f"the cpu hash grid has 2 features per entry, got {config.features}; use 'reference'")
        super().__init__(config)

    def forward(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P code"]:
        if points.requires_grad and torch.is_grad_enabled():
            return super().forward(points)
        return _Encode.apply(points, self.table, self.level_mask, self.grid_levels)


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx, points: Tensor, table: Tensor, level_mask: Tensor, levels: tuple[GridLevel, ...]
    ) -> Float[Tensor, "P code"]:
        points = points.detach().to(table.dtype).contiguous()
        active = level_mask.tolist()
        code = torch.empty(len(points), 2 * len(levels), dtype=table.dtype)
        ctx.save_for_backward(points)
        ctx.levels, ctx.active, ctx.table_shape = levels, active, table.shape
        xyz, entries, out = points.numpy(), table.detach().contiguous().numpy(), code.numpy()

        def encode(index: int) -> None:
            level = levels[index]
            if active[index] == 0:
                out[:, 2 * index : 2 * index + 2] = 0
            else:
                geometry = _geometry(level, active[index], entries.dtype)
                _gather(xyz, _slice(entries, level), *geometry, out, 2 * index)

        for_each(encode, len(levels))
        return code

    @staticmethod
    @once_differentiable
    def backward(ctx, code_gradient: Tensor) -> tuple[None, Tensor, None, None]:
        (points,) = ctx.saved_tensors
        gradient = torch.zeros(ctx.table_shape, dtype=points.dtype)
        xyz, incoming, out = points.numpy(), code_gradient.contiguous().numpy(), gradient.numpy()

        def scatter(index: int) -> None:
            level = ctx.levels[index]
            if ctx.active[index] != 0:
                geometry = _geometry(level, ctx.active[index], out.dtype)
                _scatter(xyz, incoming, 2 * index, *geometry, _slice(out, level))

        for_each(scatter, len(ctx.levels))
        return None, gradient, None, None


def _slice(table: np.ndarray, level: GridLevel) -> np.ndarray:
    return table[level.offset : level.offset + level.entries]


def _geometry(level: GridLevel, factor: float, dtype: np.dtype) -> tuple[np.floating, int, bool, np.floating]:
    return dtype.type(level.scale), level.resolution, level.is_dense, dtype.type(factor)


@compiled
def _locate(x, scale):
    """Cell and position within it along one axis. A NaN stays in the fraction but gives a valid cell."""
    inside = x if x > ZERO else ZERO
    position = (inside if inside < ONE else ONE) * scale + HALF
    cell = np.floor(position)
    return np.uint32(cell), (position - cell if x == x else x)


@compiled
def _entry(x, y, z, resolution, is_dense, entries):
    """Row of a grid vertex in its level's entries; always in range."""
    if is_dense:
        index = np.int64(x) + resolution * (np.int64(y) + resolution * np.int64(z))
        return index - entries if index >= entries else index
    return np.int64((x ^ (y * PRIME_Y) ^ (z * PRIME_Z)) & np.uint32(entries - 1))


@compiled
def _gather(points, table, scale, resolution, is_dense, factor, out, column):
    entries = table.shape[0]
    for p in range(points.shape[0]):
        x, fx = _locate(points[p, 0], scale)
        y, fy = _locate(points[p, 1], scale)
        z, fz = _locate(points[p, 2], scale)
        first, second = ZERO * scale, ZERO * scale
        for i in range(2):
            weight_x = fx if i else ONE - fx
            for j in range(2):
                weight_xy = weight_x * (fy if j else ONE - fy)
                for k in range(2):
                    weight = weight_xy * (fz if k else ONE - fz)
                    row = _entry(np.uint32(x + i), np.uint32(y + j), np.uint32(z + k), resolution, is_dense, entries)
                    first += weight * table[row, 0]
                    second += weight * table[row, 1]
        out[p, column] = first * factor
        out[p, column + 1] = second * factor


@compiled
def _scatter(points, code_gradient, column, scale, resolution, is_dense, factor, table_gradient):
    entries = table_gradient.shape[0]
    for p in range(points.shape[0]):
        first, second = code_gradient[p, column] * factor, code_gradient[p, column + 1] * factor
        if first == 0 and second == 0:
            continue
        x, fx = _locate(points[p, 0], scale)
        y, fy = _locate(points[p, 1], scale)
        z, fz = _locate(points[p, 2], scale)
        for i in range(2):
            weight_x = fx if i else ONE - fx
            for j in range(2):
                weight_xy = weight_x * (fy if j else ONE - fy)
                for k in range(2):
                    weight = weight_xy * (fz if k else ONE - fz)
                    row = _entry(np.uint32(x + i), np.uint32(y + j), np.uint32(z + k), resolution, is_dense, entries)
                    table_gradient[row, 0] += weight * first
                    table_gradient[row, 1] += weight * second
