"""Barrel, vase, mug, bottle, pot and bowl: things that hold something."""

import math

from ..shapes import Part, cylinder, lathe, ring, torus, torus_arc
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
                "second/iron",
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
    band = lathe([(0.9 * belly, 0.42), (belly + 0.02, 0.5), (belly + 0.02, 0.66), (0.9 * belly, 0.74)], "second/absent")
    return [lathe(outside + inside, "main"), cylinder(neck - 0.02, 1.05, 1.22, "ink", 16), band]


def mug(v: Variation) -> list[Part]:
    """A hollow cup with a dark drink in it and a ring handle at +X."""
    radius, height = v.between(0.44, 0.52), v.between(0.95, 1.1)
    thickness = v.between(0.12, 0.16)
    bend = 0.31 * height
    wall = 0.07
    cup = [(0.94 * radius, 0.0), (radius, 0.08), (radius, height), (radius - wall, height), (radius - wall, 0.1)]
    handle = torus_arc(bend, thickness, -0.55 * math.pi, 0.55 * math.pi, "second/main").moved(
        x=radius - 0.02, z=0.52 * height
    )
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
    return [lathe(glass + lip, "main"), cylinder(neck - 0.01, top - 0.02, top + 0.13, "second/wood", 12)]


def pot(v: Variation) -> list[Part]:
    """A round-bellied cauldron with a thick lip, two ring handles at the sides and three feet."""
    belly, height = v.between(0.56, 0.66), v.between(0.72, 0.88)
    mouth = v.between(0.72, 0.8) * belly
    foot = 0.16
    outside = [
        (0.45 * belly, foot),
        (0.82 * belly, foot + 0.12 * height),
        (belly, foot + 0.42 * height),
        (0.94 * belly, foot + 0.68 * height),
        (mouth, foot + 0.88 * height),
        (mouth + 0.1, foot + 0.92 * height),
        (mouth + 0.1, foot + height),
        (mouth - 0.04, foot + height),
        (mouth - 0.06, foot + 0.6 * height),
    ]
    parts = [lathe(outside, "main"), cylinder(mouth - 0.02, foot + 0.7 * height, foot + 0.9 * height, "ink")]
    for side in (-1.0, 1.0):
        ear = torus(0.15, 0.085, "second/dark", 16).turned(0, 0.5 * math.pi)
        parts.append(ear.moved(x=side * (belly + 0.1), z=foot + 0.62 * height))
    for k in range(3):
        leg = lathe([(0.06, 0), (0.1, 0.3)], "dark", 10).moved(y=0.6 * belly)
        parts.append(leg.turned(2, math.pi * (1.0 + 2.0 * k / 3.0)))
    return parts


def bowl(v: Variation) -> list[Part]:
    """A wide, shallow, hollow half sphere on a foot ring, with a thick rim."""
    radius, depth = v.between(0.68, 0.8), v.between(0.42, 0.56)
    foot, wall = v.between(0.3, 0.38), 0.09
    angles = [math.pi * k / 14 for k in range(1, 8)]
    outside = [(foot, 0.0), (foot, 0.1)]
    outside += [(radius * math.sin(a), 0.1 + depth * (1 - math.cos(a))) for a in angles if radius * math.sin(a) > foot]
    inside = [((radius - wall) * math.sin(a), 0.12 + wall + (depth - wall) * (1 - math.cos(a))) for a in angles[::-1]]
    rim = [
        (radius - wall - 0.03, 0.05 + depth),
        (radius + 0.04, 0.05 + depth),
        (radius + 0.04, 0.15 + depth),
        (radius - wall - 0.03, 0.15 + depth),
    ]
    return [lathe(outside + inside, "main"), ring(rim, "second/main")]
