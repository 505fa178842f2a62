"""The rendered data set of make_dataset.py as training sees it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .make_dataset import spec_from_record
from .spec import PropSpec


@dataclass(frozen=True)
class PropPictures:
    """N objects from V views each; view 0 is the near-front one.

    rgb, normal: uint8[N, V, 64, 64, 3] (memory-mapped).   alpha: uint8[N, V, 64, 64].
    elevation, azimuth: float32[N, V] in radians.   specs: N entries.
    """

    rgb: np.ndarray
    normal: np.ndarray
    alpha: np.ndarray
    elevation: Tensor
    azimuth: Tensor
    specs: tuple[PropSpec, ...]

    @staticmethod
    def load(folder: Path) -> "PropPictures":
        """Open a finished data set. Raises ValueError if make_dataset.py has not completed it."""
        if not (folder / "READY").exists():
            raise ValueError(f"{folder} holds no finished data set; write it with any_to_3d.backend.props.make_dataset")
        rgb, normal, alpha = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rgb", "normal", "alpha"))
        elevation, azimuth = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("elevation", "azimuth"))
        specs = tuple(spec_from_record(record) for record in json.loads((folder / "specs.json").read_text()))
        return PropPictures(rgb, normal, alpha, elevation, azimuth, specs)

    @property
    def object_count(self) -> int:
        return self.rgb.shape[0]

    @property
    def view_count(self) -> int:
        return self.rgb.shape[1]


def as_images(pixels: np.ndarray) -> Float[Tensor, "B 3 H W"]:
    """uint8[B, H, W, 3] -> float images in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float().div_(255.0)
