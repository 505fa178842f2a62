"""Where silhouettes cross between pixels, and the blend that makes an image differentiable in them.

A pixel's colour does not change while an edge moves between two pixel centres, so hard rasters have no gradient in the
silhouette. Blending the two pixels by where the edge crosses the line between their centres gives it back (the idea of
Laine et al. 2020, section 3.4). Two things differ: the edge is found by walking over the surface (antialias.py), and a
pair along x counts by the squared x component of the edge's normal, a pair along y by y's. An edge of length L that
moves by d along its normal n crosses L |n_x| rows by d / |n_x| each, so both axes together sum to L d, the true area.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Silhouettes:
    """K crossings: the pixel of the surface, the neighbour that the surface's edge hides, and the edge's vertices.

    All int64[K]. Pixels count row by row from the first view's top left; a pair lies in one view, side by side or
    one above the other.
    """

    view: Int[Tensor, "K"]
    front_pixel: Int[Tensor, "K"]
    back_pixel: Int[Tensor, "K"]
    vertex_a: Int[Tensor, "K"]
    vertex_b: Int[Tensor, "K"]


def blend(
    image: Float[Tensor, "B H W C"], vertices_clip: Float[Tensor, "B V 4"], silhouettes: Silhouettes
) -> Float[Tensor, "B H W C"]:
    """Mix each crossing's two pixels by the area the surface covers between them; differentiable in both tensors."""
    height, width, channels = image.shape[1:]
    pixels = image.reshape(-1, channels)
    front, back = silhouettes.front_pixel, silhouettes.back_pixel
    amount = _covered(vertices_clip, silhouettes, height, width).to(image.dtype)
    # More than half covered: the surface reaches into the neighbour. Less: the neighbour reaches into the surface.
    changed = torch.where(amount > 0, back, front)
    change = amount[:, None] * (pixels.index_select(0, front) - pixels.index_select(0, back))
    return pixels.index_add(0, changed, change).reshape(image.shape)


def _covered(
    vertices_clip: Float[Tensor, "B V 4"], silhouettes: Silhouettes, height: int, width: int
) -> Float[Tensor, "K"]:
    """Signed covered share in [-0.5, 0.5]: the crossing's distance from halfway, weighted by the edge's direction."""
    size = torch.tensor([width, -height], dtype=torch.float64, device=vertices_clip.device)
    ends = torch.stack([silhouettes.vertex_a, silhouettes.vertex_b], dim=1)
    edge_clip = vertices_clip[silhouettes.view[:, None], ends].double()
    # In pixels: (x / w + 1) / 2 * width and (1 - y / w) / 2 * height.
    edge = (edge_clip[..., :2] / edge_clip[..., 3:] + size.sign()) * 0.5 * size
    front = torch.stack([silhouettes.front_pixel % width, silhouettes.front_pixel // width % height], dim=1) + 0.5
    step = silhouettes.back_pixel - silhouettes.front_pixel
    # A one-pixel-wide image steps by 1 downwards too.
    is_row = (step.abs() == 1)[:, None] & (width > 1)
    along = torch.where(is_row, edge[..., 0], edge[..., 1])
    across = torch.where(is_row, edge[..., 1], edge[..., 0])
    along_front = torch.where(is_row[:, 0], front[:, 0], front[:, 1])
    across_front = torch.where(is_row[:, 0], front[:, 1], front[:, 0])
    rise = across[:, 1] - across[:, 0]
    crossing = along[:, 0] + (across_front - across[:, 0]) / rise * (along[:, 1] - along[:, 0])
    distance = ((crossing - along_front) * step.sign()).clamp(0, 1)
    weight = (rise.square() / (edge[:, 1] - edge[:, 0]).square().sum(dim=1)).detach()
    return weight * (distance - 0.5)
