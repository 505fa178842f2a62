"""Unit normals of a mesh's vertices: compiled with numba on a CPU, index_add elsewhere."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

SMALLEST_SQUARE = 1e-20
"""A summed normal with a smaller square has no direction: the faces around the vertex cancel or have no area."""


def vertex_normals(vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "V 3"]:
    """Area-weighted unit normals; (0, 0, 1), without gradient, where the faces cancel. Differentiable in vertices."""
    total = normal_sums(vertices, faces)
    square = total.square().sum(dim=1, keepdim=True)
    is_degenerate = square.detach() < SMALLEST_SQUARE
    # Not from a list: copying one to a GPU makes the host wait.
    upright = torch.eye(3, device=total.device, dtype=total.dtype)[2]
    # The square is replaced as well, because the other branch of a where still sends 0 * infinity backwards.
    return torch.where(is_degenerate, upright, total * square.where(~is_degenerate, 1.0).rsqrt())


def normal_sums(vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "V 3"]:
    """Sum over the faces around each vertex of (b - a) x (c - a), of length twice the face's area."""
    if vertices.device.type != "cpu":
        return sums_by_index(vertices, faces)
    from .cpu_vertex_normals import sums_by_face

    return sums_by_face(vertices, faces)


def sums_by_index(vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "V 3"]:
    """As normal_sums, in torch on any device."""
    faces = faces.long()
    a, b, c = (vertices.index_select(0, faces[:, corner]) for corner in range(3))
    cross = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for corner in range(3):
        total = total.index_add(0, faces[:, corner], cross)
    return total
