"""The hash grid in torch where nothing compiled is at hand: several times as fast as the reference, with its results.

Two features of an entry are looked up as one complex number, because torch gathers and scatters single numbers much
faster than short rows. Eight corners become a point along one axis after another, without a weight for each. Nothing is
remembered for the backward but the points.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .hash_grid import PRIMES, GridLevel, HashGrid

CPU_CHUNK = 8192
"""Points at a time on a CPU, so that what is computed of them stays in its cache; a GPU takes all at once."""


class TorchHashGrid(HashGrid):
    """HashGrid with the same state_dict, on any device. Points that need a gradient take the reference's path."""

    def forward(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P code"]:
        if points.requires_grad and torch.is_grad_enabled():
            return super().forward(points)
        axes = points.detach().to(self.table.dtype).clamp(0, 1).t().contiguous()
        return _Encode.apply(axes, self.table, self.level_mask, self.grid_levels)


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, axes: Tensor, table: Tensor, level_mask: Tensor, levels: tuple[GridLevel, ...]) -> Tensor:
        ctx.save_for_backward(axes, level_mask)
        ctx.levels, ctx.table_shape = levels, table.shape
        pairs, width = _by_pair(table.shape[1])
        code = table.new_empty(len(levels), pairs, axes.shape[1], width)
        for index, level in enumerate(levels):
            for chunk, entries, fractions in _in_chunks(axes, level, width):
                for out, numbers in zip(code[index], _numbers(table.detach(), level), strict=True):
                    out[chunk] = _interpolated(numbers.index_select(0, entries), fractions)
        code *= level_mask[:, None, None, None]
        return code.permute(2, 0, 1, 3).flatten(start_dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx, incoming: Tensor) -> tuple[None, Tensor, None, None]:
        axes, level_mask = ctx.saved_tensors
        pairs, width = _by_pair(ctx.table_shape[1])
        given = incoming.unflatten(1, (len(ctx.levels), pairs, width)).permute(1, 2, 0, 3)
        given = (given * level_mask[:, None, None, None]).contiguous()
        gradient = incoming.new_zeros(ctx.table_shape)
        for index, level in enumerate(ctx.levels):
            for chunk, entries, fractions in _in_chunks(axes, level, width):
                for share, numbers in zip(given[index], _numbers(gradient, level), strict=True):
                    numbers.scatter_add_(0, entries, _shares(share[chunk], fractions))
        return None, gradient, None, None


def _by_pair(features: int) -> tuple[int, int]:
    """How many numbers hold an entry's features, and how many features a number holds: two where they are even."""
    width = 1 if features % 2 else 2
    return features // width, width


def _numbers(table: Float[Tensor, "entries features"], level: GridLevel) -> tuple[Tensor, ...]:
    """Views of one level's entries, a number each: complex for two features."""
    rows = table[level.offset : level.offset + level.entries]
    pairs, width = _by_pair(table.shape[1])
    return (torch.view_as_complex(rows.unflatten(1, (pairs, 2))) if width == 2 else rows).unbind(dim=1)


def _interpolated(corners: Tensor, fractions: Float[Tensor, "3 C width"]) -> Float[Tensor, "C width"]:
    """Numbers [8 C] of all corners, interpolated along x, y and z."""
    parts = torch.view_as_real(corners) if corners.is_complex() else corners
    values = parts.view(2, 2, 2, *fractions.shape[1:])
    for fraction in fractions:
        values = torch.lerp(values[0], values[1], fraction)
    return values


def _shares(given: Float[Tensor, "C width"], fractions: Float[Tensor, "3 C width"]) -> Tensor:
    """What each corner gets, as numbers [8 C]: the transpose of _interpolated."""
    shares = given.new_empty(2, 2, 2, *given.shape)
    shares[0, 0, 0] = given
    x, y, z = fractions
    for near, far, fraction in (
        (shares[0, 0, 0], shares[0, 0, 1], z),
        (shares[0, 0], shares[0, 1], y),
        (shares[0], shares[1], x),
    ):
        torch.mul(near, fraction, out=far)
        near -= far
    return torch.view_as_complex(shares.view(-1, 2)) if given.shape[1] == 2 else shares.view(-1)


def _in_chunks(
    axes: Float[Tensor, "3 P"], level: GridLevel, width: int
) -> Iterator[tuple[slice, Int[Tensor, "8*C"], Float[Tensor, "3 C width"]]]:
    """Entries of all corners, first x = 0 and last x = y = z = 1, and where each point lies between them."""
    size = CPU_CHUNK if axes.device.type == "cpu" else max(axes.shape[1], 1)
    for start in range(0, axes.shape[1], size):
        chunk = slice(start, start + size)
        position = axes[:, chunk] * level.scale + 0.5
        cell = position.floor()
        fractions = (position - cell)[:, :, None].expand(-1, -1, width).contiguous()
        # A NaN stays in the fraction but gives a valid cell.
        yield chunk, _entries(cell.nan_to_num(0.0).long(), level), fractions


def _entries(cell: Int[Tensor, "3 C"], level: GridLevel) -> Int[Tensor, "8*C"]:
    """hash_grid.entry_index of the eight corners of each cell."""
    factors = (1, level.resolution, level.resolution**2) if level.is_dense else PRIMES
    # Python's numbers, because a tensor of them would be copied to the device each time.
    low = [along * factor for along, factor in zip(cell, factors, strict=True)]
    x, y, z = (torch.stack([near, near + factor]) for near, factor in zip(low, factors, strict=True))
    if level.is_dense:
        entries = ((x[:, None] + y)[:, :, None] + z).view(-1)
        # The farthest corner lies less than a whole level beyond its last entry; a remainder takes ten times as long.
        return torch.where(entries < level.entries, entries, entries - level.entries)
    # int64 products agree with uint32 ones in the low 32 bits, and the table size is a smaller power of two.
    x, y, z = (each & (level.entries - 1) for each in (x, y, z))
    return ((x[:, None] ^ y)[:, :, None] ^ z).view(-1)
