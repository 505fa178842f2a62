"""Rendering of a triangle mesh: normals in world space, colours from the texture field, silhouettes that can move."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...kernels.face_adjacency import face_adjacency
from ...kernels.interface import Kernels
from ..cameras import CameraBatch
from .view import Channel, TriangleMesh, View, normals_to_colours, safe_normalise

Colour = Callable[[Float[Tensor, "P 3"]], Float[Tensor, "P 3"]]
"""World points to [0, 1]."""


def vertex_normals(mesh: TriangleMesh) -> Float[Tensor, "V 3"]:
    """Area-weighted unit normals of the vertices; (0, 0, 1) where the faces cancel. Differentiable in the vertices."""
    faces = mesh.faces.long()
    a, b, c = (mesh.vertices.index_select(0, faces[:, corner]) for corner in range(3))
    cross = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(mesh.vertices)
    for corner in range(3):
        total = total.index_add(0, faces[:, corner], cross)
    upright = torch.eye(3, device=total.device, dtype=total.dtype)[2]
    is_degenerate = total.square().sum(dim=1, keepdim=True) < 1e-20
    return safe_normalise(torch.where(is_degenerate, upright, total))


def render_surface(
    mesh: TriangleMesh,
    cameras: CameraBatch,
    channels: frozenset[Channel],
    colour: Colour,
    kernels: Kernels,
    adjacency: Int[Tensor, "F 3"] | None = None,
    before: Colour | None = None,
    is_two_sided: bool = False,
) -> View:
    """A view with alpha, and rgb and before (on white) and normals (on black) where ``channels`` has them.

    ``colour`` maps world points to [0, 1]; no gradient flows through the points, only through what colour has learned.
    ``before`` is one that has nothing to learn.  is_two_sided: normals face the camera, whichever way the faces do.
    Geometry receives gradients from the normals and, by antialiasing, from every channel's silhouette.
    Source: threestudio nvdiff_rasterizer.py.
    """
    if adjacency is None:
        adjacency = face_adjacency(mesh.faces)
    corners = cameras.clip(mesh.vertices)
    attributes = torch.cat([vertex_normals(mesh), mesh.vertices.detach()], dim=1)
    raster = kernels.rasterise(corners, mesh.faces, attributes, cameras.height, cameras.width)
    layers = {"alpha": raster.coverage}
    if "normal" in channels:
        normals = safe_normalise(raster.attributes[..., :3])
        if is_two_sided:
            normals = _towards(cameras, raster.attributes[..., 3:].detach(), normals)
        layers["normal"] = normals_to_colours(normals) * raster.coverage
    if "rgb" in channels:
        layers["rgb"] = _paint(raster.attributes[..., 3:], raster.coverage, colour)
    if "before" in channels and before is not None:
        with torch.no_grad():
            layers["before"] = _paint(raster.attributes[..., 3:], raster.coverage, before)
    # One pass over all layers: finding the silhouette costs more than blending a channel.
    blended = kernels.antialias(torch.cat(list(layers.values()), dim=-1), raster, corners, mesh.faces, adjacency)
    widths = [layer.shape[-1] for layer in layers.values()]
    images = dict(zip(layers, blended.permute(0, 3, 1, 2).split(widths, dim=1), strict=True))
    return View(
        cameras, images.get("rgb"), images["alpha"], images.get("normal"), mesh=mesh, before=images.get("before")
    )


def _towards(
    cameras: CameraBatch, points: Float[Tensor, "B H W 3"], normals: Float[Tensor, "B H W 3"]
) -> Float[Tensor, "B H W 3"]:
    """Normals of a surface seen from behind, turned round."""
    to_camera = cameras.world_from_camera[:, None, None, :3, 3] - points
    return torch.where((normals * to_camera).sum(dim=-1, keepdim=True) < 0, -normals, normals)


def _paint(
    points: Float[Tensor, "B H W 3"],
    coverage: Float[Tensor, "B H W 1"],
    colour: Colour,
) -> Float[Tensor, "B H W 3"]:
    """Colours of the covered pixels on white."""
    covered = (coverage.view(-1) > 0).nonzero()[:, 0]
    image = torch.ones_like(points).view(-1, 3)
    return image.index_copy(0, covered, colour(points.detach().view(-1, 3)[covered])).view(points.shape)
