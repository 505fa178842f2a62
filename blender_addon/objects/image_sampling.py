"""Pictures read at places and brought to other sizes. Pure numpy; pictures are [H, W, C], the first row is the top."""

from __future__ import annotations

import numpy as np

_BLOCK = 1 << 20
"""Places looked up at once, for the sake of memory."""


def srgb_of_linear(linear: np.ndarray) -> np.ndarray:
    """Linear colours as displayed (IEC 61966-2-1), both in [0, 1]; what is beyond is cut.

    >>> srgb_of_linear(np.array([0.0, 0.21404114, 1.0])).round(4).tolist()
    [0.0, 0.5, 1.0]
    """
    light = np.clip(linear, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def as_bytes(colors: np.ndarray) -> np.ndarray:
    """From [0, 1] to u8, rounded; what is beyond is cut."""
    return np.rint(np.clip(colors, 0.0, 1.0) * 255).astype(np.uint8)


def sampled(picture: np.ndarray, uv: np.ndarray, repeats: bool = True) -> np.ndarray:
    """The picture u8[H, W, C] at places f32[N, 2], between texels: u8[N, C]. UV origin bottom left.

    repeats: whether it goes on beyond its edges as tiles; otherwise its edge does.
    """
    found = np.empty((len(uv), picture.shape[2]), np.uint8)
    for start in range(0, len(uv), _BLOCK):
        found[start : start + _BLOCK] = _sampled(picture, uv[start : start + _BLOCK], repeats)
    return found


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The whole picture u8[H, W, C] at another size; the very same one at its own."""
    if picture.shape[:2] == (height, width):
        return picture
    picture = reduced(picture, width, height)
    across, down = _line(picture.shape[1], width), _line(picture.shape[0], height)
    rows = _between(picture, down, 0)
    return np.rint(_between(rows, across, 1)).astype(np.uint8)


def reduced(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Halved by averages while it has twice as many texels as will be looked at: else some would never be seen."""
    for axis, wanted in ((0, height), (1, width)):
        while picture.shape[axis] >= 2 * wanted and picture.shape[axis] % 2 == 0:
            shape = list(picture.shape)
            shape[axis : axis + 1] = [shape[axis] // 2, 2]
            picture = np.rint(picture.reshape(shape).mean(axis=axis + 1, dtype=np.float32)).astype(np.uint8)
    return picture


def _sampled(picture: np.ndarray, uv: np.ndarray, repeats: bool) -> np.ndarray:
    height, width = picture.shape[:2]
    x = uv[:, 0].astype(np.float64) * width - 0.5
    y = (1.0 - uv[:, 1].astype(np.float64)) * height - 0.5
    column, row = np.floor(x), np.floor(y)
    across, down = (x - column).astype(np.float32)[:, None], (y - row).astype(np.float32)[:, None]
    columns, rows = (_inside(line, size, repeats) for line, size in ((column, width), (row, height)))
    top, bottom = (
        picture[line, columns[0]] * (1 - across) + picture[line, columns[1]] * across for line in (rows[0], rows[1])
    )
    return np.rint(top * (1 - down) + bottom * down).astype(np.uint8)


def _inside(line: np.ndarray, size: int, repeats: bool) -> tuple[np.ndarray, np.ndarray]:
    first, second = line.astype(np.int64), line.astype(np.int64) + 1
    if repeats:
        return first % size, second % size
    return first.clip(0, size - 1), second.clip(0, size - 1)


def _line(before: int, after: int) -> np.ndarray:
    """Where the centres of ``after`` texels lie among those of ``before``."""
    return ((np.arange(after) + 0.5) * before / after - 0.5).clip(0, before - 1).astype(np.float32)


def _between(picture: np.ndarray, line: np.ndarray, axis: int) -> np.ndarray:
    low = np.floor(line).astype(np.int64)
    high = (low + 1).clip(max=picture.shape[axis] - 1)
    share = (line - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    return np.take(picture, low, axis) * (1 - share) + np.take(picture, high, axis) * share
