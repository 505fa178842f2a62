"""Which edges of stored tetrahedra a surface crosses, and the faces between them, on a CPU.

Each tetrahedron's sign pattern is looked up; crossed edges are numbered in a hash table, which holds only those, so
that neither sorting nor a table of all edges is needed.
"""

from functools import cache

import numpy as np
from jaxtyping import Bool, Int

from .compiled import compiled
from .marching_tetrahedra import tet_triangles

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiplying by it spreads keys over the high bits (Knuth, Fibonacci hashing)."""


def crossed_edges(
    tets: Int[np.ndarray, "T 4"], inside: Bool[np.ndarray, "N"]
) -> tuple[Int[np.ndarray, "V 2"], Int[np.ndarray, "F 3"]]:
    """Crossed edges, lower vertex first, in order of first use, and faces indexing them; all int64.

    tets: int64, positively oriented.   inside: whether a vertex is inside.   Raises ValueError for a wrong index.
    """
    if tets.size and (tets.min() < 0 or tets.max() >= len(inside)):
        raise ValueError(f"tetrahedra must index 0..{len(inside) - 1}, got {tets.min()}..{tets.max()}")
    return _extract(tets, inside, *_case_triangles())


@cache
def _case_triangles() -> tuple[np.ndarray, np.ndarray]:
    """Triangle counts u8[16] and triangles u8[16, 2, 3, 2] per sign pattern; a vertex is a pair of corners."""
    cases = tet_triangles()
    triangles = np.zeros((16, 2, 3, 2), np.uint8)
    for case, found in enumerate(cases):
        triangles[case, : len(found)] = np.array(found).reshape(-1, 3, 2)
    return np.array([len(found) for found in cases], np.uint8), triangles


@compiled
def _slot(keys, key, shift):
    """Where a key lies in the hash table, or the free place for it; the table is never full."""
    mask = len(keys) - 1
    slot = np.int64((np.uint64(key) * SPREAD) >> shift)
    while keys[slot] >= 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _extract(tets, inside, counts, triangles):
    cases = np.empty(len(tets), np.uint8)
    face_count = 0
    for t in range(len(tets)):
        case = inside[tets[t, 0]] | inside[tets[t, 1]] << 1 | inside[tets[t, 2]] << 2 | inside[tets[t, 3]] << 3
        cases[t] = case
        face_count += counts[case]
    bits = 4
    while (1 << bits) < 6 * face_count:  # there are at most three edges a face, so half of the table stays free
        bits += 1
    keys, number = np.full(1 << bits, -1, np.int64), np.empty(1 << bits, np.int64)
    faces, edges = np.empty((face_count, 3), np.int64), np.empty((3 * face_count, 2), np.int64)
    edge_count, face = 0, 0
    for t in range(len(tets)):
        case = cases[t]
        for triangle in range(counts[case]):
            for i in range(3):
                a, b = tets[t, triangles[case, triangle, i, 0]], tets[t, triangles[case, triangle, i, 1]]
                lower, upper = min(a, b), max(a, b)
                slot = _slot(keys, lower * len(inside) + upper, np.uint64(64 - bits))
                if keys[slot] < 0:
                    keys[slot] = lower * len(inside) + upper
                    number[slot] = edge_count
                    edges[edge_count, 0], edges[edge_count, 1] = lower, upper
                    edge_count += 1
                faces[face, i] = number[slot]
            face += 1
    return edges[:edge_count].copy(), faces
