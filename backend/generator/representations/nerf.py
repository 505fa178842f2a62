"""Phase I: a neural radiance field on a hash grid (Instant-NGP), rendered along rays."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..cameras import CameraBatch
from ..rendering.view import Channel, TriangleMesh, View
from ..rendering.volume import RayMarch, render_volume
from ..runtime import Runtime
from .field import FieldConfig, HashField
from .occupancy import OccupancyGrid
from .scene import ParameterGroup, Previous
from .surface_from_density import DensitySurface, signed_distances
from .tet_grid import KuhnGrid


@dataclass(frozen=True)
class NeRF:
    """Start a phase from a fresh field. Numbers: threestudio magic123-hifa-coarse-sd.yaml.

    occupancy_*: cells per side, steps between updates, steps before rays may skip, opacity that counts as occupied, and
    how slowly an update forgets the ones before.
    surface, preview_resolution: how ``extract`` finds the surface.
    """

    field: FieldConfig = dataclasses.field(default_factory=FieldConfig)
    march: RayMarch = dataclasses.field(default_factory=RayMarch)
    occupancy_resolution: int = 32
    occupancy_every: int = 16
    occupancy_warm_up: int = 256
    occupancy_threshold: float = 0.01
    occupancy_decay: float = 0.95
    surface: DensitySurface = dataclasses.field(default_factory=DensitySurface)
    preview_resolution: int = 64
    provides: ClassVar[frozenset[Channel]] = frozenset({"rgb", "alpha", "normal", "depth", "rays"})
    trains: ClassVar[frozenset[str]] = frozenset({"grid", "mlp"})

    def build(self, runtime: Runtime) -> "NerfScene":
        """The scene with initial values, also what a checkpoint is loaded into."""
        return NerfScene(self, runtime)

    def start(self, previous: Previous, runtime: Runtime) -> "NerfScene":
        """A NeRF always starts anew."""
        return self.build(runtime)


class NerfScene(nn.Module):
    """Field and occupancy of phase I."""

    def __init__(self, spec: NeRF, runtime: Runtime) -> None:
        super().__init__()
        self.spec, self.kernels, self.generator = spec, runtime.kernels, runtime.rng("ray jitter")
        self.initial = runtime.rng("initial field")
        self.field = HashField(spec.field, runtime.kernels, self.initial)
        self.occupancy = OccupancyGrid(spec.occupancy_resolution, spec.field.radius).to(runtime.device)

    def begin_anew(self, blob_growth: float) -> None:
        """A fresh field around a larger ball, nothing skipped; the parameters stay the same objects."""
        self.field.begin_anew(blob_growth, self.initial)
        self.occupancy.begin_anew()

    def begin_step(self, index: int, progress: float) -> None:
        self.field.grid.set_active_levels(self.spec.field.active_levels(progress))
        if index % self.spec.occupancy_every == 0 and index >= self.spec.occupancy_warm_up:
            step = 2 * self.spec.field.radius / self.spec.march.samples
            self.occupancy.update(
                self.field, step, self.spec.occupancy_threshold, self.spec.occupancy_decay, self.generator
            )

    def render(self, cameras: CameraBatch, channels: frozenset[Channel]) -> View:
        return render_volume(
            self.field, self.occupancy, cameras, channels, self.spec.march, self.kernels, self.generator
        )

    def parameter_groups(self) -> Iterator[ParameterGroup]:
        yield ParameterGroup("grid", tuple(self.field.grid.parameters()))
        yield ParameterGroup("mlp", (*self.field.density_mlp.parameters(), *self.field.albedo_mlp.parameters()))

    @torch.no_grad()
    def extract(self, resolution: int | None = None) -> TriangleMesh:
        grid = KuhnGrid(resolution or self.spec.preview_resolution)
        device = self.generator.device
        corners = grid.positions(device) * self.spec.field.radius
        sdf = signed_distances(self.field.density(corners), grid, self.spec.surface)
        return TriangleMesh(*self.kernels.marching_tetrahedra(corners, grid.tets(device), sdf))

    @torch.no_grad()
    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        return self.field.albedo(points)
