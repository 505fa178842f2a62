"""Chair, table, stool, bench and bed."""

import math

from ..shapes import Part, bar, box, lathe
from .variation import Variation


def chair(v: Variation) -> list[Part]:
    """Seat, four legs and one backrest at +Y; it opens towards -Y."""
    thick = v.between(0.13, 0.2)
    seat_height = v.between(0.75, 0.95)
    back = v.between(0.85, 1.15)
    leg = 0.5 - 0.5 * thick
    parts = [box((0, 0, seat_height), (1, 1, 0.16), "main")]
    parts += [
        box((x, y, 0.5 * seat_height), (thick, thick, seat_height), "second/main")
        for x in (-leg, leg)
        for y in (-leg, leg)
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
        parts += [
            box((x, y, 0.5 * height), (thick, thick, height), "second/main") for y in (-half_y + thick, half_y - thick)
        ]
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
        parts.append(bar((foot * c, foot * s, 0), (hip * c, hip * s, height - 0.12), thick, "second/main"))
    return parts


def bench(v: Variation) -> list[Part]:
    """A long seat of two planks between slab legs, with a low slatted back at +Y."""
    half, thick = v.between(1.0, 1.15), v.between(0.12, 0.15)
    seat, back = v.between(0.5, 0.6), v.between(0.42, 0.54)
    parts = [box((0, y, seat), (2 * half, 0.3, thick), "main") for y in (-0.18, 0.16)]
    for x in (-0.78 * half, 0.78 * half):
        parts.append(box((x, 0, 0.5 * seat), (0.17, 0.62, seat), "second/dark"))
        parts.append(box((x, 0.33, 0.5 * (seat + back)), (0.17, 0.13, seat + back), "second/dark"))
    for share in (0.42, 0.88):
        parts.append(box((0, 0.28, seat + share * back), (2 * half, 0.11, 0.36 * back), "main"))
    return parts


def bed(v: Variation) -> list[Part]:
    """A frame with a tall headboard at +Y and a low footboard at -Y, a mattress, a blanket and pillows."""
    half_x, half_y = v.between(0.58, 0.72), v.between(0.95, 1.1)
    head, foot = v.between(0.78, 0.95), v.between(0.42, 0.5)
    parts = [
        box((0, half_y, 0.5 * head), (2 * half_x + 0.12, 0.13, head), "second/wood"),
        box((0, -half_y, 0.5 * foot), (2 * half_x + 0.12, 0.13, foot), "second/wood"),
        box((0, 0, 0.24), (2 * half_x, 2 * half_y, 0.16), "second/wood"),
        box((0, 0, 0.4), (1.9 * half_x, 1.9 * half_y, 0.18), "cream"),
        box((0, -0.27 * half_y, 0.41), (2 * half_x + 0.05, 1.38 * half_y, 0.25), "main", (0.96, 0.98)),
    ]
    pillows = (-0.5 * half_x, 0.5 * half_x) if v.happens(0.6) else (0.0,)
    width = 0.8 * half_x if len(pillows) == 2 else 1.3 * half_x
    parts += [box((x, 0.7 * half_y, 0.55), (width, 0.4 * half_y, 0.17), "cream", (0.75, 0.7)) for x in pillows]
    for x in (-half_x - 0.01, half_x + 0.01):
        for y, rise in ((half_y, head), (-half_y, foot)):
            parts.append(box((x, y, 0.5 * rise + 0.04), (0.14, 0.16, rise + 0.08), "second/wood"))
    return parts
