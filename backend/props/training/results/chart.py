"""One picture of all training curves, so that a look tells whether a loss was still falling."""

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

_COLUMNS = 3
_WIDTH, _HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 12, 26, 26
_PAPER, _INK, _FRAME, _RAW, _LINE = "white", (40, 40, 40), (190, 190, 190), (200, 214, 232), (31, 90, 165)
_SMOOTHED_SHARE = 0.04


def save_chart(curves: Path, path: Path) -> None:
    """Draw the loss of every `curves`/*.jsonl over its minutes, a panel each, the losses on a logarithmic scale.

    Pale: as measured; dark: the median around. Raises ValueError for a folder without curves.
    """
    files = sorted(curves.glob("*.jsonl"))
    if not files:
        raise ValueError(f"{curves} holds no curves (*.jsonl); train something first")
    rows = math.ceil(len(files) / _COLUMNS)
    columns = min(_COLUMNS, len(files))
    chart = Image.new("RGB", (columns * _WIDTH, rows * _HEIGHT), _PAPER)
    for number, file in enumerate(files):
        panel = _panel(file.stem, *read_losses(file))
        chart.paste(panel, (number % _COLUMNS * _WIDTH, number // _COLUMNS * _HEIGHT))
    chart.save(path)


def read_losses(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Minutes and losses of a curve; of a step that was done twice after an interruption, the later one."""
    points = {line["step"]: line for line in map(json.loads, file.read_text().splitlines())}
    ordered = [points[step] for step in sorted(points)]
    return np.array([line["seconds"] / 60.0 for line in ordered]), np.array([line["loss"] for line in ordered])


def smoothed(values: np.ndarray) -> np.ndarray:
    """The median over a window of a twenty-fifth of all values, shorter at both ends."""
    half = max(1, round(0.5 * _SMOOTHED_SHARE * len(values)))
    return np.array([np.median(values[max(0, n - half) : n + half + 1]) for n in range(len(values))])


def _panel(title: str, minutes: np.ndarray, losses: np.ndarray) -> Image.Image:
    panel = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    draw = ImageDraw.Draw(panel)
    logarithms = np.log10(np.maximum(losses, 1e-9))
    low, high = float(logarithms.min()), float(logarithms.max())
    span, end = max(high - low, 0.1), max(float(minutes.max()), 1e-3)

    def places(values: np.ndarray) -> list[tuple[float, float]]:
        across = _LEFT + minutes / end * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - (values - low) / span * (_HEIGHT - _TOP - _BOTTOM)
        return list(zip(across.tolist(), down.tolist(), strict=True))

    draw.rectangle((_LEFT, _TOP, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM), outline=_FRAME)
    for values, colour, width in ((logarithms, _RAW, 1), (smoothed(logarithms), _LINE, 2)):
        if len(values) > 1:
            draw.line(places(values), fill=colour, width=width)
    draw.text((_LEFT, 8), f"{title}: loss, last {losses[-1]:.3g}", fill=_INK)
    draw.text((4, _TOP), f"{10**high:.3g}", fill=_INK)
    draw.text((4, _HEIGHT - _BOTTOM - 10), f"{10**low:.3g}", fill=_INK)
    draw.text((_LEFT, _HEIGHT - _BOTTOM + 6), "0", fill=_INK)
    draw.text((_WIDTH - _RIGHT - 60, _HEIGHT - _BOTTOM + 6), f"{end:.1f} min", fill=_INK)
    return panel
