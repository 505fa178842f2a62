"""A coarse grid of where the NeRF may contain anything, so that rays skip the empty rest."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .field import HashField


class OccupancyGrid(nn.Module):
    """resolution^3 cells over [-radius, radius]^3; one is occupied if it or a neighbour exceeds the threshold.

    The neighbours let an object grow: a cell that is never sampled gets no gradient, so it could never fill otherwise.
    """

    opacity: Tensor
    occupied: Tensor

    def __init__(self, resolution: int, radius: float) -> None:
        super().__init__()
        self.resolution, self.radius = resolution, radius
        self.register_buffer("opacity", torch.zeros((resolution,) * 3))
        self.register_buffer("occupied", torch.ones((resolution,) * 3, dtype=torch.bool))

    def begin_anew(self) -> None:
        """Everything may be anywhere again."""
        self.opacity.zero_()
        self.occupied.fill_(True)

    @torch.no_grad()
    def update(self, field: HashField, step: float, threshold: float, decay: float, generator: torch.Generator) -> None:
        """Sample every cell at one random point; older samples fade by ``decay`` and the largest counts (Instant-NGP).

        A cell is kept if its density * step exceeds min(mean, threshold).
        """
        axis = torch.arange(self.resolution, device=self.opacity.device)
        cells = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).view(-1, 3)
        jitter = torch.rand(cells.shape, generator=generator, device=cells.device)
        points = ((cells + jitter) / self.resolution * 2 - 1) * self.radius
        opacity = (field.density(points) * step).view_as(self.opacity)
        self.opacity.copy_(torch.maximum(decay * self.opacity, opacity))
        kept = self.opacity > self.opacity.mean().clamp_max(threshold)
        grown = nn.functional.max_pool3d(kept[None, None].float(), kernel_size=3, stride=1, padding=1)[0, 0] > 0
        self.occupied.copy_(grown)

    def at(self, points: Float[Tensor, "P 3"]) -> Bool[Tensor, "P"]:
        """Whether each world point lies in an occupied cell; points outside the box belong to its border cells."""
        cells = ((points / self.radius + 1) * (self.resolution / 2)).long().clamp(0, self.resolution - 1)
        flat = (cells[..., 0] * self.resolution + cells[..., 1]) * self.resolution + cells[..., 2]
        return self.occupied.view(-1)[flat]
