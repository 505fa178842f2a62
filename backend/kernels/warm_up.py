"""Run every kernel once on next to nothing: what is compiled, is compiled while models load, not in the first job."""

import torch

from .face_adjacency import edges
from .hash_grid import HashGridConfig
from .interface import Kernels
from .kuhn_lattice import KuhnLattice
from .laplacian import laplacian
from .vertex_normals import vertex_normals


def warm_up(kernels: Kernels, device: torch.device) -> None:
    """Call the five kernels and the sums over a mesh, forwards and backwards, with a real run's types and layouts."""
    points = torch.rand(4, 3, device=device)
    grid = kernels.hash_grid(HashGridConfig(levels=2, log2_table_size=4, base_resolution=2)).to(device)
    grid(points).sum().backward()
    density = torch.rand(2, 4, device=device, requires_grad=True)
    colors = torch.rand(2, 4, 3, device=device, requires_grad=True)
    length = torch.full((2, 4), 0.1, device=device)
    composited = kernels.composite(density, length, colors, length.cumsum(dim=1))
    torch.cat(composited, dim=1).sum().backward()
    lattice = KuhnLattice(4)
    positions = lattice.vertices(device)
    distances = (positions.norm(dim=1) - 0.6).requires_grad_()
    kernels.marching_tetrahedra(positions, lattice.tets(device), distances)
    vertices, faces = kernels.marching_tetrahedra(positions, lattice, distances)
    laplacian(vertex_normals(vertices, faces), edges(faces)).sum().backward(retain_graph=True)
    x, y, z = vertices.unbind(dim=1)
    clip = torch.stack([x, y, z, torch.ones_like(z)], dim=1)[None]
    raster = kernels.rasterise(clip, faces, vertices, 8, 8)
    kernels.antialias(torch.cat([raster.attributes, raster.coverage], dim=-1), raster, clip, faces).sum().backward()
