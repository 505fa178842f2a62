"""Crate, chest and bookshelf."""

import math

from ..shapes import Part, box, prism
from .variation import Variation


def crate(v: Variation) -> list[Part]:
    """A box with a dark frame along all edges and a plank across each side."""
    edge = v.between(0.1, 0.14)
    parts = [box((0, 0, 0), (1, 1, 1), "main")]
    reach = 0.5 - 0.35 * edge
    for s in (-reach, reach):
        for t in (-reach, reach):
            parts.append(box((s, t, 0), (edge, edge, 1 + 0.3 * edge), "second/dark"))
            parts.append(box((0, s, t), (1 + 0.3 * edge, edge, edge), "second/dark"))
            parts.append(box((s, 0, t), (edge, 1 + 0.3 * edge, edge), "second/dark"))
    return parts


def chest(v: Variation) -> list[Part]:
    """A treasure chest: a box under a rounded lid, three metal bands and a lock towards -Y."""
    half_x, half_y = v.between(0.78, 0.92), v.between(0.48, 0.58)
    wall, rise = v.between(0.5, 0.62), v.between(0.32, 0.42)
    lid = _lid_outline(half_y, wall, rise, 0.0)
    parts = [
        box((0, 0, 0.5 * wall), (2 * half_x, 2 * half_y, wall), "main"),
        prism(lid, -half_x, half_x, "main").turned(2, 0.5 * math.pi),
        box((0, 0, wall), (2 * half_x + 0.05, 2 * half_y + 0.05, 0.07), "ink"),
    ]
    for x in (-0.86 * half_x, 0.86 * half_x):
        band = prism(_lid_outline(half_y, wall, rise, 0.04), -0.09, 0.09, "second/iron").turned(2, 0.5 * math.pi)
        parts.append(band.moved(x=x))
        parts.append(box((x, 0, 0.5 * wall), (0.18, 2 * half_y + 0.08, wall + 0.02), "second/iron"))
    parts.append(box((0, -half_y - 0.02, wall - 0.03), (0.26, 0.14, 0.3), "lamp_yellow"))
    parts.append(box((0, -half_y - 0.08, wall - 0.06), (0.08, 0.06, 0.13), "ink"))
    return parts


def _lid_outline(half: float, base: float, rise: float, outset: float) -> list[tuple[float, float]]:
    angles = [math.pi * k / 8 for k in range(9)]
    return [((half + outset) * math.cos(a), base + (rise + outset) * math.sin(a)) for a in angles]


def bookshelf(v: Variation) -> list[Part]:
    """An open case with a back at +Y and three rows of books that show towards -Y."""
    half_x, half_y, height = v.between(0.52, 0.64), v.between(0.22, 0.28), v.between(1.5, 1.75)
    thick, rows = 0.1, 3
    step = (height - thick) / rows
    parts = [box((0, half_y - 0.03, 0.5 * height), (2 * half_x, 0.1, height), "main")]
    parts += [box((x, 0, 0.5 * height), (thick, 2 * half_y, height), "main") for x in (-half_x, half_x)]
    parts += [
        box((0, 0, 0.5 * thick + row * step), (2 * half_x + thick, 2 * half_y, thick), "main")
        for row in range(rows + 1)
    ]
    for row in range(rows):
        parts += _books(v, half_x - 0.5 * thick, half_y, thick + row * step, step - thick, row)
    return parts


_BOOK_PAINTS = ("book_red", "cream", "book_blue", "book_ochre", "book_green")


def _books(v: Variation, half_x: float, half_y: float, floor: float, room: float, row: int) -> list[Part]:
    """A row of upright books from the left, as far as they fit; the last place may stay empty."""
    parts: list[Part] = []
    x, number = -half_x + 0.02, row
    while True:
        width, tall = v.between(0.1, 0.17), room * v.between(0.68, 0.92)
        if x + width > half_x - 0.02:
            return parts
        paint = _BOOK_PAINTS[number % len(_BOOK_PAINTS)]
        shape = (width - 0.015, 1.5 * half_y, tall)
        parts.append(box((x + 0.5 * width, -0.08 * half_y, floor + 0.5 * tall), shape, f"second/{paint}"))
        x += width
        number += 1
