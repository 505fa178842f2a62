"""The shadow that an object throws on its floor, where a cut-out has kept it."""

import cv2
import numpy as np
from scipy import ndimage

from .outline import contrast_across, edge_share
from .rim_distance import weighted_lab

NEAR = 0.08
"""The floor's colour is averaged around a point with this deviation, as a share of the picture's side."""

FAR_WEIGHT = 1e-4
"""Of an average four times as wide, for points with no background near them."""

LIKE_FLOOR = 8.0
"""A shadow's colour (CIELAB a and b) is the floor's, dimmed; the sky's colour moves it by less than this."""

DARKEST, LIGHTEST = 0.2, 0.97
"""A shadow's lightness as a share of the floor's."""

LARGEST = 0.4
"""More of the mask than this is no shadow but an object in the floor's colours."""

SMALLEST = 0.01
"""Share of the mask below which a part is left alone."""

CLEARER = 1.1
"""Times that the border with the object must differ more than that with the floor."""

WORSE = 0.04
"""Share of the outline that may leave the picture's edges; more says that a piece of the object was taken."""

LOW = 0.4
"""A shadow's middle is below this share of the mask's height: it lies at the object's foot."""


def without_shadow(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask less its parts that are dimmed floor, low, and set off more clearly from the object than from the floor.

    rgb: uint8[H, W, 3].   mask, result: bool[H, W].
    """
    rows = np.nonzero(mask.any(axis=1))[0]
    if not len(rows):
        return mask
    foot = rows[0] + LOW * (rows[-1] - rows[0])
    parts, count = ndimage.label(ndimage.binary_opening(like_shadow(rgb, mask), np.ones((3, 3))))
    kept = mask
    for number in range(1, count + 1):
        part = parts == number
        share = part.sum() / mask.sum()
        if SMALLEST < share < LARGEST and np.nonzero(part)[0].mean() > foot and _is_off_the_object(rgb, part, kept):
            kept = kept & ~ndimage.binary_dilation(part, iterations=2, mask=like_shadow(rgb, mask))
    if kept.sum() < (1 - LARGEST) * mask.sum() or edge_share(rgb, kept) < edge_share(rgb, mask) - WORSE:
        return mask
    return kept


def like_shadow(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """bool[H, W]: the mask's pixels that have the colour of the background near them, dimmed."""
    colours = weighted_lab(cv2.medianBlur(np.ascontiguousarray(rgb), 5))
    floor = _continued(colours, ~ndimage.binary_dilation(mask, iterations=4))
    dimming = colours[..., 0] / np.maximum(floor[..., 0], 1)
    apart = np.linalg.norm(colours[..., 1:] - dimming[..., None] * floor[..., 1:], axis=-1)
    return mask & (apart < LIKE_FLOOR) & (dimming > DARKEST) & (dimming < LIGHTEST)


def _continued(colours: np.ndarray, is_floor: np.ndarray) -> np.ndarray:
    """The floor's colours, averaged and carried on to where it is not seen (Knutsson and Westin 1993)."""
    weights = is_floor.astype(np.float32)
    near = NEAR * max(is_floor.shape)
    both = np.dstack([colours * weights[..., None], weights])
    sums = cv2.GaussianBlur(both, (0, 0), near) + FAR_WEIGHT * cv2.GaussianBlur(both, (0, 0), 4 * near)
    return sums[..., :3] / np.maximum(sums[..., 3:], 1e-9)


def _is_off_the_object(rgb: np.ndarray, part: np.ndarray, mask: np.ndarray) -> bool:
    """Whether the part's border with the rest of the mask is a clearer edge than that with the background."""
    rows, columns, contrast = contrast_across(rgb, part)
    near_floor = ndimage.binary_dilation(~mask, iterations=2)[rows, columns]
    near_rest = ndimage.binary_dilation(mask & ~part, iterations=2)[rows, columns] & ~near_floor
    if not near_rest.any() or not near_floor.any():
        return False
    return float(np.median(contrast[near_rest])) > CLEARER * float(np.median(contrast[near_floor]))
