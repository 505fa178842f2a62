"""The result of rasterising a batch of views, and which triangles are drawn at all."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

NEAREST_W = 1e-6
"""A triangle with any w at or below this reaches the camera plane and is skipped whole."""

SMALLEST_AREA = 1e-6
"""In square pixels: thinner triangles are not drawn, because interpolation divides by their area."""


@dataclass(frozen=True)
class Raster:
    """Images whose row 0 is the top, sampled at pixel centres.

    attributes: [B, H, W, C], zero where empty, differentiable.   coverage: [B, H, W, 1], 0 or 1, no gradient.
    ids: int32 [B, H, W], 0 where empty, else face index + 1.     depth: [B, H, W], z / w, inf where empty, no gradient.
    """

    attributes: Float[Tensor, "B H W C"]
    coverage: Float[Tensor, "B H W 1"]
    ids: Int[Tensor, "B H W"]
    depth: Float[Tensor, "B H W"]


def batched(attributes: Float[Tensor, "*B V C"], batch: int) -> Float[Tensor, "B V C"]:
    """Attributes of every view: shared ones [V, C] are repeated without a copy."""
    return attributes if attributes.dim() == 3 else attributes.expand(batch, -1, -1)


def check_mesh(vertices_clip: Float[Tensor, "B V 4"], faces: Int[Tensor, "F 3"], attributes: Tensor) -> None:
    """Raise ValueError unless faces index the vertices and there is an attribute row for each vertex."""
    check_attributes(vertices_clip, attributes)
    vertex_count = vertices_clip.shape[1]
    if len(faces) and not bool(torch.logical_and(faces.min() >= 0, faces.max() < vertex_count)):
        raise ValueError(f"faces must index 0..{vertex_count - 1}, got {int(faces.min())}..{int(faces.max())}")


def check_attributes(vertices_clip: Float[Tensor, "B V 4"], attributes: Tensor) -> None:
    """Raise ValueError unless there is an attribute row for each vertex."""
    batch, vertex_count = vertices_clip.shape[:2]
    if attributes.shape[-2] != vertex_count or (attributes.dim() == 3 and len(attributes) != batch):
        got = list(attributes.shape)
        raise ValueError(f"attributes must be [{vertex_count}, C] or [{batch}, {vertex_count}, C], got {got}")
