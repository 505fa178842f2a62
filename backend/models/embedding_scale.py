"""How long an image embedding was when Stable unCLIP was trained: the norm that unit vectors are given.

No publication states it. Measured once per image tower over some images, it is kept beside the prior's weights.
"""

import json
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from .clip_vision import ClipVision
from .json_fields import JsonFields

CALIBRATION_FILE = "embedding_scale.json"

FALLBACK_SCALE = 20.0
"""Until calibrated. ImageBind's audio head has this norm, and public unCLIP pipelines feed it as it comes."""

FEWEST_IMAGES = 32


@torch.no_grad()
def measured_scale(vision: ClipVision, images: Float[Tensor, "B 3 H W"]) -> float:
    """Mean L2 norm of the raw embeddings of at least 32 images in [0, 1]; ValueError for fewer."""
    if len(images) < FEWEST_IMAGES:
        raise ValueError(f"calibration needs at least {FEWEST_IMAGES} images, got {len(images)}")
    return float(torch.cat([vision.raw_embedding(image[None]) for image in images]).norm(dim=1).mean())


def save_scale(folder: Path, scale: float) -> None:
    """Keep a measured scale beside the prior it is for."""
    (folder / CALIBRATION_FILE).write_text(json.dumps({"embedding_scale": scale}), encoding="utf-8")


def read_scale(folder: Path) -> float:
    """The folder's measured scale; FALLBACK_SCALE where none was measured. ValueError for a broken file."""
    path = folder / CALIBRATION_FILE
    return JsonFields.read(path).number("embedding_scale") if path.exists() else FALLBACK_SCALE
