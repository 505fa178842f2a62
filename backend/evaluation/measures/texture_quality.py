"""How near a generated object's colours are to the prop of its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...props.render import PropView
from .orbit import ObjectView
from .psnr import psnr


@dataclass(frozen=True)
class TextureMatch:
    """picture_psnr: of whole pictures on white, shape errors included. surface_psnr: where both cover the pixel; dB."""

    picture_psnr: float
    surface_psnr: float


def texture_match(views: Sequence[ObjectView], prop_views: Sequence[PropView]) -> TextureMatch:
    """Means over views from the same cameras; a pair of views that share no pixel counts 0 dB on the surface."""
    pictures, surfaces = [], []
    for ours, theirs in zip(views, prop_views, strict=True):
        target = theirs.rgb / 255
        shared = (ours.alpha > 0.99) & (theirs.alpha > 252)
        pictures.append(psnr(ours.rgb, target))
        surfaces.append(psnr(ours.rgb[shared], target[shared]) if shared.any() else 0.0)
    return TextureMatch(float(np.mean(pictures)), float(np.mean(surfaces)))
