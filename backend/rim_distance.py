"""Which pixels a path from the rim reaches only across an edge: a first guess of what is not background."""

import cv2
import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

SIDE = 128
"""Paths are found at this size; only a first guess is made of them."""

RIM = 0.04

LIGHTNESS = 0.5
"""Weight of CIELAB's lightness beside its two colour axes: lamps and shadows change the first one most."""

SMOOTHING = 1.2
ORDINARY = 0.85
"""Steps as large as this share of those along the rim cost nothing: grain, joints of boards, light that falls off."""

LOWEST = 3.0
"""Distances (CIELAB units) below this are never object."""

WEAK = 0.3
"""Of Otsu's threshold. Parts above it belong to the object if they touch some above the threshold itself."""

_EVERY_STEP = 1e-4
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


def beyond_edges(rgb: np.ndarray) -> np.ndarray:
    """bool[H, W]: what paths from the rim reach only across edges that the rim itself does not have.

    rgb: uint8[H, W, 3]. Light that falls off softly costs a path nothing, so a lit floor is reached in all its shades.
    Source: geodesic saliency (Wei, Wen, Zhu and Sun 2012), with hysteresis (Canny 1986) over Otsu's threshold.
    """
    distance = rim_distance(rgb)
    strong = max(LOWEST, _otsu(distance))
    is_far = distance > max(LOWEST, WEAK * strong)
    parts, _ = ndimage.label(is_far, np.ones((3, 3)))
    return is_far & np.isin(parts, np.unique(parts[distance > strong]))


def rim_distance(rgb: np.ndarray) -> np.ndarray:
    """float32[H, W], CIELAB units: least sum of extraordinary colour steps on any path from the rim."""
    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    colours = weighted_lab(cv2.medianBlur(np.ascontiguousarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)), 3))
    colours = cv2.GaussianBlur(colours, (0, 0), SMOOTHING)
    rim = max(2, round(RIM * max(size)))
    is_rim = np.ones(colours.shape[:2], bool)
    is_rim[rim:-rim, rim:-rim] = False
    ids = np.arange(is_rim.size).reshape(is_rim.shape)
    starts, ends, steps = (np.concatenate(each) for each in zip(*_edges(ids, colours), strict=True))
    ordinary = np.quantile(steps[is_rim.ravel()[starts] & is_rim.ravel()[ends]], ORDINARY)
    costs = np.maximum(steps - ordinary, 0) + _EVERY_STEP
    graph = coo_array((costs, (starts, ends)), shape=(ids.size, ids.size)).tocsr()
    distance = dijkstra(graph, directed=False, indices=ids[is_rim], min_only=True).reshape(ids.shape)
    return cv2.resize(distance.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)


def weighted_lab(rgb: np.ndarray) -> np.ndarray:
    """float32[H, W, 3], CIELAB with LIGHTNESS applied, of uint8[H, W, 3]."""
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab) * np.array([LIGHTNESS, 1, 1], np.float32)


def _edges(ids: np.ndarray, colours: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of each of four directions: the pixels where steps start, those where they end, and their colours' distance."""
    height, width = ids.shape
    found = []
    for down, right in _NEIGHBOURS:
        one = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        other = (slice(down, height), slice(max(0, right), width + min(0, right)))
        steps = np.linalg.norm(colours[one] - colours[other], axis=-1)
        found.append((ids[one].ravel(), ids[other].ravel(), steps.ravel()))
    return found


def _otsu(values: np.ndarray) -> float:
    top = float(values.max())
    if top <= 0:
        return 0.0
    threshold, _ = cv2.threshold((255 * values / top).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return threshold / 255 * top
