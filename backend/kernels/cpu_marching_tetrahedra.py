"""Marching tetrahedra on a CPU; over a Kuhn lattice without stored tetrahedra.

The signs of a cube's eight corners are an 8-bit code, and a table holds the triangles of each of the 256 codes. An edge
is named by the vertex it leaves and one of seven directions, so shared crossings are found in an array, not by sorting.
"""

from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from .compiled import compiled
from .cpu_stored_tetrahedra import crossed_edges
from .kuhn_lattice import KuhnLattice, cube_tets
from .marching_tetrahedra import check_lattice, crossings, is_inside, tet_triangles


def marching_tetrahedra(
    positions: Float[Tensor, "N 3"], tets: Int[Tensor, "T 4"] | KuhnLattice, sdf: Float[Tensor, "N"]
) -> tuple[Float[Tensor, "V 3"], Int[Tensor, "F 3"]]:
    """As marching_tetrahedra.marching_tetrahedra up to the order of vertices and faces; lattices need no tetrahedra."""
    inside = is_inside(sdf).contiguous().numpy()
    if isinstance(tets, KuhnLattice):
        check_lattice(positions, tets, sdf)
        edges, faces = _extract(inside, tets.resolution + 1, *_cube_triangles())
    else:
        edges, faces = crossed_edges(tets.long().contiguous().numpy(), inside)
    return crossings(positions, sdf, torch.from_numpy(edges)), torch.from_numpy(faces)


@cache
def _cube_triangles() -> tuple[np.ndarray, np.ndarray]:
    """Triangle count u8[256] and triangles u8[256, 12, 3, 2] per code; a triangle's vertex is (from, to) corner."""
    counts = np.zeros(256, np.uint8)
    triangles = np.zeros((256, 12, 3, 2), np.uint8)
    cases = tet_triangles()
    for code in range(256):
        for tet in cube_tets():
            case = sum((code >> corner & 1) << index for index, corner in enumerate(tet))
            for triangle in cases[case]:
                # Along a Kuhn edge the corner numbers grow bit by bit, so the lower number is the edge's start.
                triangles[code, counts[code]] = [sorted((tet[a], tet[b])) for a, b in triangle]
                counts[code] += 1
    return counts, triangles


@compiled
def _code(inside, vertex, side):
    """Signs of the eight corners of the cube at a vertex; bit 4x + 2y + z."""
    code = 0
    for corner in range(8):
        code |= inside[vertex + ((corner >> 2) * side + (corner >> 1 & 1)) * side + (corner & 1)] << corner
    return code


@compiled
def _extract(inside, side, counts, triangles):
    """Crossed edges int64[V, 2] in order of first use, and faces int64[F, 3] indexing them."""
    codes = np.zeros(side * side * side, np.uint8)
    face_count = 0
    for x in range(side - 1):
        for y in range(side - 1):
            first = (x * side + y) * side
            for vertex in range(first, first + side - 1):
                code = _code(inside, vertex, side)
                codes[vertex] = code
                face_count += counts[code]
    faces = np.empty((face_count, 3), np.int64)
    edges = np.empty((3 * face_count, 2), np.int64)
    number = np.full(7 * len(codes), -1, np.int32)
    edge_count = 0
    face = 0
    for vertex in range(len(codes)):
        code = codes[vertex]
        for triangle in range(counts[code]):
            for i in range(3):
                start, end = np.int64(triangles[code, triangle, i, 0]), np.int64(triangles[code, triangle, i, 1])
                origin = vertex + ((start >> 2) * side + (start >> 1 & 1)) * side + (start & 1)
                name = 7 * origin + (end - start) - 1
                if number[name] < 0:
                    number[name] = edge_count
                    edges[edge_count, 0] = origin
                    edges[edge_count, 1] = vertex + ((end >> 2) * side + (end >> 1 & 1)) * side + (end & 1)
                    edge_count += 1
                faces[face, i] = number[name]
            face += 1
    return edges[:edge_count].copy(), faces
