"""A prop's picture as a person might bring it: the prop in front of a coloured, uneven, slightly noisy ground."""

import math

import numpy as np
from scipy import ndimage

from ..props.build import build
from ..props.palette import COLOURS, Rgb
from ..props.render import render
from .case import PicturePart

SIZE = 256
_CELLS = 5
_GRAIN = 0.02
_CONTRAST = 0.25
"""How far the ground's two colours are apart, so that it stays one ground."""

_STANDS_OUT = 0.6


def picture_of(part: PicturePart) -> np.ndarray:
    """u8[SIZE, SIZE, 3], fixed by the part."""
    view = render(build(part.spec), math.radians(part.elevation), math.radians(part.azimuth), SIZE, supersample=2)
    if part.ground_seed is None:
        return view.rgb
    rng = np.random.default_rng(part.ground_seed)
    alpha = view.alpha[..., None] / 255.0
    # The renderer blends with white; taking the white away leaves the prop's own light.
    light = view.rgb / 255.0 - (1.0 - alpha)
    picture = (
        light + (1.0 - alpha) * ground(rng, COLOURS[part.spec.colour]) + _GRAIN * rng.standard_normal(view.rgb.shape)
    )
    return np.rint(255.0 * picture.clip(0.0, 1.0)).astype(np.uint8)


def ground(rng: np.random.Generator, avoided: Rgb) -> np.ndarray:
    """f64[SIZE, SIZE, 3] in [0, 1]: one colour passing into a neighbouring one, along a gradient and in clouds.

    The colour is one that stands out from ``avoided``, as a person would choose the place of a photograph.
    """
    first = rng.uniform(0.15, 0.95, 3)
    while np.linalg.norm(first - avoided) < _STANDS_OUT:
        first = rng.uniform(0.15, 0.95, 3)
    second = (first + rng.uniform(-_CONTRAST, _CONTRAST, 3)).clip(0.0, 1.0)
    angle = rng.uniform(0.0, 2.0 * math.pi)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    slope = 0.5 + math.cos(angle) * columns + math.sin(angle) * rows
    clouds = ndimage.zoom(rng.uniform(0.0, 1.0, (_CELLS, _CELLS)), SIZE / _CELLS, order=1)
    share = (0.5 * slope + 0.5 * clouds).clip(0.0, 1.0)[..., None]
    return first + (second - first) * share
