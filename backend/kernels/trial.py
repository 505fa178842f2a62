"""A trial run: what a set of kernels computes on a device, compared with the reference before it is trusted."""

from collections.abc import Iterator

import torch
from torch import Tensor

from .hash_grid import HashGridConfig
from .interface import Kernels
from .kuhn_lattice import KuhnLattice

TOLERANCE = 1e-4
"""Largest difference over the largest expected magnitude; float32 sums in another order stay well below."""


def disagreement(kernels: Kernels, reference: Kernels, device: torch.device) -> str:
    """The first kernel whose values or gradients differ, and by how much; empty if all agree.

    Small cases of all five kernels, forwards and backwards. Which triangle a pixel shows must agree exactly.
    """
    results = (_results(each, reference, device) for each in (kernels, reference))
    for (name, got), (_, expected) in zip(*results, strict=True):
        for index, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
            if mine.shape != theirs.shape:
                return f"{name}: result {index} has shape {list(mine.shape)} instead of {list(theirs.shape)}"
            allowed = TOLERANCE * float(theirs.double().abs().max()) if theirs.is_floating_point() else 0.0
            difference = float((mine.double() - theirs.double()).abs().max())
            if not difference <= allowed:  # also true for NaN
                return f"{name}: result {index} is off by {difference:.2g}, allowed is {allowed:.2g}"
    return ""


def _results(kernels: Kernels, reference: Kernels, device: torch.device) -> Iterator[tuple[str, list[Tensor]]]:
    generator = torch.Generator().manual_seed(0)
    yield "hash grid", _hash_grid(kernels, generator, device)
    yield "composite", _composite(kernels, generator, device)
    yield "marching tetrahedra", _marching_tetrahedra(kernels, generator, device)
    # One mesh for both sets: they may order a mesh's faces differently.
    lattice, sdf = _lumpy_ball(generator, device)
    vertices, faces = reference.marching_tetrahedra(lattice.vertices(device), lattice, sdf)
    yield "rasterise and antialias", _surface(kernels, vertices.detach(), faces, device)


def _hash_grid(kernels: Kernels, generator: torch.Generator, device: torch.device) -> list[Tensor]:
    grid = kernels.hash_grid(HashGridConfig(levels=4, log2_table_size=9, base_resolution=4, per_level_scale=1.7))
    grid.table.data = torch.rand(grid.table.shape, generator=generator)
    grid = grid.to(device)
    code = grid(torch.rand(300, 3, generator=generator).to(device))
    (code * torch.rand(code.shape, generator=generator).to(device)).sum().backward()
    assert grid.table.grad is not None
    return [code.detach(), grid.table.grad]


def _composite(kernels: Kernels, generator: torch.Generator, device: torch.device) -> list[Tensor]:
    shapes = (20, 9), (20, 9), (20, 9, 2), (20, 9)
    inputs = [torch.rand(shape, generator=generator).to(device).requires_grad_() for shape in shapes]
    outputs = kernels.composite(*inputs)
    total = torch.stack([output.square().sum() for output in outputs]) @ torch.arange(1.0, 5.0, device=device)
    return [*(output.detach() for output in outputs), *torch.autograd.grad(total, inputs)]


def _lumpy_ball(generator: torch.Generator, device: torch.device) -> tuple[KuhnLattice, Tensor]:
    lattice = KuhnLattice(6)
    noise = torch.rand(lattice.vertex_count, generator=generator).to(device)
    return lattice, lattice.vertices(device).norm(dim=1) - 0.5 - 0.2 * noise


def _marching_tetrahedra(kernels: Kernels, generator: torch.Generator, device: torch.device) -> list[Tensor]:
    lattice, sdf = _lumpy_ball(generator, device)
    inputs = [lattice.vertices(device).requires_grad_(), sdf.requires_grad_()]
    vertices, faces = kernels.marching_tetrahedra(inputs[0], lattice, inputs[1])
    volume = torch.linalg.det(vertices[faces]).sum()
    counts = torch.tensor([len(vertices), len(faces)])
    return [counts, volume.detach(), *torch.autograd.grad(volume, inputs)]


def _surface(kernels: Kernels, vertices: Tensor, faces: Tensor, device: torch.device) -> list[Tensor]:
    x, y, z = vertices.unbind(dim=1)
    clip = torch.stack([2.2 * x, 2.2 * y, z + 2.5, z + 3], dim=1)[None].requires_grad_()
    attributes = vertices.clone().requires_grad_()
    raster = kernels.rasterise(clip, faces, attributes, 20, 24)
    image = kernels.antialias(torch.cat([raster.attributes, raster.coverage], dim=-1), raster, clip, faces)
    weight = torch.linspace(0, 1, image.numel(), device=device).sin().view(image.shape)
    gradients = torch.autograd.grad((image * weight).sum(), [clip, attributes])
    return [raster.ids, image.detach(), *gradients]
