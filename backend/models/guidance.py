"""Classifier-free guidance, written once for every prior (Ho and Salimans 2022)."""

from jaxtyping import Float
from torch import Tensor


def guided(
    unconditional: Float[Tensor, "B C h w"], conditional: Float[Tensor, "B C h w"], scale: float
) -> Float[Tensor, "B C h w"]:
    """u + S (c - u): S = 0 is unconditional, 1 conditional, more leaves the unconditional estimate behind.

    Holds for eps, v and the clean estimate alike, as each is affine in the others at one noise level.
    """
    return unconditional + scale * (conditional - unconditional)
