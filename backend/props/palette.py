"""Every colour of the built-in world: the twelve a prompt can name and the fixed ones of secondary parts."""

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
    "pink": (0.98, 0.55, 0.74),
    "turquoise": (0.16, 0.76, 0.74),
    "black": (0.15, 0.15, 0.17),
    "white": (0.94, 0.94, 0.93),
}
"""Colour word -> displayed sRGB in [0, 1]. Black and white stop short of the ends, so that shading still shows."""

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
    "flame": (1.00, 0.62, 0.10),
    "water": (0.30, 0.55, 0.80),
    "leaf": (0.30, 0.45, 0.16),
    "book_red": (0.62, 0.16, 0.14),
    "book_blue": (0.16, 0.24, 0.50),
    "book_green": (0.16, 0.38, 0.24),
    "book_ochre": (0.80, 0.60, 0.22),
}
"""Paints of parts that keep their colour whatever the prompt says."""

SECOND = "second/"
"""Before a part's paint: the part takes the prompt's second colour where there is one, else the rest of the name."""

ABSENT = "absent"
"""The paint of a part that only props of two colours have, as in "second/absent"."""

CLASS_PAINTS = ("main", "dark", "tint")
"""The paints that follow the prompt's first colour."""

_DARKENING = 0.62
_TINT_WHITE = 0.74
# What is darker than black, or paler than white, cannot be seen on it: their relatives lie towards the middle.
_RELIEF_OF_BLACK: Rgb = (0.36, 0.36, 0.39)
_RELIEF_OF_WHITE: Rgb = (0.50, 0.54, 0.60)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour at `share` (0 = a, 1 = b) of the straight line from a to b, in sRGB."""
    red, green, blue = ((1.0 - share) * x + share * y for x, y in zip(a, b, strict=True))
    return red, green, blue


def resolved(name: str, second_colour: str | None) -> tuple[str, bool]:
    """A part's paint without SECOND, and whether the second colour covers it; the paint may then be ABSENT."""
    is_second = name.startswith(SECOND)
    return name.removeprefix(SECOND), is_second and second_colour is not None


def paint(name: str, colour: str, second_colour: str | None = None) -> Rgb:
    """The sRGB of a part's paint on an object of the named colour or colours.

    name: "main" (the prompt's colour), "dark" and "tint" (its darker and its pale relative) or a key of FIXED_PAINTS,
    each also after SECOND. Raises KeyError for any other name: part lists are written here, never by a user.
    """
    name, is_second = resolved(name, second_colour)
    if is_second and second_colour is not None:
        return COLOURS[second_colour]
    main = COLOURS[colour]
    if name == "main":
        return main
    if name == "dark":
        return _RELIEF_OF_BLACK if colour == "black" else mix(main, (0.0, 0.0, 0.0), 1.0 - _DARKENING)
    if name == "ink" and colour == "black":
        return _RELIEF_OF_BLACK
    if name == "tint":
        return _RELIEF_OF_WHITE if colour == "white" else mix(main, (1.0, 1.0, 1.0), _TINT_WHITE)
    return FIXED_PAINTS[name]
