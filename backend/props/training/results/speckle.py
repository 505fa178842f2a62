"""Speckle: pixels that stand out from smooth surroundings, as a poor latent space leaves them behind."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

_SMOOTH_RANGE = 0.06
_GROUND = 0.97


def speckle(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B"]:
    """Root mean square difference, in [0, 1], from the 3 x 3 median, over the smooth places of each object on white.

    Edges, corners and thin parts are no speckle and do not count; grain that belongs to a material does, so compare
    with true pictures of the same things. 0 for a picture without a smooth place.
    """
    places = smooth_places(images)
    squares = (images - _median(images, 3)).square().mean(dim=1) * places
    return (squares.sum(dim=(1, 2)) / places.sum(dim=(1, 2)).clamp_min(1)).sqrt()


def smooth_places(images: Float[Tensor, "B 3 H W"]) -> Bool[Tensor, "B H W"]:
    """Pixels of the object around which the 5 x 5 median, which speckle hardly moves, is nearly the same."""
    surroundings = _median(images, 5)
    highest, lowest = F.max_pool2d(surroundings, 3, 1, 1), -F.max_pool2d(-surroundings, 3, 1, 1)
    is_even = ((highest - lowest) < _SMOOTH_RANGE).all(dim=1)
    return is_even & (surroundings < _GROUND).any(dim=1)


def _median(images: Float[Tensor, "B 3 H W"], side: int) -> Float[Tensor, "B 3 H W"]:
    """Of the square around each pixel; borders are repeated."""
    channels, height, width = images.shape[1:]
    padded = F.pad(images, [side // 2] * 4, mode="replicate")
    around = F.unfold(padded, side).unflatten(1, (channels, side * side)).unflatten(3, (height, width))
    return torch.median(around, dim=2).values
