"""What a set of kernels provides: the seam between the generator and the code that is fast on one kind of device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from .composite import Composite
from .hash_grid import HashGrid, HashGridConfig
from .kuhn_lattice import KuhnLattice
from .raster import Raster


@runtime_checkable
class CompositeKernel(Protocol):
    """Volume rendering; see composite.composite."""

    def __call__(
        self,
        sigma: Float[Tensor, "R S"],
        delta: Float[Tensor, "R S"],
        values: Float[Tensor, "R S C"],
        z: Float[Tensor, "R S"],
    ) -> Composite: ...


@runtime_checkable
class RasteriseKernel(Protocol):
    """Triangles to pixels, differentiable inside the silhouette; see rasterise.rasterise."""

    def __call__(
        self,
        vertices_clip: Float[Tensor, "B V 4"],
        faces: Int[Tensor, "F 3"],
        attributes: Float[Tensor, "*B V C"],
        height: int,
        width: int,
    ) -> Raster: ...


@runtime_checkable
class AntialiasKernel(Protocol):
    """Blend pixels at silhouettes, differentiable in where the silhouette lies; see antialias.antialias."""

    def __call__(
        self,
        image: Float[Tensor, "B H W C"],
        raster: Raster,
        vertices_clip: Float[Tensor, "B V 4"],
        faces: Int[Tensor, "F 3"],
        adjacency: Int[Tensor, "F 3"] | None = None,
    ) -> Float[Tensor, "B H W C"]: ...


@runtime_checkable
class MarchingTetrahedraKernel(Protocol):
    """Signed distances to a mesh; see marching_tetrahedra.marching_tetrahedra."""

    def __call__(
        self, positions: Float[Tensor, "N 3"], tets: Int[Tensor, "T 4"] | KuhnLattice, sdf: Float[Tensor, "N"]
    ) -> tuple[Float[Tensor, "V 3"], Int[Tensor, "F 3"]]: ...


@dataclass(frozen=True)
class Kernels:
    """One interchangeable set: every set gives the same values and gradients, and grids share their state_dict."""

    name: str
    hash_grid: Callable[[HashGridConfig], HashGrid]
    composite: CompositeKernel
    rasterise: RasteriseKernel
    antialias: AntialiasKernel
    marching_tetrahedra: MarchingTetrahedraKernel
