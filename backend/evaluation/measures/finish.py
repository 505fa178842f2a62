"""How finished an object looks beside its true prop: no grain, no ground baked in, thin parts there, texture sharp."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from ...props.render import PropView
from ...props.training.results.speckle import speckle
from .mesh_quality import sharpness
from .orbit import ObjectView

THIN_RADIUS = 5
"""Pixels; what a disc of this radius does not fit into is thin: narrower than 11 of 128 pixels, a twelfth of a view."""

TOLERANCE = 3
"""Pixels that a thin part may be away from where the prop has it."""

_LEAST_THIN = 0.01
_NEARLY_WHITE = 0.95  # In every channel: between the palest paint of a prop, 0.94, and the ground, 1.
_ROUNDING = 1 / (255 * math.sqrt(12))  # Root mean square error of 8 bits: pictures of them show nothing finer.
_MARGIN = 4  # Pixels, more than the medians of the speckle and their neighbourhoods reach.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Finish:
    """Over all views of an aligned object and its prop.

    speckle_ratio: grain of its smooth places over the prop's; 1 is as clean.
    extra_white: share of its surface that is nearly white beyond the prop's own share; 0 is none, and so is less white.
    thin_recall: share of the prop's thin parts that are there; None for a prop that has none.
    sharpness_ratio: change of luminance from pixel to pixel, speckle removed, over the prop's; less than 1 is blurred.
    """

    speckle_ratio: float
    extra_white: float
    thin_recall: float | None
    sharpness_ratio: float


def finish(views: Sequence[ObjectView], prop_views: Sequence[PropView]) -> Finish:
    """Compare views of an object, moved onto its prop, with the prop's own from the same cameras."""
    ours = [_Picture(_rounded(view.rgb), view.alpha) for view in views]
    theirs = [_Picture((view.rgb / 255).astype(np.float32), view.alpha / 255) for view in prop_views]
    return Finish(
        speckle_ratio=_ratio(_grain(ours), _grain(theirs)),
        extra_white=max(0.0, _white_share(ours) - _white_share(theirs)),
        thin_recall=thin_recall([picture.silhouette for picture in ours], [picture.silhouette for picture in theirs]),
        sharpness_ratio=_ratio(_change(ours), _change(theirs)),
    )


def thin_recall(silhouettes: Sequence[np.ndarray], prop_silhouettes: Sequence[np.ndarray]) -> float | None:
    """Share of the thin pixels of the prop's silhouettes bool[S, S] that have ours within TOLERANCE.

    Only absence counts: a part that has grown thick is there. None where less than 1 % of the prop is thin.
    """
    found = thin = covered = 0
    for ours, theirs in zip(silhouettes, prop_silhouettes, strict=True):
        pixels = thin_pixels(theirs)
        thin += int(pixels.sum())
        covered += int(theirs.sum())
        found += int((pixels & _grown(ours)).sum())
    return found / thin if thin and thin >= _LEAST_THIN * covered else None


def thin_pixels(silhouette: np.ndarray) -> np.ndarray:
    """Pixels bool[S, S] that an opening by a disc of THIN_RADIUS removes, TOLERANCE and less from what it leaves apart.

    Those are corners, which no disc fits into, and the roots of thin parts, which would be found without the part.
    """
    return silhouette & ~_grown(ndimage.binary_opening(silhouette, _disc(THIN_RADIUS)))


@dataclass(frozen=True)
class _Picture:
    """rgb: f32[S, S, 3] on white, of 8 bits.   alpha: [S, S] in [0, 1]."""

    rgb: np.ndarray
    alpha: np.ndarray

    @property
    def surface(self) -> np.ndarray:
        """Wholly covered pixels."""
        return self.alpha > 0.99

    @property
    def silhouette(self) -> np.ndarray:
        """Pixels that are covered by half, whichever way that was rounded."""
        return self.alpha > 0.45


def _grain(pictures: Sequence[_Picture]) -> float:
    batches = (torch.from_numpy(_trimmed(picture)).permute(2, 0, 1)[None] for picture in pictures)
    return float(np.mean([speckle(batch).item() for batch in batches]))


def _trimmed(picture: _Picture) -> np.ndarray:
    """Without most of the empty ground, of which medians take as long as of the object."""
    rows, columns = (np.flatnonzero(picture.silhouette.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return picture.rgb
    (top, bottom), (left, right) = ((max(at[0] - _MARGIN, 0), at[-1] + _MARGIN + 1) for at in (rows, columns))
    return picture.rgb[top:bottom, left:right]


def _white_share(pictures: Sequence[_Picture]) -> float:
    white = sum(int((picture.rgb.min(axis=-1) > _NEARLY_WHITE)[picture.surface].sum()) for picture in pictures)
    return white / max(sum(int(picture.surface.sum()) for picture in pictures), 1)


def _change(pictures: Sequence[_Picture]) -> float:
    return float(np.mean([sharpness(_light(picture), _away_from_ground(picture)) for picture in pictures]))


def _light(picture: _Picture) -> np.ndarray:
    """Luminance [S, S, 1] without speckle."""
    return ndimage.median_filter(picture.rgb @ _LUMINANCE, 3)[..., None]


def _away_from_ground(picture: _Picture) -> np.ndarray:
    """1.0 where the median's whole square is on the surface, else 0.0."""
    return ndimage.binary_erosion(picture.surface, np.ones((3, 3))).astype(np.float32)


def _ratio(ours: float, theirs: float) -> float:
    return max(ours, _ROUNDING) / max(theirs, _ROUNDING)


def _rounded(rgb: np.ndarray) -> np.ndarray:
    """To 8 bits, as the prop's pictures are."""
    return (np.rint(255 * rgb) / 255).astype(np.float32)


def _grown(silhouette: np.ndarray) -> np.ndarray:
    return ndimage.binary_dilation(silhouette, _disc(TOLERANCE))


def _disc(radius: int) -> np.ndarray:
    """2 radius + 1 pixels across, without single pixels at its four ends."""
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return rows**2 + columns**2 <= (radius + 0.5) ** 2
