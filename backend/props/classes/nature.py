"""Mushroom, tree, rock and pumpkin."""

import math

import numpy as np

from ..shapes import Part, bar, cylinder, lathe, loft, sphere
from .variation import Variation

# What the canonical rock has in the place of random bumps; mid-range bumps would make it a ball.
_FIXED_BUMPS = np.sin(np.arange(64) * 2.4) * np.cos(np.arange(64) * 0.9)


def mushroom(v: Variation) -> list[Part]:
    """A domed cap with pale spots on a cream stem."""
    cap, dome = v.between(0.62, 0.74), v.between(0.42, 0.55)
    stem, height = v.between(0.2, 0.27), v.between(0.55, 0.75)
    angles = [math.pi * k / 16 for k in range(9)]
    profile = [(0.9 * cap, height - 0.06)] + [(cap * math.cos(a), height + dome * math.sin(a)) for a in angles]
    parts = [
        lathe([(1.25 * stem, 0), (stem, 0.25 * height), (stem, height)], "second/cream"),
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
    parts = [cylinder(v.between(0.13, 0.17), 0, trunk + 0.2, "second/wood", 12)]
    z, tier = trunk, 0.72
    for _ in range(3):
        parts.append(lathe([(reach, z), (0.0, z + tier)], "main", 16))
        z += 0.5 * tier
        reach *= shrink
        tier *= 0.95
    return parts


def rock(v: Variation) -> list[Part]:
    """A faceted boulder with two smaller stones leaning on it."""
    parts = [_stone(v, 0.72, v.between(0.72, 0.92))]
    turn = v.between(-0.5, 0.5)
    for angle, size in ((turn - 0.9, v.between(0.3, 0.4)), (turn + 1.1, v.between(0.24, 0.34))):
        small = _stone(v, size, v.between(0.7, 0.95))
        parts.append(small.moved(x=0.68 * math.sin(angle), y=-0.62 * math.cos(angle)))
    moss = sphere(0.5, "second/absent", 14).scaled(x=1.05, y=0.95, z=0.5)
    parts.append(moss.moved(x=-0.08, y=-0.05, z=0.9 * parts[0].vertices[:, 2].max() - 0.12))
    return parts


def _stone(v: Variation, radius: float, flatness: float) -> Part:
    """A sphere of few facets, each of its corners pushed in or out; its flat base lies at z = 0."""
    part = sphere(radius, "main", 10)
    count = len(part.vertices)
    bumps = _FIXED_BUMPS[:count] if v.rng is None else np.array([v.between(-1.0, 1.0) for _ in range(count)])
    # The points of a pole lie on one spot and must move together.
    spread = np.hypot(part.vertices[:, 0], part.vertices[:, 1])
    bumps = np.where(spread < 0.1 * radius, 0.0, bumps)
    vertices = part.vertices * (1.0 + 0.15 * bumps)[:, None] * np.array([1.0, 1.0, flatness])
    vertices[:, 2] = np.maximum(vertices[:, 2], -0.45 * radius) + 0.45 * radius
    return Part(vertices, part.faces, part.paint)


def pumpkin(v: Variation) -> list[Part]:
    """A ribbed, flattened ball with a bent stem and, mostly, a carved face towards -Y."""
    radius, flatness = v.between(0.7, 0.8), v.between(0.72, 0.86)
    ribs, depth = 9, v.between(0.07, 0.11)
    height = radius * flatness
    rings = []
    for rise in np.linspace(-0.5 * math.pi, 0.5 * math.pi, 11):
        around = np.arange(72) * (2.0 * math.pi / 72)
        ribbed = 1.0 - depth * (1.0 - np.abs(np.sin(0.5 * ribs * (around + 0.5 * math.pi))))
        out = max(radius * math.cos(rise), 0.01) * ribbed
        level = np.full_like(around, height * math.sin(rise) * (1.0 - 0.12 * math.cos(rise)))
        rings.append(np.column_stack([out * np.cos(around), out * np.sin(around), level]))
    parts = [loft(np.array(rings), "main")]
    stem = v.between(0.22, 0.32)
    parts.append(bar((0, 0, 0.86 * height), (0.05, 0.04, height + 0.6 * stem), 0.2, "second/leaf"))
    parts.append(bar((0.04, 0.03, height + 0.45 * stem), (0.16, 0.1, height + stem), 0.16, "second/leaf"))
    if v.happens(0.7):
        parts += _carved_face(radius, height)
    return parts


def _carved_face(radius: float, height: float) -> list[Part]:
    """Two eyes and a grin of dark inlays that follow the roundness of the front."""

    def inlay(columns: list[tuple[float, float, float]]) -> Part:
        """A strip through columns of (x, lowest z, highest z), as shares of the radius and the height."""
        rings = []
        for x, low, high in columns:
            outline = []
            for z, depth in ((low, 1.0), (high, 1.0), (high, 0.8), (low, 0.8)):
                out = 1.035 * math.sqrt(max(0.0, 1.0 - x * x - z * z))
                outline.append((x * radius, -depth * out * radius, z * height))
            rings.append(outline)
        return loft(np.array(rings), "ink")

    eyes = [
        inlay(
            [
                (x - 0.16, 0.12, 0.15),
                (x - 0.06, 0.12, 0.36),
                (x, 0.12, 0.5),
                (x + 0.06, 0.12, 0.36),
                (x + 0.16, 0.12, 0.15),
            ]
        )
        for x in (-0.34, 0.34)
    ]
    grin = [(0.14 * k, -0.52 + 0.6 * (0.14 * k) ** 2, -0.26 + 0.34 * (0.14 * k) ** 2) for k in range(-4, 5)]
    return [*eyes, inlay(grin)]
