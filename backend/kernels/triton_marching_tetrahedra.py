"""Marching tetrahedra over a Kuhn lattice on a GPU, without stored tetrahedra.

As on the CPU, the signs of a cube's eight corners choose its triangles from a table. A crossed edge's number is the
count of those that leave earlier vertices plus its rank among its own vertex's, so that the vertices come out in the
reference's order. How many there are must be read once by the host, to size the mesh.
"""

from functools import cache

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from .kuhn_lattice import KuhnLattice, cube_tets
from .marching_tetrahedra import check_lattice, tet_triangles
from .marching_tetrahedra import marching_tetrahedra as reference_marching_tetrahedra
from .triton_compiled import device_function, launch
from .triton_crossings import crossings

MOST_TRIANGLES = tl.constexpr(12)

VERTICES_PER_PROGRAM = 256


def marching_tetrahedra(
    positions: Float[Tensor, "N 3"], tets: Int[Tensor, "T 4"] | KuhnLattice, sdf: Float[Tensor, "N"]
) -> tuple[Float[Tensor, "V 3"], Int[Tensor, "F 3"]]:
    """As marching_tetrahedra.marching_tetrahedra up to the order of faces; lattices are the fast case.

    Explicit tetrahedra take the torch path.
    """
    if not isinstance(tets, KuhnLattice):
        return reference_marching_tetrahedra(positions, tets, sdf)
    check_lattice(positions, tets, sdf)
    edges, faces = _extract(sdf.detach().contiguous(), tets)
    return crossings(positions, sdf, edges), faces


def _extract(sdf: Tensor, lattice: KuhnLattice) -> tuple[Tensor, Tensor]:
    """Crossed edges int64[V, 2] (lower vertex first, sorted), and faces int64[F, 3] indexing them."""
    counts, triangles = _cube_triangles(sdf.device)
    side, grid = lattice.resolution + 1, (triton.cdiv(lattice.vertex_count, VERTICES_PER_PROGRAM),)
    signs = torch.empty(lattice.vertex_count, dtype=torch.int32, device=sdf.device)
    leaving = torch.empty(2, lattice.vertex_count, dtype=torch.int32, device=sdf.device)
    sizes = lattice.vertex_count, side, VERTICES_PER_PROGRAM
    launch(_classify, grid, sdf, signs, counts, leaving, *sizes)
    last = leaving.cumsum(dim=1, dtype=torch.int32)
    edge_count, face_count = last[:, -1].tolist()
    edges = torch.empty(edge_count, 2, dtype=torch.int64, device=sdf.device)
    faces = torch.empty(face_count, 3, dtype=torch.int64, device=sdf.device)
    launch(_emit, grid, signs, leaving, last, counts, triangles, edges, faces, *sizes)
    return edges, faces


@cache
def _cube_triangles(device: torch.device) -> tuple[Tensor, Tensor]:
    """Triangle count int32[256] and triangles int32[256, 12, 3] per code; a triangle's vertex is 8 * from + to."""
    counts = torch.zeros(256, dtype=torch.int32)
    triangles = torch.zeros(256, MOST_TRIANGLES.value, 3, dtype=torch.int32)
    cases = tet_triangles()
    for code in range(256):
        for tet in cube_tets():
            case = sum((code >> corner & 1) << index for index, corner in enumerate(tet))
            for triangle in cases[case]:
                # Along a Kuhn edge the corner numbers grow bit by bit, so the lower number is the edge's start.
                ends = [sorted((tet[a], tet[b])) for a, b in triangle]
                triangles[code, counts[code]] = torch.tensor([8 * start + end for start, end in ends])
                counts[code] += 1
    return counts.to(device), triangles.to(device)


@device_function()
def _offset(corner, side):
    """From a cube's first vertex to its corner 4x + 2y + z."""
    return ((corner >> 2) * side + (corner >> 1 & 1)) * side + (corner & 1)


