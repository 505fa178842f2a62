"""Random crops and perspectives of a batch of images, on the device and without branches on tensor values.

A draw is shared by the whole batch, as torchvision does with batched tensors (Text2Mesh main.py augments that way).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

CROP_TRIES = 5
"""Draws among which a crop with enough of the object is looked for."""


def random_perspective(
    image: Float[Tensor, "B C H W"], probability: float, distortion: float, fill: float, generator: torch.Generator
) -> Float[Tensor, "B C H W"]:
    """Move each corner inwards by up to distortion / 2 of the side, with this probability; ``fill`` shows outside."""
    device, dtype = image.device, image.dtype
    corners = _corners(device, dtype)
    inward = distortion * torch.rand((4, 2), generator=generator, device=device, dtype=dtype)
    is_applied = torch.rand((), generator=generator, device=device) < probability
    moved = torch.where(is_applied, corners * (1 - inward), corners)
    source_from_output = homography(moved, corners)
    height, width = image.shape[-2:]
    rows = (torch.arange(height, device=device, dtype=dtype) + 0.5) / height * 2 - 1
    columns = (torch.arange(width, device=device, dtype=dtype) + 0.5) / width * 2 - 1
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    projected = torch.stack([x, y, torch.ones_like(x)], dim=-1) @ source_from_output.T
    grid = (projected[..., :2] / projected[..., 2:]).expand(len(image), -1, -1, -1)
    return grid_sample(image - fill, grid, padding_mode="zeros", align_corners=False) + fill


def _corners(device: torch.device, dtype: torch.dtype) -> Float[Tensor, "4 2"]:
    """Top left, top right, bottom right, bottom left; computed, as a copied list makes the host wait for a GPU."""
    index = torch.arange(4, device=device)
    return torch.stack([((index + 1) // 2 % 2) * 2 - 1, index // 2 * 2 - 1], dim=1).to(dtype)


def homography(source: Float[Tensor, "4 2"], target: Float[Tensor, "4 2"]) -> Float[Tensor, "3 3"]:
    """The projective map that takes four source points to four target points, its last entry 1."""
    x, y = source.unbind(dim=1)
    u, v = target.unbind(dim=1)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    for_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=1)
    for_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=1)
    # Unchecked: corners that stay in their quadrants have a solution, and a check makes the host wait for a GPU.
    solution = torch.linalg.solve_ex(torch.cat([for_u, for_v]), torch.cat([u, v])).result
    return torch.cat([solution, solution.new_ones(1)]).view(3, 3)


def random_crop(
    image: Float[Tensor, "B C H W"],
    alpha: Float[Tensor, "B 1 H W"],
    area: tuple[float, float],
    least_foreground: float,
    size: int,
    generator: torch.Generator,
) -> Float[Tensor, "B C size size"]:
    """A crop of this share of the area, aspect 3/4 to 4/3, resized to ``size``.

    Of CROP_TRIES draws the first one with enough foreground counts, or the fullest if none has.
    """
    boxes = _draw_boxes(area, generator, image)
    with torch.no_grad():
        small = interpolate(alpha, size=(32, 32), mode="area")
        fullness = torch.stack([_cropped(small, box, 16).mean() for box in boxes])
        earlier = 2 - torch.linspace(0, 0.5, CROP_TRIES, device=fullness.device, dtype=fullness.dtype)
        preference = torch.where(fullness >= least_foreground, earlier, fullness)
        # Not boxes[...]: plain indexing by a scalar tensor makes the host wait for its value.
        chosen = boxes.index_select(0, preference.argmax(dim=0, keepdim=True))[0]
    return _cropped(image, chosen, size)


def _draw_boxes(area: tuple[float, float], generator: torch.Generator, like: Tensor) -> Float[Tensor, "tries 4"]:
    """Boxes as centre x, y and half width, height in [-1, 1] coordinates."""
    draws = torch.rand((CROP_TRIES, 4), generator=generator, device=like.device).to(like.dtype)
    share = area[0] + (area[1] - area[0]) * draws[:, 0]
    log_aspect = (2 * draws[:, 1] - 1) * math.log(4 / 3)
    half = torch.stack([(share * log_aspect.exp()).sqrt(), (share / log_aspect.exp()).sqrt()], dim=1).clamp_max(1)
    return torch.cat([(2 * draws[:, 2:] - 1) * (1 - half), half], dim=1)


def _cropped(image: Float[Tensor, "B C H W"], box: Float[Tensor, "4"], size: int) -> Float[Tensor, "B C size size"]:
    axis = (torch.arange(size, device=image.device, dtype=image.dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(box[1] + box[3] * axis, box[0] + box[2] * axis, indexing="ij")
    grid = torch.stack([x, y], dim=-1).expand(len(image), -1, -1, -1)
    return grid_sample(image, grid, padding_mode="border", align_corners=False)
