"""Tent, well, bridge and fence."""

import math
from itertools import pairwise

import numpy as np

from ..shapes import Part, bar, box, cylinder, loft, prism
from .variation import Variation


def tent(v: Variation) -> list[Part]:
    """A ridge tent: two slopes whose open gable with parted flaps faces -Y, on crossed poles."""
    half_x, half_y, peak = v.between(0.72, 0.86), v.between(0.78, 0.95), v.between(0.95, 1.12)
    open_half = v.between(0.26, 0.34)
    gable = [(-half_x, 0.0), (half_x, 0.0), (0.0, peak)]
    parts = [prism(gable, -half_y + 0.1, half_y, "main")]
    # The opening is a dark triangle in front of the gable, framed by two flaps.
    opening = [(-open_half, 0.0), (open_half, 0.0), (0.0, 0.86 * peak)]
    parts.append(prism(opening, -half_y + 0.05, -half_y + 0.12, "ink"))
    for side in (-1.0, 1.0):
        outline = [(side * open_half, 0.0), (side * (open_half + 0.16), 0.0), (0.0, 0.98 * peak), (0.0, 0.84 * peak)]
        parts.append(prism(outline, -half_y, -half_y + 0.11, "second/tint"))
        eaves = side * (half_x + 0.05)
        slope = [(eaves, -0.02), (0.0, peak), (0.0, peak + 0.09), (eaves + side * 0.09, 0.0)]
        parts.append(prism(slope, -half_y - 0.06, half_y + 0.04, "main"))
    for y in (-half_y - 0.02, half_y):
        parts += [bar((-s * 0.12, y, peak - 0.14), (s * 0.14, y, peak + 0.2), 0.065, "wood") for s in (-1, 1)]
    return parts


def well(v: Variation) -> list[Part]:
    """A round wall around dark water, two posts with a crank at +X, a bucket and a pitched roof facing -Y."""
    radius, wall = v.between(0.48, 0.56), v.between(0.44, 0.54)
    post, pitch = v.between(1.12, 1.28), v.between(0.26, 0.36)
    parts = [cylinder(radius, 0, wall, "main"), cylinder(radius + 0.06, wall - 0.1, wall, "dark")]
    parts.append(cylinder(radius - 0.13, wall - 0.05, wall + 0.012, "ink"))
    parts += [box((x, 0, 0.5 * post), (0.12, 0.15, post), "wood") for x in (-radius + 0.02, radius - 0.02)]
    axle = 0.64 * post + 0.1
    parts.append(bar((-radius, 0, axle), (radius + 0.2, 0, axle), 0.1, "wood"))
    parts.append(bar((radius + 0.17, 0, axle), (radius + 0.17, 0, axle - 0.22), 0.08, "iron"))
    parts.append(bar((0, 0, axle), (0, 0, wall + 0.1), 0.05, "cream"))
    parts.append(cylinder(0.13, wall - 0.02, wall + 0.18, "iron", 14))
    eaves = radius + 0.18
    for side in (-1.0, 1.0):
        outline = [
            (side * 0.56, post - 0.06),
            (0.0, post + pitch),
            (0.0, post + pitch + 0.1),
            (side * 0.6, post + 0.03),
        ]
        parts.append(prism(outline, -eaves, eaves, "second/roof").turned(2, 0.5 * math.pi))
    for x in (-radius + 0.02, radius - 0.02):
        gable = prism([(-0.42, post), (0.42, post), (0.0, post + pitch)], -0.04, 0.04, "wood")
        parts.append(gable.turned(2, 0.5 * math.pi).moved(x=x))
    return parts


def bridge(v: Variation) -> list[Part]:
    """A humped footbridge along X over one round arch, with a railing on each side."""
    half_x, half_y = v.between(1.0, 1.15), v.between(0.34, 0.42)
    rise, thick = v.between(0.32, 0.42), v.between(0.16, 0.2)
    span = v.between(0.62, 0.7) * half_x
    stations = np.linspace(-1.0, 1.0, 17)
    parts = [_bridge_body(stations, half_x, half_y, rise, thick, span)]
    for y in (-half_y, half_y):
        top = [(x * half_x, y, 0.48 + _hump(x, rise) + 0.34) for x in stations[::2]]
        parts += [bar(a, b, 0.1, "second/dark") for a, b in pairwise(top)]
        for x in (-0.96, -0.5, 0.0, 0.5, 0.96):
            foot = 0.44 + _hump(x, rise)
            parts.append(box((x * half_x, y, foot + 0.2), (0.12, 0.12, 0.42), "second/dark"))
    return parts


def _hump(x: float, rise: float) -> float:
    return rise * math.cos(0.5 * math.pi * x)


def _bridge_body(stations: np.ndarray, half_x: float, half_y: float, rise: float, thick: float, span: float) -> Part:
    rings = []
    for share in stations:
        x, top = share * half_x, 0.44 + _hump(share, rise)
        under = 0.44 + rise - thick
        low = under * math.sqrt(max(0.0, 1.0 - (x / span) ** 2)) if abs(x) < span else 0.0
        low = min(low, top - thick)
        rings.append([(x, -half_y, low), (x, half_y, low), (x, half_y, top), (x, -half_y, top)])
    return loft(np.array(rings), "main")


def fence(v: Variation) -> list[Part]:
    """Five pointed pickets on two rails; the pickets stand in front, towards -Y."""
    step, width = v.between(0.4, 0.46), v.between(0.24, 0.28)
    height, point = v.between(1.05, 1.25), v.between(0.14, 0.22)
    parts = []
    for k in range(5):
        x = (k - 2) * step
        h = 0.5 * width
        outline = [(x - h, 0), (x + h, 0), (x + h, height), (x, height + point), (x - h, height)]
        parts.append(prism(outline, -0.14, 0.02, "main"))
    for z in (0.26 * height, 0.76 * height):
        parts.append(box((0, 0.08, z), (4 * step + width + 0.16, 0.15, 0.19), "second/dark"))
    return parts
