"""Tiles on one picture: a row of what was streamed, a row of the finished object from all sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

_MARGIN = 8
_CAPTION = 20
_PAPER = (250, 250, 248)
_INK = (40, 40, 40)


def write_sheet(rows: Sequence[tuple[str, Sequence[Path]]], target: Path) -> None:
    """Write rows of (caption, equally large tile files) to a PNG; an empty row is left out.

    Raises ValueError if there is no tile at all.
    """
    opened = [(caption, [Image.open(path).convert("RGB") for path in tiles]) for caption, tiles in rows if tiles]
    if not opened:
        raise ValueError("a contact sheet needs at least one tile")
    size = opened[0][1][0].width
    columns = max(len(tiles) for _, tiles in opened)
    row_height = _CAPTION + size + _MARGIN
    sheet = Image.new("RGB", (_MARGIN + columns * (size + _MARGIN), _MARGIN + len(opened) * row_height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for row, (caption, tiles) in enumerate(opened):
        top = _MARGIN + row * row_height
        pen.text((_MARGIN, top), caption, fill=_INK)
        for column, tile in enumerate(tiles):
            sheet.paste(tile, (_MARGIN + column * (size + _MARGIN), top + _CAPTION))
    sheet.save(target, optimize=True)
