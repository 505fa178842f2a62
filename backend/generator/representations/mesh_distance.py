"""Signed distances of anybody's mesh at a tetrahedral grid: closed or open, in one piece or a heap of triangles.

The sign comes from the generalised winding number, which needs no closed surface and minds no self-intersection
(Jacobson et al. 2013; the fast sums of Barill et al. 2018), by libigl.
"""

from collections.abc import Generator
from dataclasses import dataclass

import igl
import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial import cKDTree
from torch import Tensor
from trimesh.remesh import subdivide_to_size

from ..rendering.view import TriangleMesh
from .surface_from_density import away_from_zero
from .tet_grid import TetGrid

INSIDE = 0.5
"""Winding number from which on a point is inside: that of the lid which an open vessel lacks."""

CHUNK = 131_072
"""Points at a time, so that nobody who cancels waits for more than a second or two."""


@dataclass(frozen=True)
class MeshSurface:
    """How a mesh becomes the first signed distances.

    scale: grid steps that count as one unit of sdf; values are clamped to [-1, 1].  shell: half the thickness, in grid
    steps, that is given to what is too thin for any grid point to lie inside of it, such as a leaf or a wire; above
    sqrt(3) / 2 none of it is lost.
    """

    scale: float = 2.0
    shell: float = 0.9


def mesh_distances(
    mesh: TriangleMesh, points: Float[Tensor, "N 3"], grid: TetGrid, surface: MeshSurface
) -> Generator[float, None, Float[Tensor, "N"]]:
    """Level set of a mesh at the ``points`` of ``grid`` in world units: negative inside, border outside, none at zero.

    Faces may wind either way, all alike. Yields fractions while it works. Raises ValueError for a mesh without faces.
    """
    if not len(mesh.faces):
        raise ValueError("the given mesh has no triangles, so it has no inside; choose another one")
    at = points.detach().cpu().double().numpy()
    extent = at.max(axis=0) - at.min(axis=0)
    step = float(extent.max()) / grid.resolution
    measured = yield from _measured(mesh, at, step, surface.scale * step)
    signed = np.where(measured.inside, -measured.distance, measured.distance)
    thin = _thin(measured, at, float(np.linalg.norm(extent)) / grid.resolution, surface.shell * step)
    signed[thin] = measured.distance[thin] - surface.shell * step
    sdf = torch.from_numpy((signed / (surface.scale * step)).clip(-1, 1)).to(points)
    return away_from_zero(torch.where(grid.border(points.device), torch.ones_like(sdf), sdf))


@dataclass(frozen=True)
class _Measured:
    """Of points: distance float64[N], infinite where far; nearest surface point float64[N, 3]; inside bool[N]."""

    distance: np.ndarray
    nearest: np.ndarray
    inside: np.ndarray


def _thin(measured: _Measured, points: np.ndarray, diagonal: float, shell: float) -> np.ndarray:
    """Indices of the points within a shell of what has no inside point as near as a cell is large."""
    close = np.flatnonzero(measured.distance < shell)
    if not len(close) or not measured.inside.any():
        return close
    apart, _ = cKDTree(points[measured.inside]).query(measured.nearest[close], distance_upper_bound=diagonal)
    return close[~np.isfinite(apart)]


def _measured(mesh: TriangleMesh, points: np.ndarray, step: float, reach: float) -> Generator[float, None, _Measured]:
    """Distances are exact up to ``reach``, and not below it elsewhere."""
    vertices = np.ascontiguousarray(mesh.vertices.detach().cpu().numpy(), dtype=np.float64)
    faces = np.ascontiguousarray(mesh.faces.detach().cpu().numpy(), dtype=np.int64)
    # Exact distances of far points cost most and are clamped: dense samples of the surface tell which points they are.
    samples, _ = subdivide_to_size(vertices, faces, step, max_iter=32)
    nearby, apart = cKDTree(samples), step / np.sqrt(3)
    distance, nearest = np.full(len(points), np.inf), np.zeros((len(points), 3))
    inside = np.zeros(len(points), dtype=bool)
    for first in range(0, len(points), CHUNK):
        yield first / len(points)
        some = slice(first, first + CHUNK)
        rough, _ = nearby.query(points[some], distance_upper_bound=reach + apart)
        near = first + np.flatnonzero(np.isfinite(rough))
        if len(near):
            squared, _, nearest[near] = igl.point_mesh_squared_distance(points[near], vertices, faces)
            distance[near] = np.sqrt(squared)
        inside[some] = np.abs(igl.fast_winding_number(vertices, faces, points[some])) > INSIDE
    return _Measured(distance, nearest, inside)
