"""Rasterisation on a CPU: the numba z-buffer, and interpolation with a hand-written backward."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .compiled import compiled, for_each
from .raster import Raster, batched, check_mesh
from .zbuffer import triangle_ids


def rasterise(
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    attributes: Float[Tensor, "*B V C"],
    height: int,
    width: int,
) -> Raster:
    """As rasterise.rasterise: same arguments, ids, values and gradients (first derivatives only)."""
    check_mesh(vertices_clip, faces, attributes)
    batch = len(vertices_clip)
    ids = torch.empty(batch, height, width, dtype=torch.int32)
    depth = torch.empty(batch, height, width, dtype=vertices_clip.dtype)
    corners = faces.to(torch.int32).contiguous()
    vertices, ids_out, depth_out = vertices_clip.detach().numpy(), ids.numpy(), depth.numpy()

    def draw(view: int) -> None:
        ids_out[view], depth_out[view] = triangle_ids(vertices[view], corners.numpy(), height, width)

    for_each(draw, batch)
    image = _Interpolate.apply(vertices_clip, corners, batched(attributes, batch), ids)
    return Raster(image, (ids > 0).to(vertices_clip.dtype)[..., None], ids, depth)


class _Interpolate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices_clip: Tensor, faces: Tensor, attributes: Tensor, ids: Tensor) -> Tensor:
        vertices_clip, attributes = vertices_clip.detach().contiguous(), attributes.detach().contiguous()
        image = attributes.new_zeros(*ids.shape, attributes.shape[2])
        ctx.save_for_backward(vertices_clip, faces, attributes, ids)
        vertices, corners, values, pixels, out = (t.numpy() for t in (vertices_clip, faces, attributes, ids, image))
        for_each(lambda view: _forward(vertices[view], corners, values[view], pixels[view], out[view]), len(ids))
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx, image_gradient: Tensor) -> tuple[Tensor, None, Tensor, None]:
        vertices_clip, faces, attributes, ids = ctx.saved_tensors
        gradients = torch.zeros_like(vertices_clip), torch.zeros_like(attributes)
        arrays = [t.numpy() for t in (vertices_clip, attributes, ids, image_gradient.contiguous(), *gradients)]
        for_each(lambda view: _backward(faces.numpy(), *(array[view] for array in arrays)), len(ids))
        return gradients[0], None, gradients[1], None


@compiled
def _rays(vertices_clip, a, b, c, x, y):
    """The three vertices relative to the ray through NDC (x, y), in float64: their areas are the barycentrics."""
    p = (
        vertices_clip[a, 0] - x * vertices_clip[a, 3],
        vertices_clip[b, 0] - x * vertices_clip[b, 3],
        vertices_clip[c, 0] - x * vertices_clip[c, 3],
    )
    q = (
        vertices_clip[a, 1] - y * vertices_clip[a, 3],
        vertices_clip[b, 1] - y * vertices_clip[b, 3],
        vertices_clip[c, 1] - y * vertices_clip[c, 3],
    )
    return p, q


@compiled
def _barycentrics(p, q):
    """Perspective-correct barycentrics and the reciprocal of the sum that normalises them."""
    u = p[1] * q[2] - p[2] * q[1]
    v = p[2] * q[0] - p[0] * q[2]
    t = p[0] * q[1] - p[1] * q[0]
    scale = 1.0 / (u + v + t)
    return (u * scale, v * scale, t * scale), scale


@compiled
def _forward(vertices_clip, faces, attributes, ids, image):
    height, width = ids.shape
    for row in range(height):
        y = 1.0 - (row + 0.5) / height * 2.0
        for column in range(width):
            face = ids[row, column] - 1
            if face < 0:
                continue
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            p, q = _rays(vertices_clip, a, b, c, (column + 0.5) / width * 2.0 - 1.0, y)
            weight, _ = _barycentrics(p, q)
            for k in range(attributes.shape[1]):
                image[row, column, k] = (
                    weight[0] * attributes[a, k] + weight[1] * attributes[b, k] + weight[2] * attributes[c, k]
                )


@compiled
def _backward(faces, vertices_clip, attributes, ids, image_gradient, vertices_gradient, attributes_gradient):
    """Chain through barycentric = area / sum(areas) and area_i = p_j q_k - p_k q_j."""
    height, width = ids.shape
    per_weight = np.zeros(3)
    for row in range(height):
        y = 1.0 - (row + 0.5) / height * 2.0
        for column in range(width):
            face = ids[row, column] - 1
            if face < 0:
                continue
            x = (column + 0.5) / width * 2.0 - 1.0
            p, q = _rays(vertices_clip, faces[face, 0], faces[face, 1], faces[face, 2], x, y)
            weight, scale = _barycentrics(p, q)
            mean = 0.0
            for i in range(3):
                vertex = faces[face, i]
                per_weight[i] = 0.0
                for k in range(attributes.shape[1]):
                    incoming = image_gradient[row, column, k]
                    per_weight[i] += incoming * attributes[vertex, k]
                    attributes_gradient[vertex, k] += incoming * weight[i]
                mean += per_weight[i] * weight[i]
            for i in range(3):
                j, m = (i + 1) % 3, (i + 2) % 3
                # p_i appears in area_m as p_i q_j and in area_j as -p_i q_m; q_i with the signs exchanged.
                area_j, area_m = (per_weight[j] - mean) * scale, (per_weight[m] - mean) * scale
                p_gradient = area_m * q[j] - area_j * q[m]
                q_gradient = area_j * p[m] - area_m * p[j]
                vertices_gradient[faces[face, i], 0] += p_gradient
                vertices_gradient[faces[face, i], 1] += q_gradient
                vertices_gradient[faces[face, i], 3] -= x * p_gradient + y * q_gradient
