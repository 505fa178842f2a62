"""The rendered data set of make_dataset.py as training sees it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ..captions import description
from ..make_dataset import spec_from_record
from ..spec import PropSpec


@dataclass(frozen=True)
class PropPictures:
    """N objects from V views each; view 0 is the near-front one. Everything lies on one device.

    rgb, normal: uint8[N, V, S, S, 3] (memory-mapped on the CPU).   alpha: uint8[N, V, S, S].
    elevation, azimuth: float32[N, V] in radians.   specs: N entries.
    """

    rgb: UInt8[Tensor, "N V S S 3"]
    normal: UInt8[Tensor, "N V S S 3"]
    alpha: UInt8[Tensor, "N V S S"]
    elevation: Float[Tensor, "N V"]
    azimuth: Float[Tensor, "N V"]
    specs: tuple[PropSpec, ...]

    @staticmethod
    def load(folder: Path, device: torch.device | None = None, allow_holdouts: bool = False) -> "PropPictures":
        """Open a finished data set. Raises ValueError if make_dataset.py has not completed it.

        allow_holdouts: for the judge and the scores alone; otherwise ValueError where a prop is kept from training.
        """
        if not (folder / "READY").exists():
            raise ValueError(f"{folder} holds no finished data set; write it with any_to_3d.backend.props.make_dataset")

        def array(name: str) -> Tensor:
            # Copy on write: the pages are read as they are needed, and torch gets an array it may call writable.
            tensor = torch.from_numpy(np.load(folder / f"{name}.npy", mmap_mode="c"))
            return tensor if device is None else tensor.to(device)

        specs = tuple(spec_from_record(record) for record in json.loads((folder / "specs.json").read_text()))
        if not allow_holdouts:
            _require_no_holdouts(folder, specs)
        return PropPictures(
            rgb=array("rgb"),
            normal=array("normal"),
            alpha=array("alpha"),
            elevation=array("elevation"),
            azimuth=array("azimuth"),
            specs=specs,
        )

    @property
    def object_count(self) -> int:
        return self.rgb.shape[0]

    @property
    def view_count(self) -> int:
        return self.rgb.shape[1]

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.rgb.shape[2]

    @property
    def device(self) -> torch.device:
        return self.rgb.device


def _require_no_holdouts(folder: Path, specs: tuple[PropSpec, ...]) -> None:
    held_out = [spec for spec in specs if spec.is_held_out]
    if held_out:
        raise ValueError(
            f"{folder} shows {len(held_out)} props of {len(specs)} that holdouts.json keeps from training, such as "
            f"{description(held_out[0])}; only the judge (--judge) and the scores may see them: give a data set that "
            "make_dataset rendered without --include-holdouts"
        )


def as_images(pixels: np.ndarray | UInt8[Tensor, "B H W 3"]) -> Float[Tensor, "B 3 H W"]:
    """uint8[B, H, W, 3] -> float images in [0, 1]."""
    tensor = pixels if isinstance(pixels, Tensor) else torch.from_numpy(np.ascontiguousarray(pixels))
    return tensor.permute(0, 3, 1, 2).float().div_(255.0)
