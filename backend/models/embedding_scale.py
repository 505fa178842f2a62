"""How long an image embedding was when Stable unCLIP was trained: the norm that unit vectors are given.

No publication states it. Measured once per image tower over some images, it is kept beside the prior's weights.
"""

import json
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from .json_fields import JsonFields

log = logging.getLogger(__name__)

CALIBRATION_FILE = "embedding_scale.json"

FALLBACK_SCALE = 20.0
"""Until calibrated. ImageBind's audio head has this norm, and public unCLIP pipelines feed it as it comes."""

FEWEST_IMAGES = 32


class RawImageEncoder(Protocol):
    """An image tower before its answer is made a unit vector."""

    def raw_embedding(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unnormalised embeddings, float32."""
        ...


@torch.no_grad()
def measured_scale(vision: RawImageEncoder, images: Float[Tensor, "B 3 H W"]) -> float:
    """Mean L2 norm of the raw embeddings of at least 32 images in [0, 1].

    Raises ValueError for fewer, and for a tower whose answers are zero or not finite.
    """
    if len(images) < FEWEST_IMAGES:
        raise ValueError(f"calibration needs at least {FEWEST_IMAGES} images, got {len(images)}")
    scale = float(torch.cat([vision.raw_embedding(image[None]) for image in images]).norm(dim=1).mean())
    if not 0 < scale < math.inf:
        raise ValueError(f"the image tower gives embeddings of length {scale}; fetch its weights again")
    return scale


def calibrated_scale(folder: Path, vision: RawImageEncoder, pictures: Callable[[], Float[Tensor, "B 3 H W"]]) -> float:
    """The scale kept in a prior's folder; where there is none, it is measured over ``pictures()`` and kept there.

    vision: the tower whose embeddings the prior was trained on. A folder that cannot be written costs a measurement at
    every start, and a warning.  Raises ValueError for a broken file, fewer than 32 pictures or a broken tower.
    """
    if (folder / CALIBRATION_FILE).exists():
        return read_scale(folder)
    scale = measured_scale(vision, pictures())
    try:
        save_scale(folder, scale)
    except OSError as error:
        log.warning("embedding_scale=%.3f kept=no reason=%s", scale, error)
    else:
        log.info("embedding_scale=%.3f kept=%s", scale, folder / CALIBRATION_FILE)
    return scale


def save_scale(folder: Path, scale: float) -> None:
    """Keep a measured scale beside the prior it is for. Raises OSError, and leaves nothing, where it cannot."""
    # Whole or not at all, under a name of its own: the workers of several GPUs measure it at the same time.
    unfinished = folder / f"{CALIBRATION_FILE}.{os.getpid()}.part"
    try:
        unfinished.write_text(json.dumps({"embedding_scale": scale}), encoding="utf-8")
        unfinished.replace(folder / CALIBRATION_FILE)
    finally:
        unfinished.unlink(missing_ok=True)


def read_scale(folder: Path) -> float:
    """The folder's measured scale; FALLBACK_SCALE where none was measured. ValueError for a broken file."""
    path = folder / CALIBRATION_FILE
    return JsonFields.read(path).number("embedding_scale") if path.exists() else FALLBACK_SCALE
