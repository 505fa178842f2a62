"""New colours over a texture's old ones: what may change, how much of it, and what is not touched by a single bit."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .bake import DILATION
from .texels import Texels

FILTER_REACH = 1
"""Texels around a chart that bilinear filtering reads for the chart's own surface; they belong to it."""

_WHITE = 255


def change_weights(mask: np.ndarray | None, covered: np.ndarray, border: int) -> np.ndarray:
    """How much of each texel is new, f32[H, W] in [0, 1].

    mask: u8[H, W], 0 keeps a texel and grey ones count in part, or None, which changes all.  border: so many texels
    inside the mask, counted from the nearest covered texel that it keeps (Euclidean), over which old passes into new.
    covered: bool[H, W]; where no face lies the mask has no border.
    """
    if mask is None:
        return np.ones(covered.shape, np.float32)
    weights = mask.astype(np.float32) / 255
    is_kept = covered & (mask == 0)
    if border and is_kept.any():
        distance = ndimage.distance_transform_edt(~is_kept)
        weights *= (distance / (border + 1)).clip(0, 1).astype(np.float32)
    return weights


@dataclass(frozen=True)
class Canvas:
    """A texture to be painted over. All images have its height and width.

    old: f32[H, W, 3] in [0, 1] and old_bytes u8, both None where there is none.  weights: of the new colours.
    source: int64[H, W], the texel whose new colour each takes, so that charts reach over their rims; -1 takes none.
    """

    texels: Texels
    old: np.ndarray | None
    old_bytes: np.ndarray | None
    weights: np.ndarray
    source: np.ndarray

    @staticmethod
    def of(texels: Texels, albedo: np.ndarray | None, mask: np.ndarray | None, border: int) -> "Canvas":
        """Bind what stays the same while colours change. albedo u8[H, W, 3], mask u8[H, W].

        Raises ValueError where no face covers a texel, or the mask keeps all that faces cover.
        """
        covered = np.zeros((texels.height, texels.width), bool)
        covered.flat[texels.texel] = True
        if not covered.any():
            size = f"{texels.width} x {texels.height}"
            raise ValueError(
                f"no face covers a texel of a texture of {size}: the texture coordinates have no area; unwrap the mesh"
            )
        source = _sources(covered, DILATION if albedo is None else FILTER_REACH)
        weights = change_weights(mask, covered, border)
        if albedo is not None:
            weights = np.where(source >= 0, weights, np.float32(0))
        if not weights[covered].any():
            raise ValueError("the mask allows a change only where no face of the mesh lies; paint it over the charts")
        old = None if albedo is None else albedo.astype(np.float32) / 255
        return Canvas(texels, old, albedo, weights, source)

    @property
    def height(self) -> int:
        return self.texels.height

    @property
    def width(self) -> int:
        return self.texels.width

    def image(self, colours: np.ndarray) -> np.ndarray:
        """Colours f32[S, C] of the sub-texels as an image f32[H, W, C]: each chart, its rim, and beyond it the mean."""
        averaged, covered = self.texels.averaged(colours)
        image = averaged.reshape(self.height * self.width, -1)[self.source.clip(0)]
        image[self.source < 0] = averaged[covered].mean(axis=0)
        return image

    def painted(self, new: np.ndarray) -> np.ndarray:
        """u8[H, W, 3] with new colours f32[H, W, 3] laid over the old ones, or over white where there are none.

        Where the weight is 0, every byte is the old one.
        """
        under = np.float32(1) if self.old is None else self.old
        weights = self.weights[..., None]
        blended = (under + weights * (new - under)).clip(0, 1)
        bytes_under = np.uint8(_WHITE) if self.old_bytes is None else self.old_bytes
        return np.where(weights > 0, (blended * 255 + 0.5).astype(np.uint8), bytes_under)


def _sources(covered: np.ndarray, reach: int) -> np.ndarray:
    """int64[H, W]: for covered texels their own index, for those within ``reach`` the nearest one's, else -1."""
    distance, nearest = ndimage.distance_transform_edt(~covered, return_indices=True)
    source = nearest[0].astype(np.int64) * covered.shape[1] + nearest[1]
    # The diagonal neighbour, too: a bilinear footprint is a square.
    source[distance > reach * 2**0.5 + 1e-6] = -1
    return source
