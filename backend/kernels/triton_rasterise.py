"""Rasterisation on a GPU: the Triton z-buffer, and interpolation with a hand-written backward."""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .raster import Raster, batched, check_attributes
from .triton_compiled import DeviceFunction, device_function, launch
from .triton_zbuffer import triangle_ids

PIXELS_PER_PROGRAM = 128


def rasterise(
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    attributes: Float[Tensor, "*B V C"],
    height: int,
    width: int,
) -> Raster:
    """As rasterise.rasterise: same ids, values and gradients (first derivatives only).

    Only faces that name a missing vertex are not refused, but left out: to look for them would make the GPU wait.
    """
    check_attributes(vertices_clip, attributes)
    corners = faces.to(torch.int32).contiguous()
    ids, depth = triangle_ids(vertices_clip, corners, height, width)
    image = _Interpolate.apply(vertices_clip, corners, batched(attributes, len(vertices_clip)), ids)
    return Raster(image, (ids > 0).to(vertices_clip.dtype)[..., None], ids, depth.to(vertices_clip.dtype))


class _Interpolate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices_clip: Tensor, faces: Tensor, attributes: Tensor, ids: Tensor) -> Tensor:
        saved = vertices_clip.detach().contiguous(), faces, attributes.detach().contiguous(), ids
        image = attributes.new_empty(*ids.shape, attributes.shape[2])
        _launch(_forward, *saved, image)
        ctx.save_for_backward(*saved)
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx, image_gradient: Tensor) -> tuple[Tensor, None, Tensor, None]:
        vertices_clip, _, attributes, _ = ctx.saved_tensors
        gradients = torch.zeros_like(vertices_clip), torch.zeros_like(attributes)
        _launch(_backward, *ctx.saved_tensors, image_gradient.contiguous(), *gradients)
        return gradients[0], None, gradients[1], None


def _launch(kernel: DeviceFunction, *tensors: Tensor) -> None:
    attributes, ids = tensors[2:4]
    _, vertex_count, channels = attributes.shape
    grid = (triton.cdiv(ids.numel(), PIXELS_PER_PROGRAM),)
    launch(kernel, grid, *tensors, ids.numel(), vertex_count, channels, *ids.shape[1:], PIXELS_PER_PROGRAM)


@device_function()
def _pixel(ids, height, width, pixel, is_here):
    """Face (-1 = none), view, and NDC position of a pixel."""
    face = tl.load(ids + pixel, mask=is_here, other=0) - 1
    column, row = pixel % width, pixel // width % height
    x = (column.to(tl.float64) + 0.5) / width * 2 - 1
    return face, pixel // width // height, x, 1 - (row.to(tl.float64) + 0.5) / height * 2


@device_function()
def _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, CORNER: tl.constexpr):
    """Row of a corner in [B * V], and where it lies relative to the ray: these areas are the barycentrics."""
    vertex = tl.load(faces + face.to(tl.int64) * 3 + CORNER, mask=is_covered, other=0)
    row = view.to(tl.int64) * vertex_count + vertex
    w = tl.load(vertices_clip + row * 4 + 3, mask=is_covered, other=1.0).to(tl.float64)
    p = tl.load(vertices_clip + row * 4, mask=is_covered, other=0.0).to(tl.float64) - x * w
    return row, p, tl.load(vertices_clip + row * 4 + 1, mask=is_covered, other=0.0).to(tl.float64) - y * w


@device_function()
def _barycentrics(p0, q0, p1, q1, p2, q2, is_covered):
    """Perspective-correct barycentrics, and the reciprocal of the sum that normalises them."""
    u, v, t = p1 * q2 - p2 * q1, p2 * q0 - p0 * q2, p0 * q1 - p1 * q0
    scale = 1 / tl.where(is_covered, u + v + t, 1.0)
    return u * scale, v * scale, t * scale, scale


