"""Many props in one picture, each from all around: what a person needs to judge them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from .build import build
from .render import render
from .spec import PropSpec

SIDES = 8
_ELEVATION = math.radians(15)
_LABEL_HEIGHT = 14


@dataclass(frozen=True)
class SheetRow:
    """One prop's line on a sheet."""

    label: str
    spec: PropSpec


def contact_sheet(rows: Sequence[SheetRow], size: int = 128, sides: int = SIDES, columns: int = 1) -> Image.Image:
    """`sides` azimuths of every prop from the front (left) counter-clockwise, under its label, in `columns` of rows.

    size: pixels a side of one picture. Raises ValueError for no rows, or for a number below 1.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one prop")
    if min(size, sides, columns) < 1:
        raise ValueError(f"got pictures of {size} pixels, {sides} sides, {columns} columns; each must be at least 1")
    width, height = sides * size, _LABEL_HEIGHT + size
    sheet = Image.new("RGB", (columns * width, height * math.ceil(len(rows) / columns)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        left, top = (number % columns) * width, (number // columns) * height
        draw.text((left + 4, top + 1), row.label, fill="black", font=ImageFont.load_default())
        prop = build(row.spec)
        for side in range(sides):
            view = render(prop, _ELEVATION, 2.0 * math.pi * side / sides, size)
            sheet.paste(Image.fromarray(view.rgb), (left + side * size, top + _LABEL_HEIGHT))
    return sheet
