"""What the kernels are measured on: phase I's field and rays, phase II's lattice and mesh, at full size or quick."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from any_to_3d.backend.kernels.interface import Kernels
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.select import REFERENCE
from jaxtyping import Float, Int
from torch import Tensor

from .world import World

Step = Callable[[], object]


@dataclass(frozen=True)
class KernelWork:
    """A forward and backward step with a set of kernels."""

    name: str
    step: Callable[[Kernels], Step]


@dataclass(frozen=True)
class Sizes:
    """points: of the hash grid.   rays, samples: of a picture.   lattice: cubes a side.   pixels: a side."""

    grid: HashGridConfig
    points: int
    rays: int
    samples: int
    lattice: int
    pixels: int


FULL = Sizes(HashGridConfig(), 2**18, 128 * 128, 148, 128, 512)
QUICK = Sizes(HashGridConfig(4, 2, 12, 8, 1.5), 2**10, 16 * 16, 24, 12, 32)


@dataclass(frozen=True)
class Ball:
    """A lattice with the distances of a ball, and the ball's mesh in clip space."""

    lattice: KuhnLattice
    positions: Float[Tensor, "N 3"]
    distances: Float[Tensor, "N"]
    vertices: Float[Tensor, "V 3"]
    faces: Int[Tensor, "F 3"]

    @staticmethod
    def build(resolution: int, device: torch.device) -> "Ball":
        lattice = KuhnLattice(resolution)
        positions = lattice.vertices(device)
        distances = positions.norm(dim=1) - 0.7
        vertices, faces = REFERENCE.marching_tetrahedra(positions, lattice, distances)
        return Ball(lattice, positions, distances, vertices.detach(), faces)

    def clip(self) -> Float[Tensor, "1 V 4"]:
        """Fills most of the picture; a fresh leaf."""
        x, y, z = self.vertices.unbind(dim=1)
        return torch.stack([3.4 * x, 3.4 * y, z + 2.5, z + 3], dim=1)[None].requires_grad_()


def sizes(world: World) -> Sizes:
    return FULL if world.size == "full" else QUICK


def hash_grid(world: World) -> KernelWork:
    """Encode random points, and send a gradient to the table."""
    config, count = sizes(world).grid, sizes(world).points
    points = torch.rand(count, 3, device=world.device)
    weight = torch.randn(count, config.levels * config.features, device=world.device)

    def build(kernels: Kernels) -> Step:
        grid = kernels.hash_grid(config).to(world.device)
        return lambda: grid(points).backward(weight)

    return KernelWork(f"hash grid, {config.levels} levels of 2^{config.log2_table_size}, {count} points", build)


def composite(world: World) -> KernelWork:
    """Sum up a picture's samples, of which a sixth has any density."""
    rays, samples, device = sizes(world).rays, sizes(world).samples, world.device
    density = 5 * torch.rand(rays, samples, device=device) * (torch.rand(rays, samples, device=device) < 0.16)
    values, length = torch.rand(rays, samples, 3, device=device), torch.full((rays, samples), 0.0135, device=device)
    z, weight = length.cumsum(dim=1), torch.randn(rays, 3, device=device)

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            inputs = density.clone().requires_grad_(), length, values.clone().requires_grad_(), z
            kernels.composite(*inputs)[0].backward(weight)

        return step

    return KernelWork(f"composite, {rays} rays of {samples} samples", build)


def rasterise(world: World, ball: Ball) -> KernelWork:
    """Draw the ball, and send a gradient to its positions and attributes."""
    size = sizes(world).pixels
    weight = torch.randn(1, size, size, 3, device=world.device)

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            drawn = kernels.rasterise(ball.clip(), ball.faces, ball.vertices.clone().requires_grad_(), size, size)
            drawn.attributes.backward(weight)

        return step

    return KernelWork(f"rasterise, {len(ball.faces)} faces at {size} x {size}", build)


def antialias(world: World, ball: Ball) -> KernelWork:
    """Blend the drawn ball's outline, and send a gradient to its positions."""
    size = sizes(world).pixels
    weight = torch.randn(1, size, size, 4, device=world.device)

    def build(kernels: Kernels) -> Step:
        with torch.no_grad():
            drawn = kernels.rasterise(ball.clip(), ball.faces, ball.vertices, size, size)
        image = torch.cat([drawn.attributes, drawn.coverage], dim=-1)
        return lambda: kernels.antialias(image, drawn, ball.clip(), ball.faces).backward(weight)

    return KernelWork(f"antialias, {len(ball.faces)} faces at {size} x {size}", build)


def marching_tetrahedra(world: World, ball: Ball) -> KernelWork:
    """Find the ball's surface in the lattice, and send a gradient to the distances."""

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            distances = ball.distances.clone().requires_grad_()
            kernels.marching_tetrahedra(ball.positions, ball.lattice, distances)[0].sum().backward()

        return step

    return KernelWork(f"marching tetrahedra, lattice {sizes(world).lattice}", build)
