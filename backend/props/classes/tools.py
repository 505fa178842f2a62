"""Axe, hammer and key."""

import math

import numpy as np

from ..shapes import Part, bar, box, cylinder, lathe, loft, torus
from .variation import Variation


def axe(v: Variation) -> list[Part]:
    """An upright wooden handle with a flared blade towards +X, its flat side towards -Y, and a short poll at -X."""
    length, reach = v.between(1.55, 1.75), v.between(0.55, 0.66)
    edge = v.between(0.36, 0.44)
    top = length - 0.28
    stations = ((-0.24, 0.15, 0.13), (0.1, 0.16, 0.14), (0.3, 0.2, 0.11), (0.8 * reach, 0.8 * edge, 0.07))
    rings = [
        [(x, -y, top - z), (x, y, top - z), (x, y, top + z), (x, -y, top + z)]
        for x, z, y in (*stations, (reach, edge, 0.02))
    ]
    handle = lathe([(0.1, 0.0), (0.085, 0.2), (0.075, 0.6 * length), (0.085, length)], "second/wood", 12)
    return [handle, loft(np.array(rings), "main")]


def hammer(v: Variation) -> list[Part]:
    """An upright wooden handle under a long head along X: a round face at +X and a wedge at -X."""
    length, reach = v.between(1.25, 1.45), v.between(0.46, 0.54)
    size = v.between(0.2, 0.24)
    top = length - 0.02
    claw = [
        [(x, -y, top + mid - z), (x, y, top + mid - z), (x, y, top + mid + z), (x, -y, top + mid + z)]
        for x, y, z, mid in ((-0.12, size, size, 0.0), (-0.34, size, 0.13, 0.03), (-reach - 0.08, size, 0.045, -0.1))
    ]
    face = cylinder(size + 0.05, 0.0, 0.2, "main", 20).turned(1, 0.5 * math.pi).moved(x=reach - 0.2, z=top)
    return [
        lathe([(0.12, 0.0), (0.1, 0.3), (0.085, 0.7 * length), (0.085, length + 0.24)], "second/wood", 12),
        box((0, 0, top), (0.36, 2 * size, 2 * size), "main"),
        bar((0.1, 0, top), (reach - 0.1, 0, top), 1.7 * size, "main", 16),
        face,
        loft(np.array(claw), "main"),
    ]


def key(v: Variation) -> list[Part]:
    """An old door key standing on its shank's end: a thick ring above, two teeth towards +X below."""
    bow, shank = v.between(0.3, 0.36), v.between(1.0, 1.15)
    bar_width = v.between(0.17, 0.2)
    ring = torus(bow, 0.2, "second/main").turned(0, 0.5 * math.pi).moved(z=shank + bow + 0.04)
    tooth = v.between(0.36, 0.44)
    return [
        ring,
        bar((0, 0, 0), (0, 0, shank), bar_width, "main", 12),
        cylinder(0.15, shank - 0.14, shank - 0.02, "main", 14),
        box((0.5 * tooth, 0, 0.12), (tooth, 0.14, 0.16), "main"),
        box((0.42 * tooth, 0, 0.42), (0.84 * tooth, 0.14, 0.14), "main"),
    ]