@device_function("pixel_count", "vertex_count", "channels", "height", "width")
def _forward(
    vertices_clip, faces, attributes, ids, image, pixel_count, vertex_count, channels, height, width,
    BLOCK: tl.constexpr,
):  # fmt: skip
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    is_here = pixel < pixel_count
    face, view, x, y = _pixel(ids, height, width, pixel, is_here)
    is_covered = face >= 0
    a, pa, qa = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 0)
    b, pb, qb = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 1)
    c, pc, qc = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 2)
    u, v, t, _ = _barycentrics(pa, qa, pb, qb, pc, qc, is_covered)
    for channel in range(channels):
        value = u * tl.load(attributes + a * channels + channel, mask=is_covered, other=0.0)
        value += v * tl.load(attributes + b * channels + channel, mask=is_covered, other=0.0)
        value += t * tl.load(attributes + c * channels + channel, mask=is_covered, other=0.0)
        tl.store(image + pixel.to(tl.int64) * channels + channel, value, mask=is_here)


@device_function()
def _pull_corner(out, row, x, y, p_next, q_next, p_last, q_last, next_area, last_area, is_covered):
    """Add a corner's clip-space gradient: its p appears in the last area as p q_next, in the next one as -p q_last."""
    p_gradient = last_area * q_next - next_area * q_last
    q_gradient = next_area * p_last - last_area * p_next
    tl.atomic_add(out + row * 4, p_gradient.to(out.dtype.element_ty), mask=is_covered, sem="relaxed")
    tl.atomic_add(out + row * 4 + 1, q_gradient.to(out.dtype.element_ty), mask=is_covered, sem="relaxed")
    w_gradient = -(x * p_gradient + y * q_gradient)
    tl.atomic_add(out + row * 4 + 3, w_gradient.to(out.dtype.element_ty), mask=is_covered, sem="relaxed")


@device_function()
def _pull_attribute(attributes, out, place, incoming, weight, is_covered):
    """Add an attribute's gradient; gives what the corner's weight gets from it."""
    tl.atomic_add(out + place, (incoming * weight).to(out.dtype.element_ty), mask=is_covered, sem="relaxed")
    return incoming * tl.load(attributes + place, mask=is_covered, other=0.0)


@device_function("pixel_count", "vertex_count", "channels", "height", "width")
def _backward(
    vertices_clip, faces, attributes, ids, image_gradient, vertices_gradient, attributes_gradient,
    pixel_count, vertex_count, channels, height, width, BLOCK: tl.constexpr,
):  # fmt: skip
    """Chain through barycentric = area / sum(areas) and area_i = p_j q_k - p_k q_j."""
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    face, view, x, y = _pixel(ids, height, width, pixel, pixel < pixel_count)
    is_covered = face >= 0
    a, pa, qa = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 0)
    b, pb, qb = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 1)
    c, pc, qc = _corner(vertices_clip, faces, face, view, vertex_count, x, y, is_covered, 2)
    u, v, t, scale = _barycentrics(pa, qa, pb, qb, pc, qc, is_covered)
    per_u, per_v, per_t = tl.zeros_like(u), tl.zeros_like(v), tl.zeros_like(t)
    for channel in range(channels):
        place = image_gradient + pixel.to(tl.int64) * channels + channel
        incoming = tl.load(place, mask=is_covered, other=0.0).to(tl.float64)
        per_u += _pull_attribute(attributes, attributes_gradient, a * channels + channel, incoming, u, is_covered)
        per_v += _pull_attribute(attributes, attributes_gradient, b * channels + channel, incoming, v, is_covered)
        per_t += _pull_attribute(attributes, attributes_gradient, c * channels + channel, incoming, t, is_covered)
    mean = per_u * u + per_v * v + per_t * t
    area_a, area_b, area_c = (per_u - mean) * scale, (per_v - mean) * scale, (per_t - mean) * scale
    _pull_corner(vertices_gradient, a, x, y, pb, qb, pc, qc, area_b, area_c, is_covered)
    _pull_corner(vertices_gradient, b, x, y, pc, qc, pa, qa, area_c, area_a, is_covered)
    _pull_corner(vertices_gradient, c, x, y, pa, qa, pb, qb, area_a, area_b, is_covered)
