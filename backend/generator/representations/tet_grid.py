"""Tetrahedral grids over [-1, 1]^3, built in code: the Kuhn lattice, and the acute A15 lattice of DMTet's authors.

A15 (Quartet's, in kaolin's files): points of the A15 crystal in units h = 1 / resolution, cells of 4 h. Their Delaunay
tetrahedralisation is the same in every cell, so one cell's 46 tetrahedra are found once and tiled.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay
from torch import Tensor

from ...kernels.kuhn_lattice import KuhnLattice

A15_CELL = 4
A15_POINTS = ((0, 0, 0), (2, 2, 2), (1, 2, 0), (3, 2, 0), (0, 1, 2), (0, 3, 2), (2, 0, 1), (2, 0, 3))
"""The eight points of a cell, in units of h."""


class TetGrid(Protocol):
    """A grid of tetrahedra; ``resolution`` steps of 2 / resolution per side."""

    @property
    def resolution(self) -> int: ...

    def positions(self, device: torch.device) -> Float[Tensor, "N 3"]: ...

    def tets(self, device: torch.device) -> Int[Tensor, "T 4"] | KuhnLattice:
        """What the marching tetrahedra kernel takes."""
        ...

    def border(self, device: torch.device) -> Bool[Tensor, "N"]:
        """Vertices of the grid's outside; a surface that reached them would be open."""
        ...

    def parts(self, inside: np.ndarray) -> np.ndarray:
        """Connected components of the inside vertices, bool[N] -> int[N]: 0 outside, 1, 2 ... inside."""
        ...

    def grown(self, inside: np.ndarray) -> np.ndarray:
        """The inside vertices and all that share an edge with one, bool[N] -> bool[N]."""
        ...


@dataclass(frozen=True)
class KuhnGrid:
    """resolution^3 cubes of six tetrahedra; never stored."""

    resolution: int = 128

    def positions(self, device: torch.device) -> Float[Tensor, "N 3"]:
        return KuhnLattice(self.resolution).vertices(device)

    def tets(self, device: torch.device) -> KuhnLattice:
        return KuhnLattice(self.resolution)

    def border(self, device: torch.device) -> Bool[Tensor, "N"]:
        side = self.resolution + 1
        outside = torch.ones((side,) * 3, dtype=torch.bool, device=device)
        outside[1:-1, 1:-1, 1:-1] = False
        return outside.view(-1)

    def parts(self, inside: np.ndarray) -> np.ndarray:
        labels, _ = ndimage.label(self._cube(inside), structure=_kuhn_neighbours())
        return labels.reshape(-1)

    def grown(self, inside: np.ndarray) -> np.ndarray:
        return np.asarray(ndimage.binary_dilation(self._cube(inside), structure=_kuhn_neighbours())).reshape(-1)

    def _cube(self, values: np.ndarray) -> np.ndarray:
        return values.reshape((self.resolution + 1,) * 3)


@dataclass(frozen=True)
class A15Grid:
    """The acute lattice; resolution is a multiple of 4. Its outermost half cell is open, as nothing may reach it."""

    resolution: int = 128

    def __post_init__(self) -> None:
        if self.resolution < A15_CELL or self.resolution % A15_CELL:
            raise ValueError(f"an A15 grid's resolution is a positive multiple of {A15_CELL}, got {self.resolution}")

    def positions(self, device: torch.device) -> Float[Tensor, "N 3"]:
        points, _ = _a15_grid(self.resolution)
        return torch.from_numpy(points * (2 / self.resolution) - 1).float().to(device)

    def tets(self, device: torch.device) -> Int[Tensor, "T 4"]:
        return torch.from_numpy(_a15_grid(self.resolution)[1]).to(device)

    def border(self, device: torch.device) -> Bool[Tensor, "N"]:
        points, _ = _a15_grid(self.resolution)
        depth = np.minimum(points, self.resolution - points).min(axis=1)
        return torch.from_numpy(depth < A15_CELL / 2).to(device)

    def parts(self, inside: np.ndarray) -> np.ndarray:
        pairs = self._edges()
        pairs = pairs[inside[pairs].all(axis=1)]
        graph = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(inside), len(inside)))
        return np.where(inside, connected_components(graph, directed=False)[1] + 1, 0)

    def grown(self, inside: np.ndarray) -> np.ndarray:
        pairs, more = self._edges(), inside.copy()
        more[pairs[inside[pairs].any(axis=1)]] = True
        return more

    def _edges(self) -> np.ndarray:
        _, tets = _a15_grid(self.resolution)
        return np.concatenate([tets[:, [i, j]] for i in range(4) for j in range(i)])


def _kuhn_neighbours() -> np.ndarray:
    """The 3 x 3 x 3 neighbourhood that shares edges with its middle: offsets of which no two have opposite signs."""
    offsets = np.indices((3, 3, 3)) - 1
    return np.logical_or((offsets >= 0).all(axis=0), (offsets <= 0).all(axis=0))


@lru_cache(maxsize=1)
def a15_template() -> np.ndarray:
    """One cell's 46 tetrahedra as coordinates int[46, 4, 3], positively oriented; some reach into neighbour cells."""
    cells = np.stack(np.meshgrid(*[range(5)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    points = (cells * A15_CELL + np.array(A15_POINTS)).reshape(-1, 3)
    corners = points[Delaunay(points).simplices]
    centre = corners.mean(axis=1)
    middle = 2 * A15_CELL
    # Centroids never lie on a cell's face exactly at the upper side, so every tetrahedron belongs to one cell.
    kept = corners[((centre >= middle) & (centre < middle + A15_CELL)).all(axis=1)] - middle
    is_mirrored = np.linalg.det((kept[:, 1:] - kept[:, :1]).astype(float)) < 0
    kept[is_mirrored] = kept[is_mirrored][:, [1, 0, 2, 3]]
    return kept


@lru_cache(maxsize=2)
def _a15_grid(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Points int[N, 3] in units of h within [0, resolution], and tetrahedra int64[T, 4]."""
    side = resolution + 1
    axis = np.arange(0, side, A15_CELL)
    cells = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    points = (cells + np.array(A15_POINTS)).reshape(-1, 3)
    points = points[(points <= resolution).all(axis=1)]
    number = np.full((side,) * 3, -1, dtype=np.int64)
    number[tuple(points.T)] = np.arange(len(points))
    tets = (cells[:, :, None] + a15_template()).reshape(-1, 4, 3)
    tets = tets[((tets >= 0) & (tets <= resolution)).all(axis=(1, 2))]
    return points, number[tuple(np.moveaxis(tets, -1, 0))]
