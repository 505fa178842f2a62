"""Speckle: single pixels that stand out from their neighbours, as a poor latent space leaves them behind."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def speckle(images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B"]:
    """Root mean square difference of each picture, in [0, 1], from its own 3 x 3 median; borders are repeated.

    A median keeps areas and straight edges as they are, so that what is left is mostly what one pixel has alone. Parts
    and corners as thin as a pixel count as well: compare with true pictures of the same things.
    """
    channels, height, width = images.shape[1:]
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    around = F.unfold(padded, 3).unflatten(1, (channels, 9)).unflatten(3, (height, width))
    return (images - around.median(dim=2).values).square().mean(dim=(1, 2, 3)).sqrt()
