"""Sword and shield."""

import numpy as np

from ..shapes import Part, bar, box, loft, slab, sphere
from .variation import Variation


def sword(v: Variation) -> list[Part]:
    """A broad two-edged blade pointing up, its flat side towards -Y, over a crossguard, a grip and a pommel."""
    half, blade = v.between(0.14, 0.18), v.between(1.5, 1.75)
    guard, grip = v.between(0.36, 0.46), v.between(0.36, 0.44)
    thick, tip = 0.075, 0.3
    stations = ((0.0, half), (0.5 * blade, 0.92 * half), (blade - tip, 0.85 * half), (blade, 0.015))
    rings = [[(-w, 0, z), (0, -min(thick, w), z), (w, 0, z), (0, min(thick, w), z)] for z, w in stations]
    return [
        loft(np.array(rings), "main"),
        box((0, 0, -0.06), (2 * guard, 0.2, 0.15), "second/dark"),
        bar((0, 0, -0.1), (0, 0, -grip - 0.12), 0.17, "second/dark"),
        sphere(0.14, "second/dark", 12).moved(z=-grip - 0.18),
    ]


def shield(v: Variation) -> list[Part]:
    """A curved heater shield standing on its point: a rim, a boss and a cross towards -Y, a grip on the back."""
    half, straight, point = v.between(0.6, 0.7), v.between(0.5, 0.62), v.between(0.75, 0.9)
    parts = [
        slab(_heater(half + 0.09, straight + 0.06, point + 0.12, 0.09), 0.16, "second/metal").moved(y=0.05),
        slab(_heater(half, straight, point, 0.0), 0.24, "main"),
    ]
    boss = sphere(0.2, "second/metal", 14).scaled(y=0.7)
    parts.append(boss.moved(y=-0.12, z=-0.05))
    bend = v.between(0.12, 0.15)
    parts.append(box((0, -0.115, -0.05), (bend, 0.06, 1.5 * straight), "tint"))
    parts.append(box((0, -0.113, 0.12), (1.6 * half, 0.06, bend), "tint"))
    for z in (-0.2, 0.24):
        parts.append(box((0, 0.2, z), (0.9 * half, 0.13, 0.14), "wood"))
    return parts


def _heater(half: float, straight: float, point: float, lift: float) -> list[tuple[float, float]]:
    """A flat top, upright sides and two arcs that meet in a point, counter-clockwise from the top right."""
    right = [(half * (1.0 - (k / 8) ** 2.2), -point * k / 8) for k in range(8)]
    left = [(-x, z) for x, z in reversed(right)]
    top = straight + lift
    return [(half, top), *right, (0.0, -point), *left, (-half, top)]