@device_function()
def _crossed(signs):
    """Bit d - 1 is set where the edge in direction d, towards corner d, crosses the surface."""
    corners, there = signs & 255, signs >> 8
    towards = tl.where((corners & 1) != 0, ~corners, corners)
    return (towards & there) >> 1 & 127


@device_function()
def _bits(mask):
    """How many of seven bits are set."""
    pairs = (mask & 85) + (mask >> 1 & 85)
    fours = (pairs & 51) + (pairs >> 2 & 51)
    return (fours & 15) + (fours >> 4)


@device_function("vertex_count", "side")
def _classify(sdf, signs, counts, leaving, vertex_count, side, BLOCK: tl.constexpr):
    """Signs of the cube that begins at each vertex (bits 0..7) and which corners exist (8..15); edges and triangles."""
    vertex = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    is_here = vertex < vertex_count
    is_last_x, is_last_y = vertex // side // side == side - 1, vertex // side % side == side - 1
    is_last_z = vertex % side == side - 1
    inside, there = tl.zeros_like(vertex), tl.zeros_like(vertex)
    for corner in tl.static_range(8):
        is_corner = is_here
        if corner & 4:
            is_corner = is_corner & (is_last_x == 0)
        if corner & 2:
            is_corner = is_corner & (is_last_y == 0)
        if corner & 1:
            is_corner = is_corner & (is_last_z == 0)
        value = tl.load(sdf + vertex + _offset(corner, side), mask=is_corner, other=1.0)
        inside |= (value < 0).to(tl.int32) << corner
        there |= is_corner.to(tl.int32) << corner
    both = inside | (there << 8)
    tl.store(signs + vertex, both, mask=is_here)
    tl.store(leaving + vertex, _bits(_crossed(both)), mask=is_here)
    triangles = tl.load(counts + inside, mask=there == 255, other=0)
    tl.store(leaving + vertex_count + vertex, triangles, mask=is_here)


@device_function()
def _edge_number(signs, leaving, last, vertex, side, ends, is_here):
    """Number of the crossed edge between two corners of the cube at a vertex; ``ends`` is 8 * from + to."""
    start, end = ends >> 3, ends & 7
    origin = vertex + _offset(start, side)
    before = (1 << (end - start - 1)) - 1
    rank = _bits(_crossed(tl.load(signs + origin, mask=is_here, other=0)) & before)
    first = tl.load(last + origin, mask=is_here, other=0) - tl.load(leaving + origin, mask=is_here, other=0)
    return first + rank


@device_function("vertex_count", "side")
def _emit(signs, leaving, last, counts, triangles, edges, faces, vertex_count, side, BLOCK: tl.constexpr):
    vertex = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    is_here = vertex < vertex_count
    both = tl.load(signs + vertex, mask=is_here, other=0)
    crossed = _crossed(both)
    if tl.max(crossed, axis=0) > 0:
        first = tl.load(last + vertex, mask=is_here, other=0) - tl.load(leaving + vertex, mask=is_here, other=0)
        for direction in tl.static_range(1, 8):
            is_crossed = (crossed >> (direction - 1) & 1) != 0
            edge = (first + _bits(crossed & ((1 << (direction - 1)) - 1))).to(tl.int64)
            tl.store(edges + edge * 2, vertex.to(tl.int64), mask=is_crossed)
            tl.store(edges + edge * 2 + 1, (vertex + _offset(direction, side)).to(tl.int64), mask=is_crossed)
    count = tl.load(leaving + vertex_count + vertex, mask=is_here, other=0)
    most = tl.max(count, axis=0)
    first_face = tl.load(last + vertex_count + vertex, mask=is_here, other=0) - count
    for triangle in range(most):
        is_drawn = is_here & (triangle < count)
        for corner in tl.static_range(3):
            place = ((both & 255) * MOST_TRIANGLES + triangle) * 3 + corner
            ends = tl.load(triangles + place, mask=is_drawn, other=1)
            number = _edge_number(signs, leaving, last, vertex, side, ends, is_drawn)
            tl.store(faces + (first_face + triangle).to(tl.int64) * 3 + corner, number.to(tl.int64), mask=is_drawn)
