"""Continuous view conditioning of the built-in priors: an angle as its first harmonics.

The published Stable unCLIP has no such input (it is told the view in words); the built-in networks are too small to
read words through cross-attention, so their class label carries these numbers. ``conditioning.json`` says so.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def view_features(angles: Sequence[Float[Tensor, "B"]], harmonics: int, gain: float) -> Float[Tensor, "B N"]:
    """Sines then cosines of 1..harmonics times each angle (radians), times gain; N = 2 * harmonics * len(angles).

    >>> view_features([torch.zeros(1)], harmonics=2, gain=1.5)
    tensor([[0.0000, 0.0000, 1.5000, 1.5000]])
    """
    frequencies = torch.arange(1, harmonics + 1, device=angles[0].device, dtype=angles[0].dtype)
    phases = [angle[:, None] * frequencies for angle in angles]
    return gain * torch.cat([part for phase in phases for part in (phase.sin(), phase.cos())], dim=1)
