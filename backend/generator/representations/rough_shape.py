"""A given mesh in the terms of a tetrahedral grid."""

from collections.abc import Generator

from jaxtyping import Float
from torch import Tensor

from ..rendering.view import TriangleMesh
from .given_mesh import RoughShape
from .mesh_distance import MeshSurface, mesh_distances
from .tet_grid import TetGrid


def box_around(vertices: Float[Tensor, "V 3"], margin: float, radius: float) -> Float[Tensor, "2 3"]:
    """The vertices' box, larger on every side by this share of its size, within the cube of this half side.

    A flat mesh gets a box of some depth: a tenth of its largest extent at least.
    """
    low, high = vertices.amin(dim=0), vertices.amax(dim=0)
    extent = (high - low).maximum(0.1 * (high - low).amax())
    middle, half = (low + high) / 2, (0.5 + margin) * extent
    return (middle + half * half.new_tensor([[-1.0], [1.0]])).clamp(-radius, radius)


def rough_shape(
    mesh: TriangleMesh, field: dict[str, Tensor], grid: TetGrid, surface: MeshSurface, margin: float, radius: float
) -> Generator[float, None, RoughShape]:
    """The grid around a mesh. Yields fractions while it works; raises ValueError for a mesh without triangles."""
    box = box_around(mesh.vertices, margin, radius)
    points = box[0] + (grid.positions(box.device) + 1) / 2 * (box[1] - box[0])
    sdf = yield from mesh_distances(mesh, points, grid, surface)
    return RoughShape(box, sdf, field)
