"""C7: how the silhouette in the picture changes when the surface moves: its gradient against finite differences.

The loss is the covered area, weighted to the right so that a shift changes it too. The truth is the difference of two
masks of many more pixels. No peer is measured: nvdiffrast, the public code for the same gradient, needs CUDA.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .peers import Peers
from .shapes import KERNELS, ball, seen
from .timing import Report, Size, Times, Verdict

Motion = Callable[[Tensor, Tensor], Tensor]
MOTIONS: dict[str, Motion] = {
    "scale": lambda vertices, amount: vertices * (1 + amount),
    "shift along x": lambda vertices, amount: vertices + amount * _ALONG_X,
}
_ALONG_X = torch.tensor([1.0, 0.0, 0.0])
_STEP = 0.02
"""Half the difference's width: many pixels of the fine mask, and small against the shape."""


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 150 thousand faces at 128 x 128 pixels, masks of 2048 x 2048."""
    resolution, pixels, fine = (104, 128, 2048) if size == "full" else (24, 64, 512)
    vertices, faces = ball(resolution)
    verdicts = tuple(
        Verdict(f"{name}: gradient / finite difference", _ratio(motion, vertices, faces, pixels, fine), 0.95, 1.05)
        for name, motion in MOTIONS.items()
    )
    facts = {"faces": len(faces), "pixels": pixels**2, "pixels_of_masks": fine**2}
    left_out = ("nvdiffrast (needs CUDA)",)
    return Report("weighted area in the picture, by motion", Times({}, {}), verdicts, facts, left_out)


def _ratio(motion: Motion, vertices: Tensor, faces: Tensor, pixels: int, fine: int) -> float:
    amount = torch.zeros((), requires_grad=True)
    clip = seen(motion(vertices, amount))[None]
    raster = KERNELS.rasterise(clip, faces, vertices, pixels, pixels)
    _area(KERNELS.antialias(raster.coverage, raster, clip, faces)).backward()
    more, less = (_mask_area(motion(vertices, torch.tensor(step)), faces, fine) for step in (_STEP, -_STEP))
    assert amount.grad is not None
    return round(float(amount.grad) / ((more - less) / (2 * _STEP)), 4)


def _mask_area(vertices: Tensor, faces: Tensor, pixels: int) -> float:
    return float(_area(KERNELS.rasterise(seen(vertices)[None], faces, vertices, pixels, pixels).coverage))


def _area(mask: Tensor) -> Tensor:
    """Share of the picture that a mask [1, H, W, 1] covers; columns count from 0 at the left to 2 at the right."""
    width = mask.shape[2]
    weight = (torch.arange(width, dtype=torch.float64) + 0.5) / width * 2
    return (mask.double() * weight[:, None]).mean()
