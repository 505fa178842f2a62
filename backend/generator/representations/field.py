"""The hash-grid field: density and colour of every point, shared by the NeRF and, as its texture, by the DMTet."""

from dataclasses import dataclass, field
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...kernels.hash_grid import INITIAL_RANGE, HashGridConfig
from ...kernels.interface import Kernels


@dataclass(frozen=True)
class FieldConfig:
    """Sizes of the field. Defaults: threestudio magic123-hifa-coarse-sd.yaml (XBind gives none).

    radius: half side of the encoded box, world units.  hidden, hidden_layers: of both bias-free MLPs.
    blob_scale, blob_radius: density is softplus(raw + scale * (1 - |x| / radius)).
    start_levels, unmask_from, unmask_every: coarse grid levels at first, then one more each ``unmask_every`` of the
    phase (2000 and 300 of 10 000 steps there, as fractions here).
    """

    grid: HashGridConfig = field(default_factory=HashGridConfig)
    radius: float = 1.0
    hidden: int = 64
    hidden_layers: int = 2
    blob_scale: float = 10.0
    blob_radius: float = 0.5
    start_levels: int = 8
    unmask_from: float = 0.2
    unmask_every: float = 0.03

    def active_levels(self, progress: float) -> int:
        """How many levels are open when this fraction of the phase is over.

        >>> [FieldConfig().active_levels(p) for p in (0.0, 0.2, 0.24, 0.45)]
        [8, 9, 10, 16]
        """
        opened = (
            int((progress - self.unmask_from) / self.unmask_every + 1e-9) + 1 if progress >= self.unmask_from else 0
        )
        return min(self.start_levels + opened, self.grid.levels)


class HashField(nn.Module):
    """Density [P] and albedo [P, 3] in [0, 1] at world points; colour does not depend on the view direction."""

    blob_radius: Tensor

    def __init__(self, config: FieldConfig, kernels: Kernels, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("blob_radius", torch.tensor(config.blob_radius))
        self.grid = kernels.hash_grid(config.grid)
        code_size = config.grid.levels * config.grid.features
        self.density_mlp = _mlp(code_size, config.hidden, config.hidden_layers, 1)
        self.albedo_mlp = _mlp(code_size, config.hidden, config.hidden_layers, 3)
        self.to(generator.device)
        _initialise(self, generator)

    @torch.no_grad()
    def begin_anew(self, blob_growth: float, generator: torch.Generator) -> None:
        """Forget everything learned, and start from a ball this many times as large as before."""
        self.blob_radius.mul_(blob_growth)
        _initialise(self, generator)

    def code(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P code"]:
        return self.grid((points / self.config.radius + 1) / 2)

    def density(self, points: Float[Tensor, "P 3"], code: Float[Tensor, "P code"] | None = None) -> Float[Tensor, "P"]:
        """Density per world unit, >= 0. ``code`` spares the encoding where the caller has it."""
        raw = self.density_mlp(self.code(points) if code is None else code)[:, 0]
        # blob_magic3d of threestudio: a soft ball, so that the first views show something in the middle.
        blob = self.config.blob_scale * (1 - points.norm(dim=1) / self.blob_radius)
        return nn.functional.softplus(raw + blob)

    def albedo(self, points: Float[Tensor, "P 3"], code: Float[Tensor, "P code"] | None = None) -> Float[Tensor, "P 3"]:
        return torch.sigmoid(self.albedo_mlp(self.code(points) if code is None else code))

    def normals(self, points: Float[Tensor, "P 3"], step: float) -> Float[Tensor, "P 3"]:
        """-grad density by forward differences of ``step`` world units, not normalised; differentiable in the field.

        Finite differences, because analytic normals would need a second derivative of the hash grid.
        """
        offsets = step * torch.eye(3, device=points.device, dtype=points.dtype)
        shifted = torch.cat([points, *(points + offset for offset in offsets)])
        here, *ahead = self.density(shifted).view(4, -1)
        return (here - torch.stack(ahead)).T / step


def _mlp(inputs: int, hidden: int, layers: int, outputs: int) -> nn.Sequential:
    widths = [inputs] + [hidden] * layers
    parts: list[nn.Module] = []
    for before, after in pairwise(widths):
        parts += [nn.Linear(before, after, bias=False), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(widths[-1], outputs, bias=False))


def _initialise(module: HashField, generator: torch.Generator) -> None:
    """The customary initial values, drawn from the run's own stream instead of torch's global one."""
    for parameter in module.grid.parameters():
        nn.init.uniform_(parameter, -INITIAL_RANGE, INITIAL_RANGE, generator=generator)
    for layer in (*module.density_mlp, *module.albedo_mlp):
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)
