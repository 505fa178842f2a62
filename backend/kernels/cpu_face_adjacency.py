"""Face neighbours and edges on a CPU: sides are grouped by their lower vertex, then matched within short groups."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from .compiled import compiled


def adjacency_by_counting(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "F 3"]:
    """As face_adjacency.adjacency_by_sorting, in time linear in the face count."""
    return torch.from_numpy(_neighbours(*_checked(faces)))


def edges_by_counting(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "E 2"]:
    """As face_adjacency.edges_by_sorting, in time linear in the face count."""
    return torch.from_numpy(_edges(*_checked(faces)))


def _checked(faces: Int[Tensor, "F 3"]) -> tuple[np.ndarray, int]:
    """Faces as i32, and one more than the highest vertex number in them."""
    corners = faces.to(torch.int32).contiguous().numpy()
    if corners.size and corners.min() < 0:
        raise ValueError(f"faces hold vertex numbers >= 0, got {corners.min()}")
    return corners, int(corners.max(initial=-1)) + 1


@compiled
def _grouped(faces, vertex_count):
    """Where each lower vertex's sides start, and each side's upper vertex and number, 3 face + i, in that order."""
    start = np.zeros(vertex_count + 1, np.int32)
    for f in range(len(faces)):
        for i in range(3):
            start[min(faces[f, i], faces[f, (i + 1) % 3]) + 1] += 1
    for v in range(vertex_count):
        start[v + 1] += start[v]
    filled = start[:-1].copy()
    upper = np.empty(3 * len(faces), np.int32)
    side = np.empty(3 * len(faces), np.int32)
    for f in range(len(faces)):
        for i in range(3):
            a, b = faces[f, i], faces[f, (i + 1) % 3]
            lower = min(a, b)
            upper[filled[lower]] = max(a, b)
            side[filled[lower]] = 3 * f + i
            filled[lower] += 1
    return start, upper, side


@compiled
def _neighbours(faces, vertex_count):
    start, upper, side = _grouped(faces, vertex_count)
    neighbour = np.full((len(faces), 3), -1, np.int32)
    for v in range(vertex_count):
        for slot in range(start[v], start[v + 1]):
            partner, sharing = -1, 0
            for other in range(start[v], start[v + 1]):
                if other != slot and upper[other] == upper[slot]:
                    partner = side[other] // 3
                    sharing += 1
            if sharing == 1:
                neighbour[side[slot] // 3, side[slot] % 3] = partner
    return neighbour


@compiled
def _edges(faces, vertex_count):
    start, upper, _ = _grouped(faces, vertex_count)
    ends = np.empty((len(upper), 2), np.int64)
    count = 0
    for v in range(vertex_count):
        # Groups are short: half a vertex's edges, each from two faces.
        for slot in range(start[v] + 1, start[v + 1]):
            value, place = upper[slot], slot
            while place > start[v] and upper[place - 1] > value:
                upper[place] = upper[place - 1]
                place -= 1
            upper[place] = value
        for slot in range(start[v], start[v + 1]):
            if slot == start[v] or upper[slot] != upper[slot - 1]:
                ends[count, 0], ends[count, 1] = v, upper[slot]
                count += 1
    return ends[:count].copy()
