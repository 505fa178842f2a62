"""From densities at grid vertices to signed distances: where the NeRF's surface is (paper Sec. V-A, threshold 10).

The sdf is negative inside; it is a level set, not a metric distance.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .tet_grid import TetGrid

SMALLEST_LEVEL = 1e-5
"""No value is closer to zero: a surface through a vertex has faces without area and unbounded gradients."""


@dataclass(frozen=True)
class DensitySurface:
    """How a density becomes an sdf.

    threshold: density at the surface (paper: 10).  scale: density difference that counts as one unit of sdf; values are
    clamped to [-1, 1] (threestudio: 1; a larger scale keeps the slope of a steep density: the surface lies where the
    density says and not half way between vertices).  smallest_part: components with fewer vertices than this share
    of the largest are dropped from the sdf itself (threestudio drops them from the mesh only, and they come back).
    closing: gaps of up to twice as many grid edges are closed.  A radiance field is often a porous shell, opaque on the
    whole but not everywhere: after closing, what the outside cannot reach is filled, so that the mesh has one skin.
    None leaves the field's surface as it is.
    """

    threshold: float = 10.0
    scale: float = 1.0
    smallest_part: float = 0.01
    closing: int | None = 1


def signed_distances(density: Float[Tensor, "N"], grid: TetGrid, surface: DensitySurface) -> Float[Tensor, "N"]:
    """Clamped level set of a density at a grid's vertices: small parts removed, border outside, no value at zero.

    Where the density stays below twice the threshold, half of its maximum is the threshold instead, so the surface is
    never empty unless the density is zero everywhere.
    """
    threshold = (density.max() / 2).clamp_max(surface.threshold)
    sdf = ((threshold - density) / surface.scale).clamp(-1, 1)
    if surface.closing is not None:
        sdf = torch.where(hollows(sdf < 0, grid, surface.closing), -torch.ones_like(sdf), sdf)
    return settled(sdf, grid, surface.smallest_part)


def settled(sdf: Float[Tensor, "N"], grid: TetGrid, smallest_part: float) -> Float[Tensor, "N"]:
    """Without parts smaller than this share of the largest, with the border outside and no value at zero."""
    dropped = small_parts(sdf < 0, grid, smallest_part) | grid.border(sdf.device)
    return away_from_zero(torch.where(dropped, torch.ones_like(sdf), sdf))


def hollows(inside: Bool[Tensor, "N"], grid: TetGrid, closing: int) -> Bool[Tensor, "N"]:
    """The outside vertices that a morphological closing takes in, or that lie enclosed after it."""
    solid = inside.cpu().numpy()
    closed = solid.copy()
    for _ in range(closing):
        closed = grid.grown(closed)
    for _ in range(closing):
        closed = ~grid.grown(~closed)
    outside = grid.parts(~closed)
    reached = np.unique(outside[grid.border(torch.device("cpu")).numpy()])
    enclosed = ~closed & ~np.isin(outside, reached)
    return torch.from_numpy((closed | enclosed) & ~solid).to(inside.device)


def away_from_zero(sdf: Float[Tensor, "N"]) -> Float[Tensor, "N"]:
    """Move values nearer than SMALLEST_LEVEL to it, on their own side."""
    return torch.where(sdf.abs() < SMALLEST_LEVEL, torch.full_like(sdf, SMALLEST_LEVEL).copysign(sdf), sdf)


def small_parts(inside: Bool[Tensor, "N"], grid: TetGrid, smallest_part: float) -> Bool[Tensor, "N"]:
    """The inside vertices of connected components smaller than this share of the largest one."""
    labels = grid.parts(inside.cpu().numpy())
    sizes = np.bincount(labels)
    sizes[0] = 0  # the outside
    is_small = sizes < smallest_part * sizes.max()
    is_small[0] = False
    return torch.from_numpy(is_small[labels]).to(inside.device)
