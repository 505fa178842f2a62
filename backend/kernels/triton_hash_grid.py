"""The hash grid on a GPU: one Triton launch forwards, one backwards, a program for each level of a block of points."""

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from .hash_grid import PRIMES, HashGrid, HashGridConfig
from .triton_compiled import DeviceFunction, device_function, launch

PRIME_Y, PRIME_Z = tl.constexpr(PRIMES[1]), tl.constexpr(PRIMES[2])

POINTS_PER_PROGRAM = 256


class TritonHashGrid(HashGrid):
    """HashGrid with fused lookups and the same state_dict. Points that need a gradient take the torch path.

    Raises ValueError for a configuration whose features per entry are no power of two.
    """

    level_sizes: Tensor
    level_scales: Tensor

    def __init__(self, config: HashGridConfig) -> None:
        if config.features & (config.features - 1):
            raise ValueError(f"the triton hash grid has 1, 2, 4 .. features, got {config.features}; use 'reference'")
        super().__init__(config)
        sizes = [[level.offset, level.entries, level.resolution, level.is_dense] for level in self.grid_levels]
        self.register_buffer("level_sizes", torch.tensor(sizes, dtype=torch.int32), persistent=False)
        scales = torch.tensor([level.scale for level in self.grid_levels])
        self.register_buffer("level_scales", scales, persistent=False)

    def forward(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P code"]:
        if points.requires_grad and torch.is_grad_enabled():
            return super().forward(points)
        return _Encode.apply(points, self.table, self.level_mask, self.level_sizes, self.level_scales)


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx, points: Tensor, table: Tensor, level_mask: Tensor, sizes: Tensor, scales: Tensor
    ) -> Float[Tensor, "P code"]:
        points, features = points.detach().to(table.dtype).contiguous(), table.shape[1]
        code = table.new_empty(len(points), len(sizes) * features)
        # The mask is changed in place between steps; the backward must see today's.
        saved = points, level_mask.clone(), sizes, scales
        _launch(_gather, saved, code, table.detach().contiguous(), features)
        ctx.save_for_backward(*saved)
        ctx.table_shape = table.shape
        return code

    @staticmethod
    @once_differentiable
    def backward(ctx, code_gradient: Tensor) -> tuple[None, Tensor, None, None, None]:
        saved = ctx.saved_tensors
        gradient = saved[0].new_zeros(ctx.table_shape)
        _launch(_scatter, saved, code_gradient.contiguous(), gradient, ctx.table_shape[1])
        return None, gradient, None, None, None


def _launch(kernel: DeviceFunction, saved: tuple[Tensor, ...], code: Tensor, table: Tensor, features: int) -> None:
    point_count, level_count = len(saved[0]), len(saved[1])
    # Levels are the slower grid axis, so that neighbouring programs share one level's entries in the cache.
    grid = triton.cdiv(point_count, POINTS_PER_PROGRAM), level_count
    launch(kernel, grid, *saved, code, table, point_count, features, POINTS_PER_PROGRAM)


@device_function()
def _locate(points, scale, point, is_here, AXIS: tl.constexpr):
    """Cell and position within it along one axis. A NaN stays in the fraction but gives a valid cell."""
    x = tl.load(points + point * 3 + AXIS, mask=is_here, other=0.0)
    inside = tl.where(x > 0, x, 0.0)
    position = tl.where(inside < 1, inside, 1.0) * scale + 0.5
    cell = tl.floor(position)
    return cell.to(tl.int32).to(tl.uint32), tl.where(x == x, position - cell, x)


@device_function()
def _entry(x, y, z, entries, resolution, is_dense):
    """Which of a level's entries belongs to a grid vertex."""
    if is_dense != 0:
        entry = (x + resolution * (y + resolution * z)) % entries
    else:
        entry = (x ^ (y * PRIME_Y) ^ (z * PRIME_Z)) & (entries - 1)
    return entry.to(tl.int64)[:, None]


