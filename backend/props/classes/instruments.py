"""Bell and drum."""

import math

from ..shapes import Part, bar, cylinder, lathe, ring, sphere
from .variation import Variation


def bell(v: Variation) -> list[Part]:
    """A hand bell: a flared, hollow cup with its clapper showing below, under a turned handle."""
    lip, waist = v.between(0.52, 0.6), v.between(0.27, 0.33)
    height, handle = v.between(0.78, 0.92), v.between(0.42, 0.54)
    outside = [
        (lip, 0.0),
        (lip, 0.1),
        (0.78 * lip, 0.26),
        (waist + 0.03, 0.55 * height),
        (waist, 0.78 * height),
        (0.75 * waist, 0.94 * height),
        (0.1, height),
    ]
    inside = [(lip - 0.08, 0.0), (lip - 0.12, 0.1), (waist - 0.08, 0.5 * height)]
    return [
        lathe([*inside[::-1], *outside], "main"),
        sphere(0.13, "iron", 12).moved(z=-0.03),
        bar((0, 0, 0), (0, 0, 0.6 * height), 0.07, "iron"),
        cylinder(0.12, height - 0.02, height + 0.06, "second/wood", 14),
        lathe(
            [
                (0.075, height),
                (0.11, height + 0.5 * handle),
                (0.075, height + 0.75 * handle),
                (0.13, height + 0.88 * handle),
                (0.09, height + handle),
            ],
            "second/wood",
            14,
        ),
    ]


def drum(v: Variation) -> list[Part]:
    """A short, wide drum with a pale skin, a thick hoop at each end, and cords that zigzag between them."""
    radius, height = v.between(0.62, 0.72), v.between(0.74, 0.92)
    hoop = 0.14
    parts = [
        cylinder(radius, 0.02, height - 0.02, "main", 32),
        cylinder(radius - 0.02, height - 0.04, height + 0.015, "cream", 32),
        cylinder(radius - 0.02, -0.015, 0.04, "cream", 32),
    ]
    for z in (0.0, height - hoop):
        outer, inner = radius + 0.07, radius - 0.06
        profile = [(inner, z), (outer, z), (outer, z + hoop), (inner, z + hoop)]
        parts.append(ring(profile, "second/dark", 32))
    count, turn = 8, v.between(0.0, 0.6)
    for k in range(2 * count):
        low, high = (hoop, height - hoop) if k % 2 == 0 else (height - hoop, hoop)
        a, b = (turn + math.pi * (k + j) / count for j in (0, 1))
        out = radius + 0.035
        start, end = (out * math.cos(a), out * math.sin(a), low), (out * math.cos(b), out * math.sin(b), high)
        parts.append(bar(start, end, 0.075, "cream", 6))
    return parts
