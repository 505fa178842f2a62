"""Pictures on which the embedding scale is measured: the package's own props, as the priors are shown objects."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .props.build import build
from .props.render import render
from .props.spec import sample_spec

COUNT = 32
SIZE = 224
"""Pixels a side: what CLIP's image towers see, so that nothing is resized."""


def calibration_pictures(count: int = COUNT, size: int = SIZE) -> Float[Tensor, "B 3 H W"]:
    """Single objects on white, from all around and a little above, in [0, 1]; the same ones every time."""
    rng = np.random.default_rng(0)
    views = [
        render(build(sample_spec(rng)), math.radians(rng.uniform(0, 30)), rng.uniform(0, 2 * math.pi), size, 2)
        for _ in range(count)
    ]
    return torch.from_numpy(np.stack([view.rgb for view in views])).permute(0, 3, 1, 2).float() / 255
