"""Matting without networks, for photographs: GrabCut, from one or two first guesses, and without cast shadows."""

import cv2
import numpy as np
import torch
from jaxtyping import Float
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import interpolate

from .cast_shadow import without_shadow
from .outline import edge_share
from .rim_distance import beyond_edges

LARGEST_SIDE = 320
"""The colours are separated at this size: a third of a second, and edges finer than any encoder sees."""

RIM = 0.03
"""Share of the side that is taken for background on each of the four sides."""

ROUNDS = 5
"""Of fitting colours and cutting; three and eight find the same objects to within half a percent."""

COMPONENT_NUMBERS = 65
"""cv2 keeps 5 Gaussians of 13 numbers for either side; it wants the arrays from outside."""

THINNEST = 3
"""Lines of fewer pixels, such as a horizon beside the object, are left out: they would widen its frame."""

SMALLEST_PART = 0.05
"""Parts below this share of the largest one are background that resembles the object."""

SMALLEST_HOLE = 0.002
"""Holes below this share of the picture are paint that resembles the background."""

CLEAR = 0.92
"""An outline with this share on edges of the picture is believed; else a second first guess is tried."""

FEWEST = 16

LIKENESS = 2.5
"""Standard deviations from a colour of the background within which a part of the object may be background after all."""

ROUNDING = 1 / 12
"""Variance of a level's rounding, so that a background of one colour has some."""


class GrabCut:
    """A Matting that separates the colours of the rim from those inside (Rother, Kolmogorov and Blake 2004)."""

    name = "GrabCut"

    def alpha(self, pixels: Float[Tensor, "3 H W"]) -> Float[Tensor, "H W"]:
        """1 on the object, 0 around it, soft along the edge. Deterministic; all 0 where nothing differs from the rim.

        An object that the picture's edge cuts off is taken to go on across the rim.
        """
        height, width = pixels.shape[-2:]
        scale = min(1.0, LARGEST_SIDE / max(height, width))
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        small = interpolate(pixels[None], size=size, mode="bilinear", antialias=True)[0]
        mask = _separated((small.permute(1, 2, 0) * 255).round().byte().cpu().numpy())
        found = torch.from_numpy(mask).float()[None, None]
        return interpolate(found, size=(height, width), mode="bilinear")[0, 0].to(pixels)


def _separated(rgb: np.ndarray) -> np.ndarray:
    mask = cut_from(rgb, np.ones(rgb.shape[:2], bool))
    on_edges = edge_share(rgb, mask)
    if mask.any() and on_edges < CLEAR:
        # A ground with shades that the rim does not show: it starts out as background too, as far as paths reach it.
        other = cut_from(rgb, beyond_edges(rgb))
        mask = other if edge_share(rgb, other) > on_edges else mask
    return without_shadow(rgb, mask)


def cut_from(rgb: np.ndarray, may_be_object: np.ndarray) -> np.ndarray:
    """bool[H, W]: GrabCut's object in uint8[H, W, 3] from a first guess; the rim is background whatever that says."""
    rim = max(1, round(RIM * max(rgb.shape)))
    inside = (slice(rim, -rim), slice(rim, -rim))
    labels = np.full(rgb.shape[:2], cv2.GC_BGD, np.uint8)
    labels[inside] = np.where(may_be_object[inside], cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    # With fewer points than Gaussians cv2 stops with an error.
    if np.count_nonzero(labels == cv2.GC_PR_FGD) < FEWEST:
        return np.zeros(rgb.shape[:2], bool)
    background, foreground = np.zeros((1, COMPONENT_NUMBERS)), np.zeros((1, COMPONENT_NUMBERS))
    whole = (0, 0, rgb.shape[1], rgb.shape[0])
    # Its first clusters are drawn from a generator of the thread, which other calls have moved on.
    cv2.setRNGSeed(0)
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    cv2.grabCut(bgr, labels, whole, background, foreground, ROUNDS, cv2.GC_INIT_WITH_MASK)
    # What lies behind a handle started out as object, and has kept a Gaussian of the object's for itself.
    enclosed = _enclosed(labels == cv2.GC_PR_FGD, _looks_like(bgr, background))
    if enclosed.any():
        labels[enclosed] = cv2.GC_PR_BGD
        cv2.grabCut(bgr, labels, whole, background, foreground, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.pad(_without_scraps((labels == cv2.GC_PR_FGD)[inside]), rim, mode="edge")


def _looks_like(bgr: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """bool[H, W]: pixels within LIKENESS standard deviations of one of a mixture's Gaussians.

    mixture f64[1, 65], as cv2 lays it out: five weights, five means, five covariances.
    """
    means = mixture[0, 5:20].reshape(5, 3)
    covariances = mixture[0, 20:].reshape(5, 3, 3)
    is_near = np.zeros(bgr.shape[:2], bool)
    for weight, mean, covariance in zip(mixture[0, :5], means, covariances, strict=True):
        if weight > 0:
            apart = bgr - mean
            precision = np.linalg.inv(covariance + ROUNDING * np.eye(3))
            is_near |= np.einsum("hwi,ij,hwj->hw", apart, precision, apart) < LIKENESS**2
    return is_near


def _enclosed(object_mask: np.ndarray, doubtful: np.ndarray) -> np.ndarray:
    """The doubtful parts of an object that the rest of it surrounds, specks left out."""
    certain = object_mask & ~doubtful
    inside = ndimage.binary_fill_holes(certain) & ~certain & object_mask
    parts, _ = ndimage.label(ndimage.binary_opening(inside, np.ones((THINNEST, THINNEST))))
    is_large = np.bincount(parts.ravel()) >= SMALLEST_HOLE * object_mask.size
    is_large[0] = False
    return is_large[parts]


def _without_scraps(mask: np.ndarray) -> np.ndarray:
    mask = ndimage.binary_opening(mask, np.ones((THINNEST, THINNEST)))
    parts, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    object_mask = (sizes > SMALLEST_PART * sizes.max())[parts]
    holes, _ = ndimage.label(~object_mask)
    is_paint = np.bincount(holes.ravel()) < SMALLEST_HOLE * mask.size
    is_paint[0] = False
    return object_mask | is_paint[holes]
