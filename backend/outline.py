"""Whether a mask's outline runs along edges of the picture: what a good cut-out's does."""

import cv2
import numpy as np
from scipy import ndimage

from .rim_distance import weighted_lab

REACH = 2
"""Pixels to either side of the outline at which colours are compared."""

EDGE = 5.0
"""CIELAB units, lightness halved, that make an edge."""


def edge_share(rgb: np.ndarray, mask: np.ndarray) -> float:
    """Share of the outline, in [0, 1], that lies on an edge; 0 for an empty mask. rgb: uint8[H, W, 3]."""
    _, _, contrast = contrast_across(rgb, mask)
    return float(np.mean(contrast > EDGE)) if len(contrast) else 0.0


def contrast_across(rgb: np.ndarray, mask: np.ndarray, reach: int = REACH) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of the outline's pixels, and how far apart the colours inside and outside are (CIELAB).

    rgb: uint8[H, W, 3].   mask: bool[H, W]. The picture's own edge is no part of the outline.
    """
    rows, columns = np.nonzero(mask & ~ndimage.binary_erosion(mask, border_value=1))
    if not len(rows):
        return rows, columns, np.zeros(0)
    colours = cv2.GaussianBlur(weighted_lab(rgb), (0, 0), 0.7)
    depth = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    inwards = np.stack([each[rows, columns] for each in np.gradient(ndimage.gaussian_filter(depth, 1.0))])
    inwards = reach * inwards / (np.linalg.norm(inwards, axis=0) + 1e-6)
    place = np.stack([rows, columns])
    inside, outside = (
        np.stack([ndimage.map_coordinates(colours[..., axis], at, order=1, mode="nearest") for axis in range(3)])
        for at in (place + inwards, place - inwards)
    )
    return rows, columns, np.linalg.norm(inside - outside, axis=0)
