"""Mushroom and tree."""

import math

from .shapes import Part, cylinder, lathe, sphere
from .variation import Variation


def mushroom(v: Variation) -> list[Part]:
    """A domed cap with pale spots on a cream stem."""
    cap, dome = v.between(0.62, 0.74), v.between(0.42, 0.55)
    stem, height = v.between(0.2, 0.27), v.between(0.55, 0.75)
    angles = [math.pi * k / 16 for k in range(9)]
    profile = [(0.9 * cap, height - 0.06)] + [(cap * math.cos(a), height + dome * math.sin(a)) for a in angles]
    parts = [
        lathe([(1.25 * stem, 0), (stem, 0.25 * height), (stem, height)], "cream"),
        lathe(profile, "main"),
    ]
    turn = v.between(0.0, 1.0)
    for k in range(5):
        rise = math.radians(34 if k % 2 else 22)
        spot = sphere(0.1, "cream", 10).scaled(z=0.8)
        placed = spot.moved(x=cap * math.cos(rise), z=height + dome * math.sin(rise))
        parts.append(placed.turned(2, 2.0 * math.pi * (k / 5) + turn))
    parts.append(sphere(0.13, "cream", 10).scaled(z=0.5).moved(z=height + dome))
    return parts


def tree(v: Variation) -> list[Part]:
    """Three stacked cones of foliage on a short trunk."""
    reach, shrink = v.between(0.55, 0.68), v.between(0.72, 0.82)
    trunk = v.between(0.36, 0.5)
    parts = [cylinder(v.between(0.13, 0.17), 0, trunk + 0.2, "wood", 12)]
    z, tier = trunk, 0.72
    for _ in range(3):
        parts.append(lathe([(reach, z), (0.0, z + tier)], "main", 16))
        z += 0.5 * tier
        reach *= shrink
        tier *= 0.95
    return parts
