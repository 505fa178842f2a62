"""Edges and neighbours of the faces of a triangle mesh: counted with numba on a CPU, sorted with torch elsewhere.

Side i of a face runs from its corner i to its corner i + 1 (modulo 3).
"""

import torch
from jaxtyping import Int
from torch import Tensor


def edges(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "E 2"]:
    """Every undirected edge once, int64, lower vertex first, sorted."""
    if faces.device.type != "cpu":
        return edges_by_sorting(faces)
    from .cpu_face_adjacency import edges_by_counting

    return edges_by_counting(faces)


def edges_by_sorting(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "E 2"]:
    """edges in torch on any device."""
    key = torch.unique(_keys(faces))
    return torch.stack([key >> 32, key & (2**32 - 1)], dim=1)


def face_adjacency(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "F 3"]:
    """The face across each side, int32; -1 at a border and where more than two faces share the edge.

    >>> face_adjacency(torch.tensor([[0, 1, 2], [2, 1, 3]]))
    tensor([[-1,  1, -1],
            [ 0, -1, -1]], dtype=torch.int32)
    """
    if faces.device.type != "cpu":
        return adjacency_by_sorting(faces)
    from .cpu_face_adjacency import adjacency_by_counting

    return adjacency_by_counting(faces)


def adjacency_by_sorting(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "F 3"]:
    """face_adjacency in torch on any device: equal edges become neighbours in sorted order."""
    key, side = _keys(faces).sort()
    _, run, length = torch.unique_consecutive(key, return_inverse=True, return_counts=True)
    is_pair = length[run] == 2
    first, second = side[is_pair].reshape(-1, 2).unbind(dim=1)
    neighbour = torch.full((3 * len(faces),), -1, dtype=torch.int32, device=faces.device)
    neighbour[first] = (second // 3).int()
    neighbour[second] = (first // 3).int()
    return neighbour.reshape(-1, 3)


def _keys(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "3*F"]:
    """Each side's two vertices in one number, in their order; a greatest vertex would have to be read by the host."""
    ends = _sides(faces).sort(dim=1).values
    return ends[:, 0] << 32 | ends[:, 1]


def _sides(faces: Tensor) -> Tensor:
    faces = faces.long()
    return torch.stack([faces, faces.roll(-1, dims=1)], dim=2).reshape(-1, 2)
