"""The words a text-conditioned network is told about the view, chosen by camera.

The four views and their borders follow threestudio's prompt processors: overhead above 60 degrees of elevation, front
and back within 45 degrees of azimuth, side elsewhere.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .protocols import Viewpoints

VIEWS = ("side", "front", "back", "overhead")
OVERHEAD_ABOVE = math.radians(60)
HALF_SECTOR = math.radians(45)


def view_prompts(text: str) -> tuple[str, ...]:
    """The prompt once per entry of VIEWS; a single empty text stays alone, as there is nothing to view."""
    return tuple(f"{text}, {view} view" for view in VIEWS) if text else ("",)


def view_index(cameras: Viewpoints) -> Int[Tensor, "B"]:
    """Which entry of VIEWS each camera sees; azimuth 0 looks at the front."""
    azimuth: Float[Tensor, "B"] = torch.remainder(cameras.azimuth + math.pi, 2 * math.pi) - math.pi
    index = torch.zeros_like(azimuth, dtype=torch.long)
    index = index.masked_fill(azimuth.abs() < HALF_SECTOR, VIEWS.index("front"))
    index = index.masked_fill(azimuth.abs() > math.pi - HALF_SECTOR, VIEWS.index("back"))
    return index.masked_fill(cameras.elevation > OVERHEAD_ABOVE, VIEWS.index("overhead"))
