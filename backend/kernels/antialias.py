"""Silhouette antialiasing in torch: the meaning of the fast one.

For two neighbouring pixels with different triangles, the nearer pixel's surface is followed towards the other pixel,
from face to face through shared edges, until the next face is missing or turned away. That edge is the silhouette.
A rule that only looks at the triangle in the pixel misses it when triangles are smaller than pixels.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .face_adjacency import face_adjacency
from .raster import Raster
from .rasterise import to_pixels
from .silhouette import Silhouettes, blend

MOST_FACES_CROSSED = 256
"""Longest walk between two pixel centres; a surface with more faces per pixel has no gradient there."""


def antialias(
    image: Float[Tensor, "B H W C"],
    raster: Raster,
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    adjacency: Int[Tensor, "F 3"] | None = None,
) -> Float[Tensor, "B H W C"]:
    """Blend an image at the silhouettes of the raster it was shaded from.

    Differentiable in the image and, through where the silhouettes lie, in vertices_clip. faces wind consistently.
    adjacency is face_adjacency(faces); give it when several images of one mesh are antialiased.
    """
    adjacency = face_adjacency(faces) if adjacency is None else adjacency
    height, width = raster.ids.shape[1:]
    corners = to_pixels(vertices_clip.detach(), height, width)[:, faces.long(), :2]
    view, front, back = _pixel_pairs(raster)
    face = raster.ids.reshape(-1)[front].long() - 1
    face, side = _walk(
        corners, adjacency.long(), view, _centre(front, height, width), _centre(back, height, width), face
    )
    found = side >= 0
    face, side = face[found], side[found]
    faces = faces.long()
    silhouettes = Silhouettes(view[found], front[found], back[found], faces[face, side], faces[face, (side + 1) % 3])
    return blend(image, vertices_clip, silhouettes)


def _pixel_pairs(raster: Raster) -> tuple[Tensor, Tensor, Tensor]:
    """View, nearer pixel and farther pixel of all neighbours that show different triangles."""
    pixel = torch.arange(raster.ids.numel(), device=raster.ids.device).reshape(raster.ids.shape)
    first = torch.cat([pixel[:, :, :-1].reshape(-1), pixel[:, :-1].reshape(-1)])
    second = torch.cat([pixel[:, :, 1:].reshape(-1), pixel[:, 1:].reshape(-1)])
    ids, depth = raster.ids.reshape(-1), raster.depth.reshape(-1)
    differs = ids[first] != ids[second]
    first, second = first[differs], second[differs]
    swap = depth[second] < depth[first]
    view = first // raster.ids[0].numel()
    return view, torch.where(swap, second, first), torch.where(swap, first, second)


def _centre(pixel: Int[Tensor, "K"], height: int, width: int) -> Float[Tensor, "K 2"]:
    return torch.stack([pixel % width, pixel // width % height], dim=1).double() + 0.5


def _walk(
    corners: Float[Tensor, "B F 3 2"],
    adjacency: Int[Tensor, "F 3"],
    view: Int[Tensor, "K"],
    start: Float[Tensor, "K 2"],
    goal: Float[Tensor, "K 2"],
    face: Int[Tensor, "K"],
) -> tuple[Int[Tensor, "K"], Int[Tensor, "K"]]:
    """Face and side of the silhouette that lies between start and goal; side is -1 where there is none."""
    turning = _turning(corners[view, face])
    previous = torch.full_like(face, -1)
    found_side = torch.full_like(face, -1)
    walking = torch.ones_like(face, dtype=torch.bool)
    for _ in range(MOST_FACES_CROSSED):
        side = _exit_side(corners[view, face], turning, start, goal, adjacency[face], previous)
        walking = walking & (side >= 0)
        if not walking.any():
            break
        following = adjacency[face].gather(1, side.clamp(min=0)[:, None])[:, 0]
        continues = (following >= 0) & (_turning(corners[view, following.clamp(min=0)]) * turning > 0)
        found_side = torch.where(walking & ~continues, side, found_side)
        walking = walking & continues
        previous, face = torch.where(walking, face, previous), torch.where(walking, following, face)
    return face, found_side


def _turning(triangle: Float[Tensor, "K 3 2"]) -> Float[Tensor, "K"]:
    """Sign of the area on screen: which way a triangle faces; NaN if it reaches behind the camera."""
    first, second = triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sign()


def _exit_side(
    triangle: Float[Tensor, "K 3 2"],
    turning: Float[Tensor, "K"],
    start: Float[Tensor, "K 2"],
    goal: Float[Tensor, "K 2"],
    neighbours: Int[Tensor, "K 3"],
    previous: Int[Tensor, "K"],
) -> Int[Tensor, "K"]:
    """The side through which the way to the goal leaves the triangle, -1 if the goal lies inside."""
    at_start, at_goal = _heights(triangle, turning, start), _heights(triangle, turning, goal)
    came_from = (neighbours == previous[:, None]) & (previous >= 0)[:, None]
    leaves: Bool[Tensor, "K 3"] = (at_goal < 0) & (at_start > at_goal) & ~came_from
    share = torch.where(leaves, at_start / (at_start - at_goal), torch.inf)
    return torch.where(leaves.any(dim=1), share.argmin(dim=1), -1)


def _heights(triangle: Float[Tensor, "K 3 2"], turning: Float[Tensor, "K"], point: Float[Tensor, "K 2"]) -> Tensor:
    """How far inside each side a point lies, times the side's length."""
    along, offset = triangle.roll(-1, dims=1) - triangle, point[:, None] - triangle
    return (along[..., 0] * offset[..., 1] - along[..., 1] * offset[..., 0]) * turning[:, None]
