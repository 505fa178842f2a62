"""Marching tetrahedra in torch (Doi and Koide 1991; Shen et al. 2021): the meaning of the fast extraction.

Which edges cross the surface is decided on the signs; where they cross is differentiable and shared with the fast twin.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .kuhn_lattice import KuhnLattice

SMALLEST_SDF = 1e-6
"""Values closer to 0 are moved here, on their own side: a surface through a vertex would have faces without area."""

SMALLEST_SPREAD = 1e-4
"""Least |s_b - s_a| in the gradient: the crossing's derivative grows like its inverse."""


Triangle = tuple[tuple[int, int], ...]
"""Three edges of a tetrahedron, each as its two corners."""


def tet_triangles() -> tuple[tuple[Triangle, ...], ...]:
    """Triangles for each of the 16 sign patterns of a tetrahedron: per case, triples of tet edges (corner, corner).

    Bit i of a case is set when corner i is inside. The corners are positively oriented,
    det(p1 - p0, p2 - p0, p3 - p0) > 0, and the triangles wind counter-clockwise seen from outside.
    """
    opposite = {0: (1, 2, 3), 1: (0, 3, 2), 2: (0, 1, 3), 3: (0, 2, 1)}
    cases: list[tuple[Triangle, ...]] = []
    for case in range(16):
        inside = [corner for corner in range(4) if case >> corner & 1]
        outside = [corner for corner in range(4) if not case >> corner & 1]
        if len(inside) == 1:
            cases.append((tuple((inside[0], corner) for corner in opposite[inside[0]]),))
        elif len(outside) == 1:
            cases.append((tuple((outside[0], corner) for corner in reversed(opposite[outside[0]])),))
        elif len(inside) == 2:
            (i, j), (k, m) = inside, outside
            if (i, j) in ((0, 2), (1, 3)):  # keeps (i, j, k, m) an even permutation of the corners
                k, m = m, k
            cases.append((((i, k), (i, m), (j, m)), ((i, k), (j, m), (j, k))))
        else:
            cases.append(())
    return tuple(cases)


def marching_tetrahedra(
    positions: Float[Tensor, "N 3"], tets: Int[Tensor, "T 4"] | KuhnLattice, sdf: Float[Tensor, "N"]
) -> tuple[Float[Tensor, "V 3"], Int[Tensor, "F 3"]]:
    """Extract the surface sdf = 0 as vertices and int64 faces, winding counter-clockwise seen from outside.

    sdf is negative inside. Tetrahedra are positively oriented and share faces without gaps; then the mesh is closed
    wherever the surface does not reach the border. Differentiable in positions and sdf. May be empty.
    """
    if isinstance(tets, KuhnLattice):
        check_lattice(positions, tets, sdf)
        tets = tets.tets(positions.device)
    edges, faces = _crossed_edges(tets.long(), is_inside(sdf))
    return crossings(positions, sdf, edges), faces


def check_lattice(positions: Float[Tensor, "N 3"], lattice: KuhnLattice, sdf: Float[Tensor, "N"]) -> None:
    """Raise ValueError unless there is one position and one sdf value per lattice vertex."""
    if len(positions) != lattice.vertex_count or len(sdf) != lattice.vertex_count:
        raise ValueError(f"{lattice} has {lattice.vertex_count} vertices, got {len(positions)} and {len(sdf)} values")


def is_inside(sdf: Float[Tensor, "N"]) -> Bool[Tensor, "N"]:
    """Whether a vertex is inside; exactly 0 is outside."""
    return sdf.detach() < 0


def crossings(
    positions: Float[Tensor, "N 3"], sdf: Float[Tensor, "N"], edges: Int[Tensor, "V 2"]
) -> Float[Tensor, "V 3"]:
    """Where the linear sdf is 0 along edges whose ends lie on both sides; differentiable in positions and sdf."""
    sdf_a, sdf_b = _away_from_zero(sdf.index_select(0, edges[:, 0])), _away_from_zero(sdf.index_select(0, edges[:, 1]))
    # Scaling both values keeps the crossing and bounds its derivative.
    enlarge = (SMALLEST_SPREAD / (sdf_b - sdf_a).detach().abs() - 1).clamp(min=0)
    sdf_a, sdf_b = sdf_a + enlarge * sdf_a.detach(), sdf_b + enlarge * sdf_b.detach()
    fraction = (sdf_a / (sdf_a - sdf_b))[:, None]
    start, end = positions.index_select(0, edges[:, 0]), positions.index_select(0, edges[:, 1])
    return start + fraction * (end - start)


def _away_from_zero(sdf: Tensor) -> Tensor:
    value = sdf.detach()
    nudged = torch.where(value < 0, value.clamp(max=-SMALLEST_SDF), value.clamp(min=SMALLEST_SDF))
    return sdf + (nudged - value)


def _crossed_edges(tets: Int[Tensor, "T 4"], inside: Bool[Tensor, "N"]) -> tuple[Tensor, Tensor]:
    """Edges int64[V, 2] (lower vertex first, sorted) that cross the surface, and faces indexing them."""
    weights = torch.tensor([1, 2, 4, 8], device=tets.device)
    case_of_tet = (inside[tets].long() * weights).sum(dim=1)
    corners = []
    for case, triangles in enumerate(tet_triangles()):
        chosen = tets[case_of_tet == case]
        corners += [chosen[:, torch.tensor(triangle, device=tets.device)] for triangle in triangles]
    ends = torch.cat(corners).reshape(-1, 2).sort(dim=1).values
    edges, faces = torch.unique(ends, dim=0, return_inverse=True)
    return edges, faces.reshape(-1, 3)
