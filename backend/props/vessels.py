"""Barrel, vase, mug and bottle: things that hold something."""

import math

from .shapes import Part, cylinder, lathe, torus_arc
from .variation import Variation


def barrel(v: Variation) -> list[Part]:
    """A bulging cask with two pairs of iron hoops."""
    bulge, height = v.between(0.06, 0.14), v.between(1.2, 1.45)
    rows = [i / 8 for i in range(9)]

    def radius(share: float) -> float:
        return 0.42 + bulge * math.sin(math.pi * share)

    parts = [lathe([(radius(s), s * height) for s in rows], "main")]
    parts.append(cylinder(0.35, 0.98 * height, 1.015 * height, "dark"))
    for share in (0.06, 0.3, 0.7, 0.94):
        half = 0.035
        parts.append(
            lathe(
                [
                    (radius(share - half) + 0.02, (share - half) * height),
                    (radius(share + half) + 0.02, (share + half) * height),
                ],
                "iron",
            )
        )
    return parts


def vase(v: Variation) -> list[Part]:
    """A round-bellied, hollow vase with a narrow neck and a flared lip."""
    belly, neck, lip = v.between(0.48, 0.58), v.between(0.16, 0.24), v.between(0.28, 0.36)
    foot = v.between(0.24, 0.32)
    outside = [
        (foot, 0.0),
        (foot + 0.02, 0.06),
        (0.72 * belly + 0.28 * foot, 0.25),
        (belly, 0.58),
        (0.93 * belly, 0.78),
        (0.62 * belly, 1.0),
        (neck, 1.18),
        (neck, 1.3),
        (lip, 1.46),
    ]
    inside = [(lip - 0.05, 1.46), (neck - 0.05, 1.3), (neck - 0.05, 1.1)]
    return [lathe(outside + inside, "main"), cylinder(neck - 0.02, 1.05, 1.22, "ink", 16)]


def mug(v: Variation) -> list[Part]:
    """A hollow cup with a dark drink in it and a ring handle at +X."""
    radius, height = v.between(0.44, 0.52), v.between(0.95, 1.1)
    thickness = v.between(0.12, 0.16)
    bend = 0.31 * height
    wall = 0.07
    cup = [(0.94 * radius, 0.0), (radius, 0.08), (radius, height), (radius - wall, height), (radius - wall, 0.1)]
    handle = torus_arc(bend, thickness, -0.55 * math.pi, 0.55 * math.pi, "main").moved(x=radius - 0.02, z=0.52 * height)
    drink = cylinder(radius - 0.5 * wall, 0.6 * height, 0.82 * height, "roof")
    return [lathe(cup, "main"), handle, drink]


def bottle(v: Variation) -> list[Part]:
    """A slim body, sloping shoulders, a long neck and a cork."""
    radius, neck = v.between(0.3, 0.38), v.between(0.11, 0.14)
    shoulder, length = v.between(0.75, 0.95), v.between(0.4, 0.55)
    rise = 0.28
    top = shoulder + rise + length
    glass = [
        (radius - 0.04, 0.0),
        (radius, 0.05),
        (radius, shoulder),
        (0.8 * radius, shoulder + 0.4 * rise),
        (neck, shoulder + rise),
        (neck, top - 0.1),
    ]
    lip = [(neck + 0.04, top - 0.1), (neck + 0.04, top)]
    return [lathe(glass + lip, "main"), cylinder(neck - 0.01, top - 0.02, top + 0.13, "wood", 12)]
