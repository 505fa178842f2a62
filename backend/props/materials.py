"""The substances a prop can be made of, by the names that specs, captions and the command line use."""

from typing import Literal, get_args

Material = Literal["plain", "wood", "stone", "metal", "plastic", "cloth", "glass"]
"""plain: one flat colour under soft light; the others are textures and highlights of surface.py."""

MATERIALS: tuple[Material, ...] = get_args(Material)

Pattern = Literal["plain", "striped", "dotted", "checked"]
"""What is painted on the main colour, in its pale relative."""

PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
