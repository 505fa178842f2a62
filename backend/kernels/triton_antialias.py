"""Silhouette antialiasing on a GPU: one thread walks for each pair of neighbouring pixels, one blends it.

Pairs without a silhouette stay in the arrays, as -1: nothing is counted, so nothing waits for the host.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from .antialias import MOST_FACES_CROSSED
from .face_adjacency import face_adjacency
from .raster import Raster
from .rasterise import to_pixels
from .triton_compiled import DeviceFunction, device_function, launch

LONGEST_WALK = tl.constexpr(MOST_FACES_CROSSED)

PAIRS_PER_PROGRAM = 128


def antialias(
    image: Float[Tensor, "B H W C"],
    raster: Raster,
    vertices_clip: Float[Tensor, "B V 4"],
    faces: Int[Tensor, "F 3"],
    adjacency: Int[Tensor, "F 3"] | None = None,
) -> Float[Tensor, "B H W C"]:
    """As antialias.antialias: same arguments, values and gradients (first derivatives only)."""
    adjacency = face_adjacency(faces) if adjacency is None else adjacency
    corners, neighbours = (tensor.to(torch.int32).contiguous() for tensor in (faces, adjacency))
    silhouettes = find_silhouettes(raster, vertices_clip, corners, neighbours)
    return _Blend.apply(image, vertices_clip, corners, silhouettes)


def find_silhouettes(
    raster: Raster, vertices_clip: Float[Tensor, "B V 4"], faces: Int[Tensor, "F 3"], adjacency: Int[Tensor, "F 3"]
) -> Int[Tensor, "2 B H W"]:
    """The silhouette between each pixel and its right ([0]) and lower ([1]) neighbour, as int32.

    -1 for none; else 2 * (3 * face + side), plus 1 where the neighbour is the pixel in front.
    """
    height, width = raster.ids.shape[1:]
    ids, depth = raster.ids.contiguous(), raster.depth.contiguous()
    found = torch.full((2, *ids.shape), -1, dtype=torch.int32, device=ids.device)
    if len(faces):
        pixels = to_pixels(vertices_clip.detach(), height, width).contiguous()
        grid = (triton.cdiv(found.numel(), PAIRS_PER_PROGRAM),)
        sizes = ids.numel(), vertices_clip.shape[1], height, width, PAIRS_PER_PROGRAM
        launch(_walk, grid, pixels, faces, adjacency, ids, depth, found, *sizes)
    return found


class _Blend(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image: Tensor, vertices_clip: Tensor, faces: Tensor, silhouettes: Tensor) -> Tensor:
        image, vertices_clip = image.detach().contiguous(), vertices_clip.detach().contiguous()
        blended = image.clone()
        _launch(_blend, image, vertices_clip, faces, silhouettes, blended)
        ctx.save_for_backward(image, vertices_clip, faces, silhouettes)
        return blended

    @staticmethod
    @once_differentiable
    def backward(ctx, incoming: Tensor) -> tuple[Tensor, Tensor, None, None]:
        incoming, vertices_clip = incoming.contiguous(), ctx.saved_tensors[1]
        gradients = incoming.clone(), torch.zeros_like(vertices_clip)
        _launch(_unblend, *ctx.saved_tensors, incoming, *gradients)
        return gradients[0], gradients[1], None, None


def _launch(kernel: DeviceFunction, *tensors: Tensor) -> None:
    image, vertices_clip, faces, silhouettes = tensors[:4]
    if not len(faces):
        return
    _, height, width, channels = image.shape
    grid = (triton.cdiv(silhouettes.numel(), PAIRS_PER_PROGRAM),)
    sizes = silhouettes.numel() // 2, vertices_clip.shape[1], channels, height, width
    launch(kernel, grid, *tensors, *sizes, PAIRS_PER_PROGRAM)


@device_function()
def _pair(pixel_count, height, width, BLOCK: tl.constexpr):
    """This program's pairs: number, first and second pixel, whether there is a second, and whether it lies below."""
    pair = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    is_down = pair >= pixel_count
    first = tl.where(is_down, pair - pixel_count, pair).to(tl.int32)
    is_last = tl.where(is_down, first // width % height == height - 1, first % width == width - 1)
    is_here = (pair < 2 * pixel_count) & (is_last == 0)
    return pair, first, tl.where(is_down, first + width, first + 1), is_here, is_down


@device_function()
def _corner(pixels, faces, view, vertex_count, face, CORNER: tl.constexpr, is_read):
    """Where a face's corner lies on screen."""
    vertex = tl.load(faces + face.to(tl.int64) * 3 + CORNER, mask=is_read, other=0)
    place = pixels + (view.to(tl.int64) * vertex_count + vertex) * 3
    return tl.load(place, mask=is_read, other=0.0), tl.load(place + 1, mask=is_read, other=0.0)


@device_function()
def _turning(pixels, faces, view, vertex_count, face, is_read):
    """Sign of the area on screen: which way a face turns; 0 also where it reaches behind the camera."""
    ax, ay = _corner(pixels, faces, view, vertex_count, face, 0, is_read)
    bx, by = _corner(pixels, faces, view, vertex_count, face, 1, is_read)
    cx, cy = _corner(pixels, faces, view, vertex_count, face, 2, is_read)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return tl.where(area > 0, 1.0, tl.where(area < 0, -1.0, 0.0)).to(tl.float64)


@device_function()
def _nearer_exit(
    ax, ay, bx, by, neighbour, previous, turning, x, y, goal_x, goal_y, best, best_share, SIDE: tl.constexpr
):
    """The better of the exit found so far and this side."""
    at_start = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * turning
    at_goal = ((bx - ax) * (goal_y - ay) - (by - ay) * (goal_x - ax)) * turning
    leaves = (at_goal < 0) & (at_start > at_goal) & ((neighbour != previous) | (previous < 0))
    share = tl.where(leaves, at_start / tl.where(leaves, at_start - at_goal, 1.0), float("inf"))
    is_nearer = share < best_share
    return tl.where(is_nearer, SIDE, best), tl.where(is_nearer, share, best_share)


@device_function("pixel_count", "vertex_count", "height", "width")
def _walk(pixels, faces, adjacency, ids, depth, found, pixel_count, vertex_count, height, width, BLOCK: tl.constexpr):
    pair, first, second, is_here, _ = _pair(pixel_count, height, width, BLOCK)
    id_first, id_second = tl.load(ids + first, mask=is_here, other=0), tl.load(ids + second, mask=is_here, other=0)
    depth_first = tl.load(depth + first, mask=is_here, other=0.0)
    is_swapped = tl.load(depth + second, mask=is_here, other=0.0) < depth_first
    front, back = tl.where(is_swapped, second, first), tl.where(is_swapped, first, second)
    view = front // width // height
    x, y = (front % width).to(tl.float64) + 0.5, (front // width % height).to(tl.float64) + 0.5
    goal_x, goal_y = (back % width).to(tl.float64) + 0.5, (back // width % height).to(tl.float64) + 0.5
    face = tl.where(is_swapped, id_second, id_first) - 1
    is_walking = is_here & (id_first != id_second) & (face >= 0)
    turning = _turning(pixels, faces, view, vertex_count, face, is_walking)
    previous = tl.zeros_like(face) - 1
    result = tl.zeros_like(face) - 1
    steps = LONGEST_WALK
    while (tl.max(is_walking.to(tl.int32), axis=0) > 0) & (steps > 0):
        ax, ay = _corner(pixels, faces, view, vertex_count, face, 0, is_walking)
        bx, by = _corner(pixels, faces, view, vertex_count, face, 1, is_walking)
        cx, cy = _corner(pixels, faces, view, vertex_count, face, 2, is_walking)
        across = adjacency + face.to(tl.int64) * 3
        over_ab = tl.load(across, mask=is_walking, other=-1)
        over_bc = tl.load(across + 1, mask=is_walking, other=-1)
        over_ca = tl.load(across + 2, mask=is_walking, other=-1)
        side = tl.zeros_like(face) - 1
        share = tl.zeros_like(x) + float("inf")
        side, share = _nearer_exit(
            ax, ay, bx, by, over_ab, previous, turning, x, y, goal_x, goal_y, side, share, 0
        )  # fmt: skip
        side, share = _nearer_exit(
            bx, by, cx, cy, over_bc, previous, turning, x, y, goal_x, goal_y, side, share, 1
        )  # fmt: skip
        side, share = _nearer_exit(
            cx, cy, ax, ay, over_ca, previous, turning, x, y, goal_x, goal_y, side, share, 2
        )  # fmt: skip
        is_walking = is_walking & (side >= 0)
        following = tl.where(side == 0, over_ab, tl.where(side == 1, over_bc, over_ca))
        is_face = is_walking & (following >= 0)
        goes_on = is_face & (_turning(pixels, faces, view, vertex_count, following, is_face) * turning > 0)
        result = tl.where(is_walking & (goes_on == 0), (face * 3 + side) * 2 + is_swapped.to(tl.int32), result)
        previous, face = tl.where(goes_on, face, previous), tl.where(goes_on, following, face)
        is_walking = goes_on
        steps -= 1
    tl.store(found + pair, result, mask=is_here)


@device_function()
def _end(vertices_clip, row, height, width, is_found):
    """An edge's end on screen, and its w."""
    w = tl.load(vertices_clip + row * 4 + 3, mask=is_found, other=1.0).to(tl.float64)
    x = tl.load(vertices_clip + row * 4, mask=is_found, other=0.0).to(tl.float64)
    y = tl.load(vertices_clip + row * 4 + 1, mask=is_found, other=0.0).to(tl.float64)
    return (x / w + 1) * 0.5 * width, (1 - y / w) * 0.5 * height, w


@device_function()
def _edge(faces, silhouettes, pair, first, second, is_here, vertex_count, view_size):
    """Front and back pixel of a pair, and the rows in [B * V] of its silhouette's two ends."""
    code = tl.load(silhouettes + pair, mask=is_here, other=-1)
    is_found, is_swapped = code >= 0, (code & 1) != 0
    front, back = tl.where(is_swapped, second, first), tl.where(is_swapped, first, second)
    face, side = code // 6, code // 2 % 3
    corners = faces + face.to(tl.int64) * 3
    first_row = (front // view_size).to(tl.int64) * vertex_count
    row_a = first_row + tl.load(corners + side, mask=is_found, other=0)
    return is_found, front, back, row_a, first_row + tl.load(corners + (side + 1) % 3, mask=is_found, other=0)


@device_function()
def _covered(front, back, ax, ay, bx, by, is_found, is_down, height, width):
    """Share that the surface covers between two pixels, as silhouette._covered, and its slope in the crossing.

    Also where on the edge the crossing lies (0 = a, 1 = b), and how far the edge runs along the pair's axis for each
    step across it: d crossing / d across_a is (position - 1) times that.
    """
    x, y = (front % width).to(tl.float64) + 0.5, (front // width % height).to(tl.float64) + 0.5
    rise = tl.where(is_found, tl.where(is_down, bx - ax, by - ay), 1.0)
    run = tl.where(is_down, by - ay, bx - ax)
    position = tl.where(is_down, x - ax, y - ay) / rise
    crossing = tl.where(is_down, ay, ax) + position * run
    forwards = tl.where(back > front, 1.0, -1.0)
    distance = (crossing - tl.where(is_down, y, x)) * forwards
    weight = rise * rise / (rise * rise + run * run)
    share = weight * (tl.minimum(tl.maximum(distance, 0.0), 1.0) - 0.5)
    return share, tl.where((distance >= 0) & (distance <= 1), weight * forwards, 0.0), position, run / rise


@device_function("pixel_count", "vertex_count", "channels", "height", "width")
def _blend(
    image, vertices_clip, faces, silhouettes, blended, pixel_count, vertex_count, channels, height, width,
    BLOCK: tl.constexpr,
):  # fmt: skip
    pair, first, second, is_here, is_down = _pair(pixel_count, height, width, BLOCK)
    is_found, front, back, row_a, row_b = _edge(
        faces, silhouettes, pair, first, second, is_here, vertex_count, height * width
    )
    ax, ay, _ = _end(vertices_clip, row_a, height, width, is_found)
    bx, by, _ = _end(vertices_clip, row_b, height, width, is_found)
    share, _, _, _ = _covered(front, back, ax, ay, bx, by, is_found, is_down, height, width)
    # More than half covered: the surface reaches into the neighbour. Less: the neighbour reaches into the surface.
    changed = tl.where(share > 0, back, front).to(tl.int64) * channels
    front, back = front.to(tl.int64) * channels, back.to(tl.int64) * channels
    amount = share.to(image.dtype.element_ty)
    for channel in range(channels):
        near = tl.load(image + front + channel, mask=is_found, other=0.0)
        far = tl.load(image + back + channel, mask=is_found, other=0.0)
        tl.atomic_add(blended + changed + channel, amount * (near - far), mask=is_found, sem="relaxed")


@device_function()
def _pull_end(out, row, x, y, w, x_gradient, y_gradient, height, width, is_found):
    """From the screen position of an edge's end to its clip-space gradient."""
    per_x, per_y = x_gradient * 0.5 * width / w, -y_gradient * 0.5 * height / w
    tl.atomic_add(out + row * 4, per_x.to(out.dtype.element_ty), mask=is_found, sem="relaxed")
    tl.atomic_add(out + row * 4 + 1, per_y.to(out.dtype.element_ty), mask=is_found, sem="relaxed")
    # x / w and y / w, from the pixels they became.
    per_w = -per_x * (2 * x / width - 1) - per_y * (1 - 2 * y / height)
    tl.atomic_add(out + row * 4 + 3, per_w.to(out.dtype.element_ty), mask=is_found, sem="relaxed")


@device_function("pixel_count", "vertex_count", "channels", "height", "width")
def _unblend(
    image, vertices_clip, faces, silhouettes, incoming, image_gradient, vertices_gradient,
    pixel_count, vertex_count, channels, height, width, BLOCK: tl.constexpr,
):  # fmt: skip
    pair, first, second, is_here, is_down = _pair(pixel_count, height, width, BLOCK)
    is_found, front, back, row_a, row_b = _edge(
        faces, silhouettes, pair, first, second, is_here, vertex_count, height * width
    )
    ax, ay, aw = _end(vertices_clip, row_a, height, width, is_found)
    bx, by, bw = _end(vertices_clip, row_b, height, width, is_found)
    share, slope, position, tilt = _covered(front, back, ax, ay, bx, by, is_found, is_down, height, width)
    changed = tl.where(share > 0, back, front).to(tl.int64) * channels
    front, back = front.to(tl.int64) * channels, back.to(tl.int64) * channels
    amount = share.to(image.dtype.element_ty)
    per_share = tl.zeros_like(share)
    for channel in range(channels):
        gradient = tl.load(incoming + changed + channel, mask=is_found, other=0.0)
        near = tl.load(image + front + channel, mask=is_found, other=0.0)
        far = tl.load(image + back + channel, mask=is_found, other=0.0)
        per_share += (gradient * (near - far)).to(tl.float64)
        tl.atomic_add(image_gradient + front + channel, amount * gradient, mask=is_found, sem="relaxed")
        tl.atomic_add(image_gradient + back + channel, -amount * gradient, mask=is_found, sem="relaxed")
    per_crossing = per_share * slope
    along_a, along_b = per_crossing * (1 - position), per_crossing * position
    across_a, across_b = -along_a * tilt, -along_b * tilt
    _pull_end(
        vertices_gradient, row_a, ax, ay, aw,
        tl.where(is_down, across_a, along_a), tl.where(is_down, along_a, across_a), height, width, is_found,
    )  # fmt: skip
    _pull_end(
        vertices_gradient, row_b, bx, by, bw,
        tl.where(is_down, across_b, along_b), tl.where(is_down, along_b, across_b), height, width, is_found,
    )  # fmt: skip
