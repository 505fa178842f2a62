"""Rasterisation in torch: the meaning of the fast rasterisers, on any device and in any floating dtype.

The triangle of a pixel is found without gradient; its attributes are interpolated with homogeneous barycentrics
(Olano and Greer 1997), which are perspective-correct and differentiable in the clip-space vertices.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .raster import NEAREST_W, SMALLEST_AREA, Raster, batched, check_mesh


def rasterise(
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    attributes: Float[Tensor, "*B V C"],
    height: int,
    width: int,
) -> Raster:
    """Draw one mesh in B views; faces of both windings are drawn, the nearest at each pixel centre.

    attributes are per vertex, shared [V, C] or per view [B, V, C]. The attribute images are differentiable in
    vertices_clip and attributes within the silhouette; antialias adds the silhouette's own gradient.
    Raises ValueError where faces or attributes do not fit the vertices.
    """
    check_mesh(vertices_clip, faces, attributes)
    faces = faces.long()
    views = [_triangle_ids(view, faces, height, width) for view in vertices_clip.detach()]
    ids, depth = torch.stack([ids for ids, _ in views]), torch.stack([depth for _, depth in views])
    image = _interpolate(vertices_clip, faces, batched(attributes, len(vertices_clip)), ids)
    coverage = (ids > 0).to(vertices_clip.dtype)[..., None]
    return Raster(image, coverage, ids, depth.to(vertices_clip.dtype))


def to_pixels(vertices_clip: Float[Tensor, "*V 4"], height: int, width: int) -> Float[Tensor, "*V 3"]:
    """Clip space to pixel x, pixel y (downwards) and z / w, as float64; NaN for vertices at or behind the camera."""
    # Through float32, so that float64 callers and the float32 z-buffer choose the same triangles.
    x, y, z, w = vertices_clip.float().double().unbind(dim=-1)
    w = torch.where(w > NEAREST_W, w, torch.nan)
    return torch.stack([(x / w * 0.5 + 0.5) * width, (0.5 - y / w * 0.5) * height, z / w], dim=-1)


def _triangle_ids(
    vertices_clip: Float[Tensor, "V 4"], faces: Int[Tensor, "F 3"], height: int, width: int
) -> tuple[Int[Tensor, "H W"], Float[Tensor, "H W"]]:
    """Nearest triangle (0 = empty, else face index + 1) and its float64 depth, by testing each triangle's own box."""
    corners = to_pixels(vertices_clip, height, width)[faces]
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    drawn = ((area.abs() >= SMALLEST_AREA) & corners[:, :, 2].isfinite().all(dim=1)).nonzero()[:, 0]
    face, row, column = _box_pixels(corners[drawn, :, :2], height, width)
    face = drawn[face]
    centre = torch.stack([column + 0.5, row + 0.5], dim=1).double()
    a, b, c = (corners[face, i, :2] - centre for i in range(3))
    barycentric = torch.stack([_cross(b, c), _cross(c, a), _cross(a, b)], dim=1) / area[face, None]
    inside = (barycentric >= 0).all(dim=1)
    u, v, t = barycentric[inside].unbind(dim=1)
    face, pixel = face[inside], (row * width + column)[inside]
    z = u * corners[face, 0, 2] + v * corners[face, 1, 2] + t * corners[face, 2, 2]
    depth = torch.full((height * width,), torch.inf, dtype=torch.float64, device=faces.device)
    depth.scatter_reduce_(0, pixel, z, "amin")
    nearest = z == depth[pixel]
    ids = torch.full((height * width,), len(faces), dtype=torch.long, device=faces.device)
    ids.scatter_reduce_(0, pixel[nearest], face[nearest], "amin")
    return torch.where(depth.isinf(), 0, ids + 1).int().reshape(height, width), depth.reshape(height, width)


def _box_pixels(corners: Float[Tensor, "F 3 2"], height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Triangle, row and column of every pixel centre within the bounding box of every triangle."""
    limit = torch.tensor([width, height], device=corners.device, dtype=corners.dtype)
    zero = torch.zeros_like(limit)
    first = (corners.amin(dim=1) - 0.5).clamp(zero, limit).ceil().long()
    last = (corners.amax(dim=1) - 0.5).clamp(zero - 1, limit - 1).floor().long()
    columns, rows = (last - first + 1).clamp(min=0).unbind(dim=1)
    count = rows * columns
    face = torch.repeat_interleave(count)
    within = torch.arange(len(face), device=corners.device) - (count.cumsum(0) - count)[face]
    return face, first[face, 1] + within // columns[face], first[face, 0] + within % columns[face]


def _interpolate(
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    attributes: Float[Tensor, "B V C"],
    ids: Int[Tensor, "B H W"],
) -> Float[Tensor, "B H W C"]:
    """Perspective-correct attributes at covered pixels, zero elsewhere."""
    view, row, column = ids.nonzero(as_tuple=True)
    corner = faces[ids[view, row, column].long() - 1]
    # float64, because the determinants of small triangles cancel.
    position = vertices_clip[view[:, None], corner].double()
    x = (column.double() + 0.5) / ids.shape[2] * 2 - 1
    y = 1 - (row.double() + 0.5) / ids.shape[1] * 2
    p = position[..., 0] - x[:, None] * position[..., 3]
    q = position[..., 1] - y[:, None] * position[..., 3]
    areas = p.roll(-1, 1) * q.roll(-2, 1) - p.roll(-2, 1) * q.roll(-1, 1)
    barycentric = (areas / areas.sum(dim=1, keepdim=True)).to(attributes.dtype)
    values = (barycentric[..., None] * attributes[view[:, None], corner]).sum(dim=1)
    image = attributes.new_zeros(*ids.shape, attributes.shape[-1])
    return image.index_put((view, row, column), values)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
