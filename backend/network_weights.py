"""What the networks of profile full weigh on a device, from file headers or, where nothing is fetched, by publication.

No weight is read: safetensors files begin with every tensor's shape.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open

from .models.folder_layout import (
    IMAGE_ENCODER,
    TEXT_ENCODER,
    UNET,
    VAE,
    Layout,
    check_folder,
    component_path,
    components,
    weights_file,
)
from .models.joint_folder import JointLayout, joint_layout
from .models.json_fields import JsonFields
from .models.precision import autoencoder_dtype

TRANSFORMERS = "model"
"""Stem of the towers' weights files."""

LATENT_PIXELS = 8
"""Pixels per latent along a side, of the autoencoder of Stable Diffusion."""

UNCLIP_UNET, UNCLIP_TEXT, AUTOENCODER = 870_173_124, 340_387_840, 83_653_863
ZERO123_UNET, VIT_L, PROJECTION = 859_532_484, 303_966_208, 593_664
VIT_H, VIT_H_TEXT = 632_076_800, 354_032_640
"""Numbers in each published network; a test builds them on the meta device."""


@dataclass(frozen=True)
class NetworkWeights:
    """Bytes on the device: of the 2D prior, the 3D-aware prior, and the image tower of the similarity loss.

    planar_reader, stereo_reader: of what only reads conditions, not counted in the priors.  readers: of the encoder's
    towers for words and sounds, which leave the device once the prompt is read.  planar_size, stereo_size: pixels a
    side that the priors were trained at.  number, autoencoder_number: bytes of one of the networks' numbers, and of an
    autoencoder's.  are_published: counted by publication, because the folder lacks something.
    """

    planar: int
    stereo: int
    vision: int
    planar_reader: int
    stereo_reader: int
    readers: int
    planar_size: int = 768
    stereo_size: int = 256
    number: int = 2
    autoencoder_number: int = 2
    are_published: bool = False

    @property
    def seeing(self) -> int:
        """What the losses of a step see by."""
        return self.planar + self.stereo + self.vision

    @property
    def loading(self) -> int:
        """Most while they are loaded: encoder, 2D prior, 3D-aware prior, each without its readers once it is there."""
        encoder = self.vision + self.readers
        planar = self.vision + self.planar + self.planar_reader
        return max(encoder, planar, self.seeing + self.stereo_reader)


def published_weights(dtype: torch.dtype) -> NetworkWeights:
    """Of Stable unCLIP 2.1, Zero-1-to-3 XL and CLIP ViT-H/14 in this number type."""
    number, autoencoder = dtype.itemsize, autoencoder_dtype(dtype, is_upcast_asked=True).itemsize
    codec = autoencoder * AUTOENCODER
    return NetworkWeights(
        planar=number * UNCLIP_UNET + codec,
        stereo=number * (ZERO123_UNET + PROJECTION) + codec,
        vision=number * VIT_H,
        planar_reader=number * UNCLIP_TEXT,
        stereo_reader=number * VIT_L,
        readers=number * VIT_H_TEXT,
        number=number,
        autoencoder_number=autoencoder,
        are_published=True,
    )


def weights_of(root: Path, dtype: torch.dtype) -> NetworkWeights:
    """Of the networks in a models folder, or the published ones where one of them is missing or damaged."""
    joint = joint_layout(root)
    layouts: tuple[Layout, ...] = ("stable_unclip", "zero123", joint)
    if any(check_folder(root / layout, layout) for layout in layouts):
        return published_weights(dtype)
    planar, stereo, encoder = (root / layout for layout in layouts)
    vision, readers = _joint_towers(encoder, joint)
    planar_parts, stereo_parts = _parts(planar, "stable_unclip", dtype), _parts(stereo, "zero123", dtype)
    planar_reader, stereo_reader = planar_parts.pop(TEXT_ENCODER.name, 0), stereo_parts.pop(IMAGE_ENCODER.name)
    return NetworkWeights(
        planar=sum(planar_parts.values()),
        stereo=sum(stereo_parts.values()),
        vision=dtype.itemsize * vision,
        planar_reader=planar_reader,
        stereo_reader=stereo_reader,
        readers=dtype.itemsize * readers,
        planar_size=_image_size(planar),
        stereo_size=_image_size(stereo),
        number=dtype.itemsize,
        autoencoder_number=_autoencoder_number(planar, dtype),
    )


def _parts(folder: Path, layout: Layout, dtype: torch.dtype) -> dict[str, int]:
    """Bytes of each component of a prior that has weights."""
    autoencoder = _autoencoder_number(folder, dtype)
    return {
        part.name: (autoencoder if part.name == VAE.name else dtype.itemsize)
        * _numbers(folder, part.name, part.weights)
        for part in components(folder, layout)
        if part.weights is not None
    }


def _joint_towers(folder: Path, layout: JointLayout) -> tuple[int, int]:
    """Numbers in the image tower, and in those that read words and sounds."""
    if layout == "imagebind":
        towers = [_numbers(folder, ".", TRANSFORMERS, _of_tower(name)) for name in ("vision", "text", "audio")]
        return towers[0], towers[1] + towers[2]
    whole = sum(_numbers(folder, part.name, part.weights) for part in components(folder, layout) if part.weights)
    if (folder / "config.json").exists():
        vision = _numbers(folder, ".", TRANSFORMERS, lambda key: key.startswith(("vision_model.", "visual_projection")))
    else:
        vision = _numbers(folder, IMAGE_ENCODER.name, TRANSFORMERS)
    return vision, whole - vision


def _of_tower(name: str) -> Callable[[str], bool]:
    return lambda key: f".{name}." in key


def _numbers(folder: Path, component: str, stem: str, is_counted: Callable[[str], bool] = lambda key: True) -> int:
    with safe_open(weights_file(component_path(folder, component), stem), framework="pt") as tensors:
        names = [name for name in tensors.keys() if is_counted(name)]  # noqa: SIM118 - it is no dict
        return sum(math.prod(tensors.get_slice(name).get_shape()) for name in names)


def _autoencoder_number(folder: Path, dtype: torch.dtype) -> int:
    """Bytes of one of its numbers."""
    config = JsonFields.read(component_path(folder, VAE.name) / "config.json")
    is_upcast_asked = bool(config.values.get("force_upcast", config.values.get("_class_name") == "AutoencoderKL"))
    return autoencoder_dtype(dtype, is_upcast_asked).itemsize


def _image_size(folder: Path) -> int:
    """Pixels a side that the U-Net was trained at; every level of an autoencoder but the first halves them."""
    levels = JsonFields.read(component_path(folder, VAE.name) / "config.json").values.get("block_out_channels")
    latents = JsonFields.read(component_path(folder, UNET.name) / "config.json").count("sample_size")
    return latents * (2 ** (len(levels) - 1) if isinstance(levels, list) else LATENT_PIXELS)
