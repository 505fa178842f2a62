"""Book and hat."""

from ..shapes import Part, box, cylinder, lathe
from .variation import Variation


def book(v: Variation) -> list[Part]:
    """A thick closed book standing up: the cover with its title plate towards -Y, the spine at -X, pages at +X."""
    half_x, height, thick = v.between(0.5, 0.58), v.between(1.3, 1.5), v.between(0.34, 0.46)
    cover = 0.08
    spine = cylinder(0.5 * thick, 0, height, "second/dark", 20).scaled(x=0.45).moved(x=-half_x + 0.02)
    parts = [
        box((0.0, 0, 0.5 * height), (2 * half_x - 0.08, thick - 1.5 * cover, height - 0.14), "cream"),
        box((0, -0.5 * thick + 0.5 * cover, 0.5 * height), (2 * half_x, cover, height), "main"),
        box((0, 0.5 * thick - 0.5 * cover, 0.5 * height), (2 * half_x, cover, height), "main"),
        spine,
        box((0.04, -0.5 * thick, 0.66 * height), (1.1 * half_x, 0.05, 0.2 * height), "cream"),
    ]
    for z in (0.16, 0.84):
        parts.append(spine.moved(x=half_x, z=0).scaled(x=1.12, y=1.08, z=0.05).moved(x=-half_x, z=z * height))
    for x, z in ((half_x - 0.08, 0.08), (half_x - 0.08, height - 0.08)):
        parts.append(box((x, 0, z), (0.18, thick + 0.04, 0.18), "dark"))
    return parts


def hat(v: Variation) -> list[Part]:
    """A tall felt hat: a wide brim, a crown that narrows upwards and a ribbon above the brim."""
    brim, crown = v.between(0.78, 0.9), v.between(0.42, 0.5)
    height, narrowing = v.between(0.62, 0.8), v.between(0.8, 0.95)
    lift = v.between(0.06, 0.14)
    outside = [
        (crown - 0.1, 0.0),
        (0.9 * brim, 0.02),
        (brim, lift),
        (brim - 0.02, lift + 0.09),
        (0.86 * brim, 0.12),
        (crown, 0.12),
        (narrowing * crown, height),
        (0.82 * narrowing * crown, height + 0.08),
    ]
    ribbon = [(crown + 0.035, 0.11), ((0.7 + 0.3 * narrowing) * crown + 0.03, 0.34)]
    return [lathe(outside, "main", 32), lathe(ribbon, "second/ink", 32)]
