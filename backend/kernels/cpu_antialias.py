"""Silhouette antialiasing on a CPU: the walk over the surface in numba; the blend is the reference's."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from .antialias import MOST_FACES_CROSSED
from .compiled import compiled
from .face_adjacency import face_adjacency
from .raster import Raster
from .silhouette import Silhouettes, blend
from .zbuffer import to_pixels


def antialias(
    image: Float[Tensor, "B H W C"],
    raster: Raster,
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    adjacency: Int[Tensor, "F 3"] | None = None,
) -> Float[Tensor, "B H W C"]:
    """As antialias.antialias: same arguments, values and gradients."""
    adjacency = face_adjacency(faces) if adjacency is None else adjacency
    corners, neighbours = (t.to(torch.int32).contiguous().numpy() for t in (faces, adjacency))
    ids, depth = raster.ids.contiguous().numpy(), raster.depth.contiguous().numpy()
    vertices = vertices_clip.detach().float().contiguous().numpy()
    height, width = ids.shape[1:]
    crossings = [
        _find(to_pixels(vertices[view], height, width), corners, neighbours, ids[view], depth[view], view)
        for view in range(len(ids))
    ]
    found = torch.from_numpy(np.concatenate(crossings))
    return blend(image, vertices_clip, Silhouettes(*found.unbind(dim=1)))


@compiled
def _find(pixels, faces, adjacency, ids, depth, view):
    """Columns of Silhouettes, int64[K, 5], for one view."""
    height, width = ids.shape
    found = np.empty((2 * height * width, 5), np.int64)
    count = 0
    for row in range(height):
        for column in range(width):
            for down in range(2):
                next_row, next_column = row + down, column + 1 - down
                if next_row == height or next_column == width or ids[row, column] == ids[next_row, next_column]:
                    continue
                x, y, goal_x, goal_y = column, row, next_column, next_row
                if depth[next_row, next_column] < depth[row, column]:
                    x, y, goal_x, goal_y = goal_x, goal_y, x, y
                face, side = _walk(
                    pixels, faces, adjacency, ids[y, x] - 1, x + 0.5, y + 0.5, goal_x + 0.5, goal_y + 0.5
                )
                if side >= 0:
                    found[count, 0] = view
                    found[count, 1] = (view * height + y) * width + x
                    found[count, 2] = (view * height + goal_y) * width + goal_x
                    found[count, 3] = faces[face, side]
                    found[count, 4] = faces[face, (side + 1) % 3]
                    count += 1
    return found[:count].copy()


@compiled
def _walk(pixels, faces, adjacency, face, x, y, goal_x, goal_y):
    """Face and side of the silhouette on the way to the goal; side is -1 where there is none."""
    turning = np.sign(_area(pixels, faces, face))
    previous = -1
    for _ in range(MOST_FACES_CROSSED):
        exit_side, exit_share = -1, np.inf
        for side in range(3):
            if previous >= 0 and adjacency[face, side] == previous:
                continue
            a, b = faces[face, side], faces[face, (side + 1) % 3]
            along_x, along_y = pixels[b, 0] - pixels[a, 0], pixels[b, 1] - pixels[a, 1]
            at_start = (along_x * (y - pixels[a, 1]) - along_y * (x - pixels[a, 0])) * turning
            at_goal = (along_x * (goal_y - pixels[a, 1]) - along_y * (goal_x - pixels[a, 0])) * turning
            if at_goal < 0 and at_start > at_goal and at_start / (at_start - at_goal) < exit_share:
                exit_side, exit_share = side, at_start / (at_start - at_goal)
        if exit_side < 0:
            return face, -1
        following = adjacency[face, exit_side]
        if following < 0 or not _area(pixels, faces, following) * turning > 0:
            return face, exit_side
        previous, face = face, following
    return face, -1


@compiled
def _area(pixels, faces, face):
    """Twice the signed area on screen; NaN if the triangle reaches behind the camera."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    return (pixels[b, 0] - pixels[a, 0]) * (pixels[c, 1] - pixels[a, 1]) - (pixels[b, 1] - pixels[a, 1]) * (
        pixels[c, 0] - pixels[a, 0]
    )
