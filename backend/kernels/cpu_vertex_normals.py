"""Sums of face normals around vertices on a CPU: one pass over the faces, forwards and backwards."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .compiled import compiled


def sums_by_face(vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "V 3"]:
    """As vertex_normals.normal_sums: same arguments, result and gradient (first derivatives only)."""
    return _Sums.apply(vertices, faces)


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices: Tensor, faces: Tensor) -> Tensor:
        vertices, faces = vertices.detach().contiguous(), faces.contiguous()
        ctx.save_for_backward(vertices, faces)
        total = torch.zeros_like(vertices)
        _forward(vertices.numpy(), faces.numpy(), total.numpy())
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, incoming: Tensor) -> tuple[Tensor, None]:
        vertices, faces = ctx.saved_tensors
        gradient = torch.zeros_like(vertices)
        _backward(vertices.numpy(), faces.numpy(), incoming.contiguous().numpy(), gradient.numpy())
        return gradient, None


@compiled
def _cross(u, v):
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


@compiled
def _side(vertices, start, end):
    return (
        vertices[end, 0] - vertices[start, 0],
        vertices[end, 1] - vertices[start, 1],
        vertices[end, 2] - vertices[start, 2],
    )


@compiled
def _forward(vertices, faces, total):
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        normal = _cross(_side(vertices, a, b), _side(vertices, a, c))
        for i in range(3):
            total[a, i] += normal[i]
            total[b, i] += normal[i]
            total[c, i] += normal[i]


@compiled
def _backward(vertices, faces, incoming, gradient):
    """With u = b - a, v = c - a and g the gradient of u x v: dL/db = v x g, dL/dc = g x u, dL/da = -(both)."""
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        g = (
            incoming[a, 0] + incoming[b, 0] + incoming[c, 0],
            incoming[a, 1] + incoming[b, 1] + incoming[c, 1],
            incoming[a, 2] + incoming[b, 2] + incoming[c, 2],
        )
        to_b = _cross(_side(vertices, a, c), g)
        to_c = _cross(g, _side(vertices, a, b))
        for i in range(3):
            gradient[a, i] -= to_b[i] + to_c[i]
            gradient[b, i] += to_b[i]
            gradient[c, i] += to_c[i]
