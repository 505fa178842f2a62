"""CLIP's image tower with its preprocessing in torch, so that gradients reach the image."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers import CLIPVisionModelWithProjection

from .json_fields import JsonFields


@dataclass(frozen=True)
class ImagePreprocessing:
    """Short side to ``size`` (bicubic, antialiased), centre crop, then (image - mean) / std per channel.

    Unlike an image file's, a tensor's overshoot after bicubic resizing is not clamped: clamping would cut the gradient
    at white background, where it matters most.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    _on_device: dict[tuple[torch.device, torch.dtype], Tensor] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @staticmethod
    def read(path: Path) -> "ImagePreprocessing":
        """From a hub folder's preprocessor_config.json; both of its spellings of ``size`` are known."""
        fields = JsonFields.read(path)
        size = fields.values.get("crop_size", fields.values.get("size"))
        if isinstance(size, dict):
            size = size.get("shortest_edge", size.get("height"))
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"{path}: crop_size must be a positive whole number of pixels, got {size!r}")
        return ImagePreprocessing(size, _three_numbers(fields, "image_mean"), _three_numbers(fields, "image_std"))

    def applied(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 S S"]:
        square = _centre_cropped(self._resized(image), self.size)
        mean, std = self._statistics(square.device, square.dtype)
        return (square - mean) / std

    def _statistics(self, device: torch.device, dtype: torch.dtype) -> Float[Tensor, "2 3 1 1"]:
        # Kept, as a list that is copied to a GPU makes the host wait, and this is asked for many times a step.
        if (device, dtype) not in self._on_device:
            numbers = torch.tensor([self.mean, self.std], device=device, dtype=dtype)
            self._on_device[device, dtype] = numbers[..., None, None]
        return self._on_device[device, dtype]

    def _resized(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 h w"]:
        height, width = image.shape[-2:]
        ratio = self.size / min(height, width)
        if ratio == 1:
            return image
        target = (max(self.size, int(height * ratio)), max(self.size, int(width * ratio)))
        return F.interpolate(image, size=target, mode="bicubic", align_corners=False, antialias=True)


@dataclass(frozen=True)
class ClipVision:
    """An ImageEncoder; ``raw_embedding`` is what the projection says before it is made a unit vector."""

    tower: CLIPVisionModelWithProjection
    preprocessing: ImagePreprocessing

    @property
    def input_size(self) -> int:
        return self.preprocessing.size

    @property
    def network(self) -> nn.Module:
        """The part that does the work."""
        return self.tower

    def move(self, device: torch.device) -> None:
        self.tower.to(device)

    def raw_embedding(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unnormalised embeddings, float32."""
        return self.tower(self.preprocessing.applied(image).to(self.tower.dtype)).image_embeds.float()

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors, float32. Differentiable with respect to the image."""
        return F.normalize(self.raw_embedding(image), dim=1)


def _centre_cropped(image: Float[Tensor, "B 3 h w"], size: int) -> Float[Tensor, "B 3 S S"]:
    height, width = image.shape[-2:]
    top, left = (height - size) // 2, (width - size) // 2
    return image[..., top : top + size, left : left + size]


def _three_numbers(fields: JsonFields, key: str) -> tuple[float, float, float]:
    values = fields.values.get(key)
    if not isinstance(values, list) or len(values) != 3 or not all(isinstance(value, int | float) for value in values):
        raise fields.wrong(key, "three numbers")
    red, green, blue = (float(value) for value in values if isinstance(value, int | float))
    return red, green, blue
