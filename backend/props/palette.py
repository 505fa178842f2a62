"""Every colour of the built-in world: the eight a prompt can name and the fixed ones of secondary parts."""

Rgb = tuple[float, float, float]

COLOURS: dict[str, Rgb] = {
    "red": (0.86, 0.10, 0.10),
    "orange": (0.98, 0.52, 0.06),
    "yellow": (0.97, 0.86, 0.12),
    "green": (0.14, 0.62, 0.20),
    "blue": (0.13, 0.30, 0.88),
    "purple": (0.54, 0.16, 0.72),
    "brown": (0.50, 0.28, 0.13),
    "grey": (0.55, 0.57, 0.60),
}
"""Colour word -> displayed sRGB in [0, 1]. No black or white: they vanish in outlines or on the white ground."""

FIXED_PAINTS: dict[str, Rgb] = {
    "wood": (0.48, 0.33, 0.20),
    "metal": (0.70, 0.72, 0.75),
    "iron": (0.33, 0.34, 0.37),
    "glass": (0.62, 0.85, 0.95),
    "ink": (0.10, 0.09, 0.10),
    "cream": (0.95, 0.90, 0.76),
    "roof": (0.33, 0.17, 0.13),
    "lamp_yellow": (1.00, 0.95, 0.60),
    "tail_red": (0.75, 0.05, 0.08),
}
"""Paints of parts that keep their colour whatever the prompt says."""

_DARKENING = 0.62
_TINT_WHITE = 0.74


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour at `share` (0 = a, 1 = b) of the straight line from a to b, in sRGB."""
    red, green, blue = ((1.0 - share) * x + share * y for x, y in zip(a, b, strict=True))
    return red, green, blue


def paint(name: str, colour: str) -> Rgb:
    """The sRGB of a part's paint on an object of the named colour.

    name: "main" (the prompt's colour), "dark" and "tint" (its darker and its pale relative) or a key of FIXED_PAINTS.
    Raises KeyError for any other name: part lists are written here, never by a user.
    """
    main = COLOURS[colour]
    if name == "main":
        return main
    if name == "dark":
        return mix(main, (0.0, 0.0, 0.0), 1.0 - _DARKENING)
    if name == "tint":
        return mix(main, (1.0, 1.0, 1.0), _TINT_WHITE)
    return FIXED_PAINTS[name]
