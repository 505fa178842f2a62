"""Which triangle each pixel sees, on a GPU: depths by atomic minimum, then the lowest face of those at that depth.

The pixels of all triangles' bounding boxes are numbered in a row, and every thread takes one: it finds its triangle by
bisection, so that large triangles are spread over as many threads as many small ones. Nothing waits for the host.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from .raster import SMALLEST_AREA
from .rasterise import to_pixels
from .triton_compiled import device_function, launch

THINNEST = tl.constexpr(SMALLEST_AREA)
# All bits but the sign: flipping them makes negative floating-point numbers sort as integers.
MAGNITUDE = tl.constexpr(0x7FFFFFFFFFFFFFFF)

EMPTY_DEPTH = 0x7FF0000000000000
"""The bits of infinity."""

NO_FACE = 2**31 - 1

PIXELS_PER_PROGRAM = 256
MOST_PROGRAMS = 4096
"""More than any GPU runs at once; each takes every MOST_PROGRAMS-th block of pixels."""


def triangle_ids(
    vertices_clip: Float[Tensor, "B V 4"], faces: Int[Tensor, "F 3"], height: int, width: int
) -> tuple[Int[Tensor, "B H W"], Float[Tensor, "B H W"]]:
    """Nearest triangle (int32, 0 = empty, else face index + 1) and its float64 depth, as the reference decides.

    A face that names a vertex that is not there is not drawn: to refuse it would make the GPU wait.
    """
    batch, vertex_count = vertices_clip.shape[:2]
    depth = torch.full((batch, height, width), EMPTY_DEPTH, dtype=torch.int64, device=faces.device)
    ids = torch.full((batch, height, width), NO_FACE, dtype=torch.int32, device=faces.device)
    slots = batch * len(faces)
    if slots:
        pixels = to_pixels(vertices_clip.detach(), height, width).contiguous()
        boxes = torch.empty(4, slots, dtype=torch.int32, device=faces.device)
        mesh = pixels, faces.to(torch.int32).contiguous(), boxes
        sizes = vertex_count, len(faces), slots, height, width, PIXELS_PER_PROGRAM
        # How many pixels there are is known on the GPU only; idle programs end at once.
        programs = min(triton.cdiv(slots + ids.numel(), PIXELS_PER_PROGRAM), MOST_PROGRAMS)
        launch(_measure, (triton.cdiv(slots, PIXELS_PER_PROGRAM),), *mesh, *sizes)
        ends = boxes[3].cumsum(0)
        for is_second_pass in (False, True):
            launch(_draw, (programs,), *mesh, ends, depth, ids, *sizes, is_second_pass)
    ids = torch.where(ids == NO_FACE, 0, ids + 1)
    return ids, torch.where(depth < 0, depth ^ MAGNITUDE.value, depth).view(torch.float64)


@device_function()
def _corner(pixels, faces, face, view, vertex_count, is_here, CORNER: tl.constexpr):
    """x, y, depth of a corner, NaN where there is no such vertex."""
    vertex = tl.load(faces + face.to(tl.int64) * 3 + CORNER, mask=is_here, other=-1)
    is_known = is_here & (vertex >= 0) & (vertex < vertex_count)
    place = pixels + (view.to(tl.int64) * vertex_count + vertex) * 3
    nothing = float("nan")
    x = tl.load(place, mask=is_known, other=nothing)
    y = tl.load(place + 1, mask=is_known, other=nothing)
    return x, y, tl.load(place + 2, mask=is_known, other=nothing)


@device_function("vertex_count", "face_count", "slot_count", "height", "width")
def _measure(pixels, faces, boxes, vertex_count, face_count, slot_count, height, width, BLOCK: tl.constexpr):
    """Bounding box of every face in every view: first column and row, columns, pixels (0 if not drawn)."""
    slot = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    is_here = slot < slot_count
    view, face = slot // face_count, slot % face_count
    ax, ay, az = _corner(pixels, faces, face, view, vertex_count, is_here, 0)
    bx, by, bz = _corner(pixels, faces, face, view, vertex_count, is_here, 1)
    cx, cy, cz = _corner(pixels, faces, face, view, vertex_count, is_here, 2)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    depth_sum = tl.abs(az) + tl.abs(bz) + tl.abs(cz)
    # Both are false for NaN.
    is_drawn = (tl.abs(area) >= THINNEST) & (depth_sum < float("inf"))
    # Clamped before the cast: a vertex next to the camera plane projects beyond any integer.
    low_x = tl.minimum(tl.maximum(tl.minimum(tl.minimum(ax, bx), cx) - 0.5, 0.0), width)
    low_y = tl.minimum(tl.maximum(tl.minimum(tl.minimum(ay, by), cy) - 0.5, 0.0), height)
    high_x = tl.minimum(tl.maximum(tl.maximum(tl.maximum(ax, bx), cx) - 0.5, -1.0), width - 1)
    high_y = tl.minimum(tl.maximum(tl.maximum(tl.maximum(ay, by), cy) - 0.5, -1.0), height - 1)
    first_x, first_y = tl.ceil(low_x).to(tl.int32), tl.ceil(low_y).to(tl.int32)
    columns = tl.maximum(tl.floor(high_x).to(tl.int32) - first_x + 1, 0)
    rows = tl.maximum(tl.floor(high_y).to(tl.int32) - first_y + 1, 0)
    tl.store(boxes + slot, first_x, mask=is_here)
    tl.store(boxes + slot_count + slot, first_y, mask=is_here)
    tl.store(boxes + 2 * slot_count + slot, columns, mask=is_here)
    tl.store(boxes + 3 * slot_count + slot, tl.where(is_drawn, columns * rows, 0), mask=is_here)


@device_function("slot_count")
def _slot_of(ends, item, slot_count):
    """The slot whose pixels the item is among: the first that ends behind it."""
    low = tl.zeros_like(item).to(tl.int32)
    high = low + (slot_count - 1)
    span = slot_count
    while span > 0:
        middle = (low + high) // 2
        is_behind = tl.load(ends + middle) > item
        high = tl.where(is_behind, middle, high)
        low = tl.where(is_behind, low, tl.minimum(middle + 1, high))
        span = span // 2
    return low


@device_function("vertex_count", "face_count", "slot_count", "height", "width")
def _draw(
    pixels, faces, boxes, ends, depth, ids, vertex_count, face_count, slot_count, height, width,
    BLOCK: tl.constexpr, IS_SECOND_PASS: tl.constexpr,
):  # fmt: skip
    """First pass: the least depth of every pixel. Second pass: the lowest face at that depth."""
    total = tl.load(ends + slot_count - 1)
    stride = tl.num_programs(0).to(tl.int64) * BLOCK
    for start in range(tl.program_id(0).to(tl.int64) * BLOCK, total, stride):
        item = start + tl.arange(0, BLOCK)
        is_here = item < total
        slot = _slot_of(ends, item, slot_count)
        first_x = tl.load(boxes + slot, mask=is_here, other=0)
        first_y = tl.load(boxes + slot_count + slot, mask=is_here, other=0)
        columns = tl.load(boxes + 2 * slot_count + slot, mask=is_here, other=1)
        count = tl.load(boxes + 3 * slot_count + slot, mask=is_here, other=0)
        within = (item - (tl.load(ends + slot) - count)).to(tl.int32)
        row, column = first_y + within // columns, first_x + within % columns
        view, face = slot // face_count, slot % face_count
        ax, ay, az = _corner(pixels, faces, face, view, vertex_count, is_here, 0)
        bx, by, bz = _corner(pixels, faces, face, view, vertex_count, is_here, 1)
        cx, cy, cz = _corner(pixels, faces, face, view, vertex_count, is_here, 2)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        x, y = column.to(tl.float64) + 0.5, row.to(tl.float64) + 0.5
        ax, ay, bx, by, cx, cy = ax - x, ay - y, bx - x, by - y, cx - x, cy - y
        u, v, t = (bx * cy - by * cx) / area, (cx * ay - cy * ax) / area, (ax * by - ay * bx) / area
        z = u * az + v * bz + t * cz
        is_inside = is_here & (u >= 0) & (v >= 0) & (t >= 0)
        bits = tl.where(z == 0, 0.0, z).to(tl.int64, bitcast=True)  # -0 and 0 are one depth
        bits = bits ^ ((bits >> 63) & MAGNITUDE)
        pixel = (view.to(tl.int64) * height + row) * width + column
        if IS_SECOND_PASS:
            is_nearest = is_inside & (tl.load(depth + pixel, mask=is_inside, other=0) == bits)
            tl.atomic_min(ids + pixel, face, mask=is_nearest, sem="relaxed")
        else:
            tl.atomic_min(depth + pixel, bits, mask=is_inside, sem="relaxed")
