"""Rocket, car, boat and wheel."""

import math

import numpy as np

from ..shapes import Part, box, cylinder, lathe, loft, prism, ring, sphere
from .variation import Variation


def rocket(v: Variation) -> list[Part]:
    """A spindle with a dark nose, four fins, a nozzle and a porthole towards -Y."""
    radius, body = v.between(0.28, 0.36), v.between(1.0, 1.25)
    nose, fin = v.between(0.5, 0.65), v.between(0.32, 0.42)
    parts = [
        lathe([(0.75 * radius, 0.1), (radius, 0.4 * body), (radius, 0.75 * body), (0.85 * radius, body)], "main"),
        lathe([(0.87 * radius, body - 0.01), (0.5 * radius, body + 0.55 * nose), (0.0, body + nose)], "second/dark"),
        lathe([(0.7 * radius, -0.06), (0.5 * radius, 0.14)], "iron"),
    ]
    inner = 0.7 * radius
    for k in range(4):
        outline = [(inner, 0.1), (inner + fin, -0.16), (inner + fin, 0.14), (inner, 0.58)]
        parts.append(prism(outline, -0.045, 0.045, "second/dark").turned(2, 0.5 * math.pi * k))
    for size, depth, paint in ((0.16, 0.0, "cream"), (0.11, 0.04, "glass")):
        porthole = cylinder(size, -0.06, 0.06 + depth, paint, 16).turned(0, 0.5 * math.pi)
        parts.append(porthole.moved(y=-radius, z=0.7 * body))
    return parts


def car(v: Variation) -> list[Part]:
    """Low body, bonnet and headlights towards -Y, a glazed cabin with a painted roof, four wheels."""
    half_x, half_y = v.between(0.46, 0.54), v.between(1.0, 1.12)
    body, cabin = v.between(0.36, 0.44), v.between(0.36, 0.44)
    wheel = v.between(0.23, 0.27)
    floor, middle = 0.2, 0.18
    top = floor + body
    long = 1.15
    parts = [
        box((0, 0, floor + 0.5 * body), (2 * half_x, 2 * half_y, body), "main", (0.94, 0.97)),
        box((0, middle, top + 0.5 * cabin), (1.84 * half_x, long, cabin), "glass", (0.82, 0.68)),
        box((0, middle, top + cabin), (1.6 * half_x, 0.74 * long, 0.09), "second/main"),
        box((0, -half_y, floor + 0.07), (1.9 * half_x, 0.12, 0.12), "metal"),
        box((0, half_y, floor + 0.07), (1.9 * half_x, 0.12, 0.12), "metal"),
    ]
    for x in (-0.88 * half_x, 0.88 * half_x):
        parts.append(
            box((0.98 * x, middle + 0.04, top + 0.5 * cabin), (0.14 * half_x, 0.12, cabin), "second/main", (1, 1))
        )
    parts += _car_lights(half_x, half_y, floor + 0.62 * body)
    for y in (-0.6 * half_y, 0.6 * half_y):
        parts += _wheels(half_x, y, wheel, v)
    return parts


def _car_lights(half_x: float, half_y: float, z: float) -> list[Part]:
    lights = []
    for x in (-0.66 * half_x, 0.66 * half_x):
        lamp = cylinder(0.1, -0.05, 0.05, "lamp_yellow", 12).turned(0, 0.5 * math.pi)
        lights.append(lamp.moved(x=x, y=-half_y + 0.01, z=z))
        lights.append(box((x, half_y - 0.01, z), (0.2, 0.1, 0.13), "tail_red"))
    return lights


def _wheels(half_x: float, y: float, radius: float, v: Variation) -> list[Part]:
    upright = v.width / v.height
    parts = []
    for side in (-1.0, 1.0):
        for r, reach, paint in ((radius, 0.1, "ink"), (0.5 * radius, 0.12, "metal")):
            wheel = cylinder(r, -reach, reach, paint, 16).turned(1, 0.5 * math.pi).scaled(z=upright)
            parts.append(wheel.moved(x=side * 0.92 * half_x, y=y, z=radius * upright - 0.02))
    return parts


def boat(v: Variation) -> list[Part]:
    """A hull with its bow towards -Y, a wooden deck, a mast, one sail and a pennant."""
    beam, length, depth = v.between(0.42, 0.52), v.between(0.95, 1.1), v.between(0.46, 0.56)
    mast, foot = v.between(1.15, 1.35), 0.12
    parts = [
        _hull(beam, length, depth, "main", 0.0),
        _hull(0.8 * beam, 0.86 * length, depth, "wood", 0.03),
        cylinder(0.045, depth - 0.1, depth + mast, "wood", 10).moved(y=-foot),
    ]
    low, high = depth + 0.12, depth + mast - 0.08
    sail = prism([(-foot + 0.06, low), (0.82 * length, low), (-foot + 0.06, high)], -0.03, 0.03, "second/cream")
    parts.append(sail.turned(2, 0.5 * math.pi))
    jib = prism([(-foot - 0.06, low), (-0.8 * length, low), (-foot - 0.06, high - 0.25)], -0.03, 0.03, "main")
    parts.append(jib.turned(2, 0.5 * math.pi))
    parts.append(sphere(0.07, "main", 10).moved(y=-foot, z=depth + mast))
    return parts


def _hull(beam: float, length: float, depth: float, paint: str, lift: float) -> Part:
    """Cross-sections from stern (+Y) to bow (-Y); lift raises a second, smaller hull to show as the deck."""
    stations = ((1.0, 0.72), (0.6, 0.95), (0.1, 1.0), (-0.4, 0.78), (-0.75, 0.42), (-1.0, 0.03))
    rings = []
    for y, width in stations:
        half = beam * width
        sheer = 0.12 * y * y * (1.0 if y < 0 else 0.4)
        section = [
            (-half, depth),
            (-0.85 * half, 0.4 * depth),
            (-0.45 * half, 0),
            (0.45 * half, 0),
            (0.85 * half, 0.4 * depth),
            (half, depth),
        ]
        rings.append([(x, y * length, z + lift + sheer * z / depth) for x, z in section])
    return loft(np.array(rings), paint)


def wheel(v: Variation) -> list[Part]:
    """A wagon wheel standing upright, its spokes seen from -Y and +Y: a thick rim, a hub and eight spokes."""
    radius, rim = 0.8, v.between(0.16, 0.2)
    half, hub = v.between(0.11, 0.14), v.between(0.17, 0.22)
    inner = radius - rim
    profile = [(inner, -half), (radius, -half), (radius, half), (inner, half)]
    parts = [ring(profile, "main", 32).turned(0, 0.5 * math.pi)]
    parts.append(cylinder(hub, -half - 0.09, half + 0.09, "main", 16).turned(0, 0.5 * math.pi))
    parts.append(cylinder(0.5 * hub, -half - 0.14, half + 0.14, "iron", 12).turned(0, 0.5 * math.pi))
    for k in range(8):
        spoke = box((0.5 * (inner + 0.05), 0, 0), (inner + 0.02, 0.13, 0.12), "second/wood")
        parts.append(spoke.turned(1, math.pi * (k + 0.5) / 4))
    return parts
