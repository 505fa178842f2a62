"""The first surface of a tetrahedral grid, where the outside stops seeing through the field."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .surface_from_density import settled
from .tet_grid import TetGrid


@dataclass(frozen=True)
class VisibleSurface:
    """A point is outside if enough directions see it through less than ``depth`` of the field.

    A short run leaves walls that are opaque as a whole but porous, with bright patches where white ground shines
    through.  A level set of the density tears them open; what few directions see through stays closed here, and what
    none can see, such as the inside of a wall, is solid.  (Space carving, Kutulakos and Seitz 2000, with the volume
    renderer's own opacity.)

    depth: optical depth at the surface, where exp(-depth) of the light is left.  witnesses: directions that must see a
    point.  azimuths, elevations: directions, in degrees above the ground; those that the priors have seen.
    resolution: density samples along the longest side of the box.  smallest_part: as of DensitySurface.
    """

    depth: float = 0.3
    witnesses: int = 4
    azimuths: int = 8
    elevations: tuple[float, ...] = (-15.0, 15.0, 45.0)
    resolution: int = 48
    smallest_part: float = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.witnesses <= self.azimuths * len(self.elevations):
            raise ValueError(
                f"witnesses: got {self.witnesses}; of {self.azimuths} azimuths at {len(self.elevations)} elevations "
                f"between 1 and {self.azimuths * len(self.elevations)} can see a point"
            )
        if self.depth <= 0:
            raise ValueError(f"depth: got {self.depth}; the surface lies at an optical depth above 0")


def visible_distances(
    density: Callable[[Float[Tensor, "P 3"]], Float[Tensor, "P"]],
    box: Float[Tensor, "2 3"],
    points: Float[Tensor, "N 3"],
    grid: TetGrid,
    surface: VisibleSurface,
) -> Float[Tensor, "N"]:
    """Level set at the ``points`` of ``grid`` in [-1, 1]: 1 in the open, -1 from twice the surface's depth on.

    density: of world points.  box: low and high corner; nothing is outside.  Where no point lies twice as deep as the
    surface, half of the greatest depth is the surface's, so it is never empty unless the density is zero everywhere.
    """
    directions = directions_of(surface, points.device)
    depths = optical_depths(density, box, points, directions, surface.resolution)
    seen_through = depths.topk(surface.witnesses, dim=0, largest=False).values[-1]
    depth = (seen_through.max() / 2).clamp(1e-6, surface.depth)
    return settled((1 - seen_through / depth).clamp(-1, 1), grid, surface.smallest_part)


def directions_of(surface: VisibleSurface, device: torch.device) -> Float[Tensor, "V 3"]:
    """Unit vectors towards the viewers; every other ring is turned by half a step."""
    rings = torch.tensor(surface.elevations, device=device).deg2rad()
    turns = torch.arange(surface.azimuths, device=device) / surface.azimuths
    half_step = 0.5 / surface.azimuths * (torch.arange(len(rings), device=device) % 2)
    azimuth = 2 * math.pi * (turns + half_step[:, None])
    flat = torch.stack([azimuth.sin(), -azimuth.cos()], dim=-1) * rings.cos()[:, None, None]
    height = rings.sin()[:, None, None].expand(-1, surface.azimuths, 1)
    return torch.cat([flat, height], dim=-1).view(-1, 3)


def optical_depths(
    density: Callable[[Float[Tensor, "P 3"]], Float[Tensor, "P"]],
    box: Float[Tensor, "2 3"],
    points: Float[Tensor, "N 3"],
    directions: Float[Tensor, "V 3"],
    resolution: int,
) -> Float[Tensor, "V N"]:
    """The integral of the density from each point to infinity, along each direction."""
    middle, half = box.mean(dim=0), (box[1] - box[0]) / 2
    ticks = torch.linspace(-1, 1, resolution, device=box.device)
    z, y, x = torch.meshgrid(ticks, ticks, ticks, indexing="ij")
    corners = torch.stack([x, y, z], dim=-1)
    volume = density(corners.view(-1, 3) * half + middle).view(z.shape)
    # A cube that holds the box however it is turned, sampled as densely.
    radius = half.norm()
    count = math.ceil(float(radius / half.max()) * (resolution - 1)) + 1
    step = 2 * radius / (count - 1)
    ticks = torch.linspace(-1, 1, count, device=box.device)
    w, v, u = torch.meshgrid(ticks, ticks, ticks, indexing="ij")
    turned = torch.stack([u, v, w], dim=-1) * radius
    found = []
    for frame in _frames(directions):
        slices = _sampled(volume, (turned @ frame) / half)
        depth = (slices.cumsum(dim=0) - slices / 2) * step
        found.append(_sampled(depth, (points - middle)[None, None] @ frame.T / radius)[0, 0])
    return torch.stack(found)


def _frames(directions: Float[Tensor, "V 3"]) -> Float[Tensor, "V 3 3"]:
    """Rows of each: right, up, and away from the viewer."""
    vertical = torch.tensor([0.0, 0.0, 1.0], device=directions.device).expand_as(directions)
    right = torch.nn.functional.normalize(torch.linalg.cross(vertical, directions), dim=-1)
    return torch.stack([right, torch.linalg.cross(directions, right), -directions], dim=1)


def _sampled(volume: Float[Tensor, "A B C"], at: Float[Tensor, "D H W 3"]) -> Float[Tensor, "D H W"]:
    """Trilinear, zero outside; coordinates in [-1, 1], the last axis of the volume first."""
    found = torch.nn.functional.grid_sample(volume[None, None], at[None], align_corners=True, padding_mode="zeros")
    return found[0, 0]
