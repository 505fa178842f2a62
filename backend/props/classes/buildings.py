"""House and tower."""

import math

from ..shapes import Part, box, cylinder, lathe, prism
from .variation import Variation


def house(v: Variation) -> list[Part]:
    """Walls under a pitched roof whose gable faces -Y, with a door and windows there and a chimney at the back."""
    half_x, half_y = v.between(0.55, 0.65), v.between(0.6, 0.75)
    wall, pitch = v.between(0.78, 0.92), v.between(0.4, 0.6)
    parts = [
        box((0, 0, 0.5 * wall), (2 * half_x, 2 * half_y, wall), "main"),
        prism([(-half_x, wall - 0.01), (half_x, wall - 0.01), (0, wall + pitch)], -half_y, half_y, "main"),
        *_roof_slopes(half_x, half_y, wall, pitch),
        box((0.5 * half_x, 0.4 * half_y, wall + 0.75 * pitch), (0.2, 0.2, 0.8 * pitch), "dark"),
    ]
    parts.append(box((-0.02, -half_y, 0.27), (0.3, 0.06, 0.54), "ink"))
    for x in (-0.62 * half_x, 0.62 * half_x):
        parts += _window(x, -half_y, 0.55 * wall + 0.05, 0.24, axis=1)
    parts += _window(0, half_y, 0.55 * wall, 0.34, axis=1)
    for y in (-0.45 * half_y, 0.45 * half_y):
        parts += _window(-half_x, y, 0.55 * wall, 0.3, axis=0) + _window(half_x, y, 0.55 * wall, 0.3, axis=0)
    return parts


def _roof_slopes(half_x: float, half_y: float, wall: float, pitch: float) -> list[Part]:
    overhang, thick = 0.14, 0.12
    drop = overhang * pitch / half_x
    eaves, ridge = wall - drop, wall + pitch
    slopes = []
    for side in (-1.0, 1.0):
        outer = side * (half_x + overhang)
        outline = [(outer, eaves), (0.0, ridge), (0.0, ridge + thick), (outer, eaves + thick)]
        slopes.append(prism(outline, -half_y - 0.08, half_y + 0.08, "second/roof"))
    return slopes


def _window(x: float, y: float, z: float, size: float, axis: int) -> list[Part]:
    frame = (0.05, size, size) if axis == 0 else (size, 0.05, size)
    pane = (0.08, 0.72 * size, 0.72 * size) if axis == 0 else (0.72 * size, 0.08, 0.72 * size)
    return [box((x, y, z), frame, "cream"), box((x, y, z), pane, "glass")]


def tower(v: Variation) -> list[Part]:
    """A round keep with battlements, a door on -Y and a few dark slits."""
    radius, height = v.between(0.36, 0.44), v.between(1.25, 1.5)
    taper = v.between(1.05, 1.2)
    head = radius + v.between(0.08, 0.12)
    parts = [
        lathe(
            [
                (radius * taper, 0),
                (radius, 0.7 * height),
                (radius, height),
                (head, height + 0.08),
                (head, height + 0.26),
            ],
            "main",
        ),
        cylinder(head - 0.1, height + 0.2, height + 0.275, "dark"),
    ]
    for k in range(8):
        merlon = box((head - 0.06, 0, height + 0.34), (0.13, 0.19, 0.2), "second/main")
        parts.append(merlon.turned(2, math.pi * (0.125 + 0.25 * k)))
    parts.append(box((0, -radius * taper + 0.03, 0.22), (0.26, 0.14, 0.44), "ink"))
    slit = box((0, -radius, 0.72 * height), (0.11, 0.08, 0.26), "ink")
    parts += [slit.turned(2, 0.5 * math.pi * k) for k in range(4)]
    return parts