@device_function("point_count")
def _gather(
    points, level_mask, sizes, scales, code, table, point_count, FEATURES: tl.constexpr, POINTS: tl.constexpr
):  # fmt: skip
    level = tl.program_id(1)
    point = tl.program_id(0).to(tl.int64) * POINTS + tl.arange(0, POINTS)
    feature, is_here = tl.arange(0, FEATURES)[None, :], point < point_count
    factor, scale = tl.load(level_mask + level), tl.load(scales + level)
    level_table = table + tl.load(sizes + level * 4).to(tl.int64) * FEATURES + feature
    entries, resolution = tl.load(sizes + level * 4 + 1).to(tl.uint32), tl.load(sizes + level * 4 + 2).to(tl.uint32)
    is_dense = tl.load(sizes + level * 4 + 3)
    cell_x, fraction_x = _locate(points, scale, point, is_here, 0)
    cell_y, fraction_y = _locate(points, scale, point, is_here, 1)
    cell_z, fraction_z = _locate(points, scale, point, is_here, 2)
    total = tl.zeros_like(fraction_x)[:, None] + tl.zeros_like(feature).to(fraction_x.dtype)
    if factor != 0:
        for corner in tl.static_range(8):
            weight_x = fraction_x if corner & 4 else 1 - fraction_x
            weight_y = fraction_y if corner & 2 else 1 - fraction_y
            weight_z = fraction_z if corner & 1 else 1 - fraction_z
            x, y, z = cell_x + (corner >> 2), cell_y + (corner >> 1 & 1), cell_z + (corner & 1)
            entry = level_table + _entry(x, y, z, entries, resolution, is_dense) * FEATURES
            total += (weight_x * weight_y * weight_z)[:, None] * tl.load(entry, mask=is_here[:, None], other=0.0)
    out = code + (point * tl.num_programs(1) + level)[:, None] * FEATURES + feature
    tl.store(out, total * factor, mask=is_here[:, None])


@device_function("point_count")
def _scatter(
    points, level_mask, sizes, scales, code_gradient, table_gradient, point_count,
    FEATURES: tl.constexpr, POINTS: tl.constexpr,
):  # fmt: skip
    level = tl.program_id(1)
    point = tl.program_id(0).to(tl.int64) * POINTS + tl.arange(0, POINTS)
    feature, is_here = tl.arange(0, FEATURES)[None, :], point < point_count
    factor, scale = tl.load(level_mask + level), tl.load(scales + level)
    level_table = table_gradient + tl.load(sizes + level * 4).to(tl.int64) * FEATURES + feature
    entries, resolution = tl.load(sizes + level * 4 + 1).to(tl.uint32), tl.load(sizes + level * 4 + 2).to(tl.uint32)
    is_dense = tl.load(sizes + level * 4 + 3)
    cell_x, fraction_x = _locate(points, scale, point, is_here, 0)
    cell_y, fraction_y = _locate(points, scale, point, is_here, 1)
    cell_z, fraction_z = _locate(points, scale, point, is_here, 2)
    incoming = code_gradient + (point * tl.num_programs(1) + level)[:, None] * FEATURES + feature
    gradient = tl.load(incoming, mask=is_here[:, None], other=0.0) * factor
    if factor != 0:
        for corner in tl.static_range(8):
            weight_x = fraction_x if corner & 4 else 1 - fraction_x
            weight_y = fraction_y if corner & 2 else 1 - fraction_y
            weight_z = fraction_z if corner & 1 else 1 - fraction_z
            x, y, z = cell_x + (corner >> 2), cell_y + (corner >> 1 & 1), cell_z + (corner & 1)
            entry = level_table + _entry(x, y, z, entries, resolution, is_dense) * FEATURES
            share = (weight_x * weight_y * weight_z)[:, None] * gradient
            tl.atomic_add(entry, share, mask=gradient != 0, sem="relaxed")
