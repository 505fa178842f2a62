"""Objects from all around in one picture, for the judge that matters: a person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...shared.mesh import TexturedMesh
from .measures.orbit import azimuths, render

AZIMUTHS = 8
ELEVATION = math.radians(15)
_LABEL_HEIGHT = 16
_GAP = 16
_EMPTY = (205, 205, 205)


@dataclass(frozen=True)
class Row:
    """One object's line on a sheet. mesh: None draws a grey field. beside: u8[H, W, 3], shown before the views."""

    label: str
    mesh: TexturedMesh | None
    beside: np.ndarray | None = None


def contact_sheet(rows: Sequence[Row], size: int = 128, views: int = AZIMUTHS, columns: int = 1) -> Image.Image:
    """Each object's ``views`` azimuths from the front (left) counter-clockwise under its label, ``size`` pixels each.

    Objects fill ``columns`` columns line by line. Raises ValueError for no rows.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one object")
    pictures = views + any(row.beside is not None for row in rows)
    width, height = pictures * size, _LABEL_HEIGHT + size
    across = min(columns, len(rows))
    sheet = Image.new("RGB", (across * (width + _GAP) - _GAP, height * math.ceil(len(rows) / columns)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        left, top = number % columns * (width + _GAP), number // columns * height
        draw.text((left + 4, top + 2), row.label, fill="black", font=ImageFont.load_default())
        for place, picture in enumerate(_pictures(row, size, views, pictures)):
            sheet.paste(picture, (left + place * size, top + _LABEL_HEIGHT))
    return sheet


def _pictures(row: Row, size: int, views: int, places: int) -> list[Image.Image]:
    if row.beside is not None:
        shown = [Image.fromarray(row.beside).resize((size, size), Image.Resampling.LANCZOS)]
    else:
        shown = [Image.new("RGB", (size, size), "white")] * (places - views)
    if row.mesh is None:
        return [*shown, *[Image.new("RGB", (size, size), _EMPTY)] * views]
    rendered = [render(row.mesh, ELEVATION, float(azimuth), size).rgb for azimuth in azimuths(views)]
    return [*shown, *(Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)) for rgb in rendered)]
