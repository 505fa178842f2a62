"""Eight views of every object in one picture, for the judge that matters: a person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...shared.mesh import TexturedMesh
from .orbit import azimuths, render

AZIMUTHS = 8
ELEVATION = math.radians(15)
_LABEL_HEIGHT = 16


@dataclass(frozen=True)
class Row:
    """One object's line on a sheet."""

    label: str
    mesh: TexturedMesh


def contact_sheet(rows: Sequence[Row], size: int = 128) -> Image.Image:
    """Rows of eight azimuths from the front (left) counter-clockwise, each under its label; ``size`` pixels a picture.

    Raises ValueError for no rows.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one object")
    height = _LABEL_HEIGHT + size
    sheet = Image.new("RGB", (AZIMUTHS * size, height * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        draw.text((4, number * height + 2), row.label, fill="black", font=ImageFont.load_default())
        for column, azimuth in enumerate(azimuths(AZIMUTHS)):
            view = render(row.mesh, ELEVATION, float(azimuth), size)
            picture = Image.fromarray((view.rgb * 255 + 0.5).astype(np.uint8))
            sheet.paste(picture, (column * size, number * height + _LABEL_HEIGHT))
    return sheet
