"""Lamp, lantern and candle."""

import math

from ..shapes import Part, box, cylinder, lathe, sphere, torus
from .variation import Variation


def lamp(v: Variation) -> list[Part]:
    """A wide shade on a thin pole with a heavy foot."""
    bottom, top = v.between(0.55, 0.68), v.between(0.28, 0.4)
    shade = v.between(0.6, 0.75)
    pole = v.between(0.55, 0.75)
    return [
        lathe([(0.42, 0), (0.42, 0.08), (0.1, 0.17)], "second/iron"),
        cylinder(0.06, 0.1, 0.3 + pole, "second/iron", 12),
        lathe([(bottom, pole), (top, pole + shade), (top - 0.03, pole + shade), (bottom - 0.05, pole + 0.02)], "main"),
        lathe([(0.5 * bottom, pole + 0.1), (0.5 * top, pole + 0.8 * shade)], "lamp_yellow", 12),
    ]


def lantern(v: Variation) -> list[Part]:
    """Four posts around a glowing pane block, between a heavy foot and a peaked roof with a ring."""
    half, height = v.between(0.32, 0.4), v.between(0.7, 0.88)
    post, peak = v.between(0.1, 0.12), v.between(0.28, 0.4)
    parts = [
        box((0, 0, 0.06), (2.4 * half, 2.4 * half, 0.12), "main"),
        box((0, 0, 0.16), (2.0 * half, 2.0 * half, 0.1), "main"),
        box((0, 0, 0.2 + 0.5 * height), (1.7 * half, 1.7 * half, height), "glass"),
        cylinder(0.36 * half, 0.2, 0.2 + 0.45 * height, "cream", 12),
    ]
    for x in (-0.88 * half, 0.88 * half):
        parts += [box((x, y, 0.2 + 0.5 * height), (post, post, height), "main") for y in (-0.88 * half, 0.88 * half)]
    parts += [
        box((0, s * 0.86 * half, 0.2 + 0.5 * height), (0.5 * half, 0.03, 0.62 * height), "lamp_yellow", (0.3, 1.0))
        for s in (-1, 1)
    ]
    parts += [
        box((s * 0.86 * half, 0, 0.2 + 0.5 * height), (0.03, 0.5 * half, 0.62 * height), "lamp_yellow", (1.0, 0.3))
        for s in (-1, 1)
    ]
    top = 0.2 + height
    parts.append(box((0, 0, top + 0.05), (2.35 * half, 2.35 * half, 0.1), "second/main"))
    parts.append(box((0, 0, top + 0.1 + 0.5 * peak), (2.2 * half, 2.2 * half, peak), "second/main", (0.25, 0.25)))
    ring = torus(0.15, 0.075, "iron").turned(0, 0.5 * math.pi)
    parts.append(ring.moved(z=top + 0.2 + peak))
    return parts


def candle(v: Variation) -> list[Part]:
    """A thick wax stick with drips and a flame, on a saucer with a ring handle at +X."""
    radius, height = v.between(0.2, 0.25), v.between(0.85, 1.1)
    dish = v.between(0.46, 0.54)
    parts = [
        lathe([(0.7 * dish, 0), (dish, 0.14), (dish, 0.2), (dish - 0.08, 0.2), (0.6 * dish, 0.1)], "second/iron"),
        torus(0.13, 0.08, "second/iron").turned(0, 0.5 * math.pi).moved(x=dish + 0.1, z=0.16),
        lathe([(radius * 1.08, 0.08), (radius, 0.3), (radius, 0.08 + height), (0.8 * radius, 0.12 + height)], "main"),
        cylinder(0.035, height, height + 0.22, "ink", 8),
    ]
    for k in range(3):
        drop = sphere(0.075, "main", 10).scaled(z=v.between(1.6, 3.2)).moved(x=radius - 0.01, z=height - 0.1)
        parts.append(drop.turned(2, v.between(0.0, 1.0) + 2.0 * math.pi * k / 3))
    flame = [(0.0, 0.0), (0.1, 0.12), (0.12, 0.2), (0.07, 0.34), (0.0, 0.5)]
    parts.append(lathe([(r, z + height + 0.17) for r, z in flame], "flame", 16))
    parts.append(sphere(0.075, "lamp_yellow", 12).moved(z=height + 0.32).scaled(x=1.5, y=1.5))
    return parts
