"""Multiresolution hash grid: its levels, and the torch module that gives it its meaning.

After Mueller et al. 2022 ("Instant neural graphics primitives"), in tiny-cuda-nn's convention, so that tables can be
exchanged with it: level l has scale s = base * growth^l - 1 and ceil(s) + 1 vertices per axis; a point x in [0, 1] lies
at x * s + 0.5; levels whose vertices fit the table are indexed densely, the others by the prime hash; a dense index
beyond the level wraps around; each level's entries are rounded up to a multiple of 8.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

PRIMES = (1, 2654435761, 805459861)
"""Factors of x, y, z in the hash (Mueller et al. 2022, Eq. 4); the products are taken modulo 2^32."""

INITIAL_RANGE = 1e-4
"""Tables start uniform in [-INITIAL_RANGE, INITIAL_RANGE] (Mueller et al. 2022, section 4)."""


@dataclass(frozen=True)
class HashGridConfig:
    """Size of a hash grid. The defaults are DreamFusion's usual grid: 16 levels from 16 to 4096 vertices per axis."""

    levels: int = 16
    features: int = 2
    log2_table_size: int = 19
    base_resolution: int = 16
    per_level_scale: float = 1.447269237440378

    def __post_init__(self) -> None:
        if self.levels < 1 or self.features < 1 or self.base_resolution < 2 or self.per_level_scale < 1:
            raise ValueError(f"needs levels, features >= 1, base_resolution >= 2, per_level_scale >= 1; got {self}")
        if not 3 <= self.log2_table_size <= 28:
            raise ValueError(f"log2_table_size must be 3..28, got {self.log2_table_size}")


@dataclass(frozen=True)
class GridLevel:
    """One level: where its entries lie in the table and how a point finds them."""

    scale: float
    resolution: int
    offset: int
    entries: int
    is_dense: bool


def grid_levels(config: HashGridConfig) -> tuple[GridLevel, ...]:
    """The levels of a grid, coarse to fine; their entries follow each other in the table."""
    levels: list[GridLevel] = []
    table_size = 2**config.log2_table_size
    for level in range(config.levels):
        # Rounded as tiny-cuda-nn does: in double precision the default's last level is not quite 4095.
        scale = torch.tensor(config.base_resolution * config.per_level_scale**level - 1, dtype=torch.float32).item()
        resolution = math.ceil(scale) + 1
        is_dense = resolution**3 <= table_size
        entries = math.ceil(resolution**3 / 8) * 8 if is_dense else table_size
        offset = levels[-1].offset + levels[-1].entries if levels else 0
        levels.append(GridLevel(scale, resolution, offset, entries, is_dense))
    return tuple(levels)


class HashGrid(nn.Module):
    """Encode points as interpolated table entries of every level; the meaning of the fast grids.

    The table is [entries, features], levels one after another. Differentiable in the table and in the points, any
    floating dtype (`.double()`). level_mask holds one factor per level; see set_active_levels.
    """

    level_mask: Tensor

    def __init__(self, config: HashGridConfig) -> None:
        super().__init__()
        self.config = config
        self.grid_levels = grid_levels(config)
        entries = self.grid_levels[-1].offset + self.grid_levels[-1].entries
        self.table = nn.Parameter(torch.empty(entries, config.features).uniform_(-INITIAL_RANGE, INITIAL_RANGE))
        self.register_buffer("level_mask", torch.ones(config.levels))

    def set_active_levels(self, count: int) -> None:
        """Keep the `count` coarsest levels; the outputs of the others become zero, and so do their gradients."""
        if not 0 <= count <= self.config.levels:
            raise ValueError(f"this grid has {self.config.levels} levels, got {count}; use 0..{self.config.levels}")
        self.level_mask[:count] = 1
        self.level_mask[count:] = 0

    def forward(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P code"]:
        """Codes [P, levels * features], level by level, of points in [0, 1]; others are moved to the box's side."""
        points = points.clamp(0, 1)
        codes = [
            interpolate(points, self.table[level.offset : level.offset + level.entries], level) * self.level_mask[index]
            for index, level in enumerate(self.grid_levels)
        ]
        return torch.cat(codes, dim=1)


def interpolate(
    points: Float[Tensor, "P 3"], entries: Float[Tensor, "entries features"], level: GridLevel
) -> Float[Tensor, "P features"]:
    """Trilinear interpolation of one level's entries; differentiable in both tensors."""
    position = points * level.scale + 0.5
    cell = position.detach().floor()
    fraction = position - cell
    code = torch.zeros(len(points), entries.shape[1], dtype=entries.dtype, device=entries.device)
    for corner in range(8):
        bits = torch.tensor([corner >> 2 & 1, corner >> 1 & 1, corner & 1], device=points.device)
        weight = torch.where(bits.bool(), fraction, 1 - fraction).prod(dim=1, keepdim=True)
        # index_select: the backward of entries[index] sorts on CUDA and is twice as slow on a CPU.
        code = code + weight * entries.index_select(0, entry_index(cell.long() + bits, level))
    return code


def entry_index(vertex: Tensor, level: GridLevel) -> Tensor:
    """Index of grid vertices (int64[P, 3]) within their level's entries, int64[P]."""
    x, y, z = vertex.unbind(dim=1)
    if level.is_dense:
        return (x + level.resolution * (y + level.resolution * z)) % level.entries
    # int64 products agree with uint32 ones in the low 32 bits, and the table size is a smaller power of two.
    return (x * PRIMES[0] ^ y * PRIMES[1] ^ z * PRIMES[2]) & (level.entries - 1)
