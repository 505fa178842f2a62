"""Crate, chair, table, stool and lamp."""

import math

from .shapes import Part, bar, box, cylinder, lathe
from .variation import Variation


def crate(v: Variation) -> list[Part]:
    """A box with a dark frame along all edges and a plank across each side."""
    edge = v.between(0.1, 0.14)
    parts = [box((0, 0, 0), (1, 1, 1), "main")]
    reach = 0.5 - 0.35 * edge
    for s in (-reach, reach):
        for t in (-reach, reach):
            parts.append(box((s, t, 0), (edge, edge, 1 + 0.3 * edge), "dark"))
            parts.append(box((0, s, t), (1 + 0.3 * edge, edge, edge), "dark"))
            parts.append(box((s, 0, t), (edge, 1 + 0.3 * edge, edge), "dark"))
    return parts


def chair(v: Variation) -> list[Part]:
    """Seat, four legs and one backrest at +Y; it opens towards -Y."""
    thick = v.between(0.13, 0.2)
    seat_height = v.between(0.75, 0.95)
    back = v.between(0.85, 1.15)
    leg = 0.5 - 0.5 * thick
    parts = [box((0, 0, seat_height), (1, 1, 0.16), "main")]
    parts += [
        box((x, y, 0.5 * seat_height), (thick, thick, seat_height), "main") for x in (-leg, leg) for y in (-leg, leg)
    ]
    if v.happens(0.3):
        parts += [box((x, leg, seat_height + 0.5 * back), (thick, thick, back), "main") for x in (-leg, leg)]
        parts += [
            box((0, leg, seat_height + share * back), (1, 0.8 * thick, 0.24 * back), "main") for share in (0.45, 0.86)
        ]
    else:
        parts.append(box((0, leg, seat_height + 0.5 * back), (1, thick, back), "main"))
    return parts


def table(v: Variation) -> list[Part]:
    """A long slab on four legs at its corners; the long side faces -Y."""
    thick = v.between(0.13, 0.2)
    half_x, half_y = v.between(0.85, 1.0), v.between(0.5, 0.62)
    height = v.between(0.85, 1.05)
    parts = [box((0, 0, height), (2 * half_x, 2 * half_y, 0.17), "main")]
    parts.append(box((0, 0, height - 0.14), (1.8 * half_x, 1.7 * half_y, 0.14), "dark"))
    for x in (-half_x + thick, half_x - thick):
        parts += [box((x, y, 0.5 * height), (thick, thick, height), "main") for y in (-half_y + thick, half_y - thick)]
    return parts


def stool(v: Variation) -> list[Part]:
    """A thick round seat on four splayed legs."""
    height, splay = v.between(0.9, 1.15), v.between(0.08, 0.18)
    thick = v.between(0.12, 0.17)
    parts = [lathe([(0.46, height - 0.2), (0.52, height - 0.16), (0.52, height - 0.02), (0.47, height + 0.03)], "main")]
    for k in range(4):
        angle = math.pi * (0.25 + 0.5 * k)
        c, s = math.cos(angle), math.sin(angle)
        foot, hip = 0.38 + splay, 0.36
        parts.append(bar((foot * c, foot * s, 0), (hip * c, hip * s, height - 0.12), thick, "main"))
    return parts


def lamp(v: Variation) -> list[Part]:
    """A wide shade on a thin pole with a heavy foot."""
    bottom, top = v.between(0.55, 0.68), v.between(0.28, 0.4)
    shade = v.between(0.6, 0.75)
    pole = v.between(0.55, 0.75)
    return [
        lathe([(0.42, 0), (0.42, 0.08), (0.1, 0.17)], "iron"),
        cylinder(0.06, 0.1, 0.3 + pole, "iron", 12),
        lathe([(bottom, pole), (top, pole + shade), (top - 0.03, pole + shade), (bottom - 0.05, pole + 0.02)], "main"),
        lathe([(0.5 * bottom, pole + 0.1), (0.5 * top, pole + 0.8 * shade)], "lamp_yellow", 12),
    ]
