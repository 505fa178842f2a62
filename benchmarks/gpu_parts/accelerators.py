"""Public GPU libraries for single kernels, measured where they are installed and left out by name elsewhere."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import torch

from .case import LeftOut
from .kernel_work import Ball, Step, sizes
from .world import World


@dataclass(frozen=True)
class Accelerator:
    """package: as it is imported.   entry: what of it is used; a package of that name without it is another one.

    kernels: whose work it does, by the first words of their names; more than one where it does them at once.
    """

    package: str
    entry: str
    kernels: tuple[str, ...]
    step: Callable[[ModuleType, World], Step]

    def build(self, world: World) -> Step:
        """Raises LeftOut saying why it is not measured."""
        try:
            module = importlib.import_module(self.package)
        except (ImportError, OSError, RuntimeError) as error:
            raise LeftOut(f"{self.package} cannot be imported: {error}") from error
        if not hasattr(module, self.entry):
            raise LeftOut(f"the installed {self.package} has no {self.entry}, so it is another package of that name")
        if world.device.type != "cuda":
            raise LeftOut(f"{self.package} needs an NVIDIA GPU")
        return self.step(module, world)


def _tinycudann(module: ModuleType, world: World) -> Step:
    config, count = sizes(world).grid, sizes(world).points
    points = torch.rand(count, 3, device=world.device)
    encoding = {
        "otype": "HashGrid",
        "n_levels": config.levels,
        "n_features_per_level": config.features,
        "log2_hashmap_size": config.log2_table_size,
        "base_resolution": config.base_resolution,
        "per_level_scale": config.per_level_scale,
    }
    grid = module.Encoding(3, encoding, dtype=torch.float32).to(world.device)
    weight = torch.randn(count, config.levels * config.features, device=world.device)
    return lambda: grid(points).backward(weight)


def _nvdiffrast(module: ModuleType, world: World) -> Step:
    ball, size = Ball.build(sizes(world).lattice, world.device), sizes(world).pixels
    context, faces = module.RasterizeCudaContext(device=world.device), ball.faces.int().contiguous()
    weight = torch.randn(1, size, size, 3, device=world.device)

    def step() -> None:
        corners, attributes = ball.clip(), ball.vertices.clone().requires_grad_()
        drawn, _ = module.rasterize(context, corners, faces, (size, size))
        image, _ = module.interpolate(attributes[None], drawn, faces)
        module.antialias(image, drawn, corners, faces).backward(weight)

    return step


def _kaolin(module: ModuleType, world: World) -> Step:
    ball = Ball.build(sizes(world).lattice, world.device)
    tets = ball.lattice.tets(world.device)

    def step() -> None:
        distances = ball.distances.clone().requires_grad_()
        vertices, _ = module.marching_tetrahedra(ball.positions[None], tets, distances[None])
        vertices[0].sum().backward()

    return step


ACCELERATORS = (
    Accelerator("tinycudann", "Encoding", ("hash grid",), _tinycudann),
    Accelerator("nvdiffrast.torch", "RasterizeCudaContext", ("rasterise", "antialias"), _nvdiffrast),
    Accelerator("kaolin.ops.conversions", "marching_tetrahedra", ("marching tetrahedra",), _kaolin),
)
