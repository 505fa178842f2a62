"""How well an object is cut out of a photo-like picture: mean IoU with the truth, by background and method.

python benchmarks/matting.py --out benchmarks/results/matting

Props of the built-in world (hold-outs included) before eight kinds of backgrounds, and two methods: the flood fill from
the border that sampled reference views are cut out with, and GrabCut, which image prompts are. Writes matting.json and
matting.jpg: for every picture itself, then the flood fill's result and GrabCut's.
"""

import json
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import tyro
from any_to_3d.backend.cut_out import Matting
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.generator.matting import foreground_mask
from any_to_3d.backend.grab_cut import GrabCut
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.render import PropView, render
from any_to_3d.backend.props.spec import sample_spec
from PIL import Image
from rich.console import Console
from rich.table import Table
from scipy import ndimage

SIZE = 256
SHOWN = 96


@dataclass(frozen=True)
class Options:
    pictures: int = 9
    """Of each kind of background."""

    seed: int = 0
    out: Path = Path("benchmarks/results/matting")


class FloodFill:
    """A Matting for plain backgrounds."""

    name = "flood fill"

    def alpha(self, pixels: torch.Tensor) -> torch.Tensor:
        return foreground_mask(pixels).float()


METHODS: tuple[Matting, ...] = (FloodFill(), GrabCut())


@dataclass(frozen=True)
class Scene:
    """rgb: float[S, S, 3] in [0, 1].   mask: bool[S, S], the truth."""

    kind: str
    rgb: np.ndarray
    mask: np.ndarray


# --- backgrounds: float[S, S, 3] --------------------------------------------------------------------------------------


def white(rng: np.random.Generator) -> np.ndarray:
    return np.ones((SIZE, SIZE, 3))


def plain(rng: np.random.Generator) -> np.ndarray:
    return np.broadcast_to(_colour(rng), (SIZE, SIZE, 3))


def gradient(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    along = 0.5 + 0.5 * (x * np.cos(angle) + y * np.sin(angle)) / 2**0.5
    first = _colour(rng)
    return first + rng.uniform(-0.4, 0.4, 3) * along[..., None]


def soft_pattern(rng: np.random.Generator) -> np.ndarray:
    first, second = _colour(rng), _colour(rng)
    return first + (second - first) * _soft_noise(rng, int(rng.choice([4, 11])))[..., None]


def grainy(rng: np.random.Generator) -> np.ndarray:
    return _with_grain(rng, plain(rng) * (0.85 + 0.15 * _soft_noise(rng, 3)[..., None]), 0.06)


def floor_and_wall(rng: np.random.Generator, is_tiled: bool = False) -> np.ndarray:
    """A horizon, light that falls off, film grain; tiles or boards in perspective on the floor."""
    horizon, rows = rng.uniform(0.35, 0.6), np.linspace(0, 1, SIZE)
    depth = 0.3 / np.clip(rows - horizon, 1e-3, None)[:, None]
    floor, wall = np.broadcast_to(_colour(rng), (SIZE, SIZE, 3)), _colour(rng) * (1 - 0.2 * rows[:, None, None])
    if is_tiled:
        across, away = rng.uniform(3, 7) * np.linspace(-1, 1, SIZE) * depth, rng.uniform(3, 7) * depth
        tiles = (np.floor(across) + np.floor(away)) % 2 if rng.random() < 0.5 else _boards(across, away)
        floor = floor * (0.7 + 0.3 * ndimage.gaussian_filter(tiles, 0.6)[..., None])
    lit = np.where((rows > horizon)[:, None, None], floor * (1 - 0.15 * rows[:, None, None]), wall)
    return _with_grain(rng, lit, 0.015)


def tiled_floor(rng: np.random.Generator) -> np.ndarray:
    return floor_and_wall(rng, is_tiled=True)


def other_prop(rng: np.random.Generator) -> np.ndarray:
    """A blown-up piece of another prop's picture."""
    picture = _view(rng).rgb / 255.0
    side = int(0.3 * SIZE)
    y, x = rng.integers(0, SIZE - side, 2)
    blown_up = ndimage.zoom(
        picture[y : y + side, x : x + side], (SIZE / side, SIZE / side, 1), order=1, mode="nearest", grid_mode=True
    )
    return _with_grain(rng, blown_up, 0.01)


BACKGROUNDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "white": white,
    "one colour": plain,
    "gradient": gradient,
    "soft pattern": soft_pattern,
    "grain": grainy,
    "floor with shadow": floor_and_wall,
    "tiled floor with shadow": tiled_floor,
    "another prop": other_prop,
}


def make_scene(kind: str, rng: np.random.Generator) -> Scene:
    """A prop before this kind of background; on a floor it throws a soft shadow."""
    view, background = _view(rng), BACKGROUNDS[kind](rng)
    if "shadow" in kind:
        background = background * (1 - 0.45 * _shadow(view.alpha > 127)[..., None])
    alpha = view.alpha[..., None] / 255.0
    # The render lies on white.
    light = view.rgb / 255.0 - (1 - alpha)
    return Scene(kind, np.clip(light + (1 - alpha) * background, 0, 1), view.alpha > 127)


def _view(rng: np.random.Generator) -> PropView:
    elevation, azimuth = np.radians([rng.uniform(0, 35), rng.uniform(-180, 180)])
    return render(build(sample_spec(rng, with_holdouts=True)), elevation, azimuth, SIZE, 2)


def _colour(rng: np.random.Generator) -> np.ndarray:
    """Mostly muted, as rooms are."""
    grey = rng.uniform(0.15, 0.95)
    return np.clip(grey + rng.uniform(0.1, 0.6) * (rng.uniform(0.1, 0.95, 3) - grey), 0, 1)


def _soft_noise(rng: np.random.Generator, cells: int) -> np.ndarray:
    field = ndimage.zoom(rng.random((cells, cells)), SIZE / cells, order=1, mode="nearest", grid_mode=True)
    return (field - field.min()) / (field.max() - field.min())


def _with_grain(rng: np.random.Generator, picture: np.ndarray, deviation: float) -> np.ndarray:
    return picture + rng.normal(0, deviation, picture.shape)


def _boards(across: np.ndarray, away: np.ndarray) -> np.ndarray:
    return 0.5 * (np.floor(across) % 2) + 0.5 * np.abs(np.sin(2 * away + 3 * np.sin(across)))


def _shadow(mask: np.ndarray) -> np.ndarray:
    rows, columns = (np.nonzero(mask.any(axis=axis))[0] for axis in (1, 0))
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    width = 0.6 * (columns[-1] - columns[0])
    right, down = (x - columns.mean() - 0.08 * SIZE) / width, (y - rows[-1] + 0.04 * SIZE) / (0.35 * width)
    return np.exp(-((right**2 + down**2) ** 2))


# --- measuring --------------------------------------------------------------------------------------------------------


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union."""
    return float((mask & truth).sum() / (mask | truth).sum())


def main(options: Options) -> None:
    torch.set_num_threads(1)
    scenes = [
        make_scene(kind, np.random.default_rng([options.seed, number, index]))
        for number, kind in enumerate(BACKGROUNDS)
        for index in range(options.pictures)
    ]
    scores: dict[str, list[float]] = {}
    milliseconds: dict[str, float] = {}
    masks: dict[str, list[np.ndarray]] = {}
    for method in METHODS:
        began = time.process_time()
        masks[method.name] = [method.alpha(_pixels(scene)).numpy() > 0.5 for scene in scenes]
        milliseconds[method.name] = 1000 * (time.process_time() - began) / len(scenes)
        scores[method.name] = [
            overlap(mask, scene.mask) for mask, scene in zip(masks[method.name], scenes, strict=True)
        ]
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [scene.kind for scene in scenes]
    record = {
        "source": asdict(replace(source(BUILTIN_FOLDER), command=shlex.join(["python", *sys.argv]))),
        "pictures": len(scenes),
        "size": SIZE,
        "seed": options.seed,
        "methods": {name: _summary(values, kinds, milliseconds[name]) for name, values in scores.items()},
    }
    (options.out / "matting.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    _sheet(scenes, masks, options.pictures).save(options.out / "matting.jpg", quality=85)
    Console().print(_table(scores, kinds))


def _pixels(scene: Scene) -> torch.Tensor:
    """As a decoded file has it: whole 255ths."""
    return torch.from_numpy(np.rint(255 * scene.rgb).astype(np.float32) / 255).permute(2, 0, 1)


def _summary(values: list[float], kinds: list[str], milliseconds: float) -> dict[str, object]:
    return {
        "mean_iou": round(float(np.mean(values)), 4),
        "median_iou": round(float(np.median(values)), 4),
        "share_above_0.9": round(float(np.mean(np.array(values) > 0.9)), 4),
        "processor_milliseconds_a_picture": round(milliseconds, 1),
        "mean_iou_by_background": {kind: round(mean, 4) for kind, mean in _by_kind(values, kinds).items()},
    }


def _by_kind(values: list[float], kinds: list[str]) -> dict[str, float]:
    return {
        each: float(np.mean([value for value, kind in zip(values, kinds, strict=True) if kind == each]))
        for each in BACKGROUNDS
    }


def _table(scores: dict[str, list[float]], kinds: list[str]) -> Table:
    table = Table("mean IoU", *scores)
    by_kind = {name: _by_kind(values, kinds) for name, values in scores.items()}
    for kind in BACKGROUNDS:
        table.add_row(kind, *(f"{by_kind[name][kind]:.3f}" for name in scores))
    table.add_row("all", *(f"{np.mean(values):.3f}" for values in scores.values()))
    return table


def _sheet(scenes: list[Scene], masks: dict[str, list[np.ndarray]], columns: int) -> Image.Image:
    """One row a kind of background; each picture over its cut-outs."""
    height = SHOWN * (1 + len(masks))
    sheet = Image.new("RGB", (columns * SHOWN, len(scenes) // columns * height), "white")
    for number, scene in enumerate(scenes):
        shown = [scene.rgb, *(np.where(of[number][..., None], scene.rgb, 1.0) for of in masks.values())]
        for place, rgb in enumerate(shown):
            picture = Image.fromarray(np.rint(255 * rgb).astype(np.uint8)).resize((SHOWN, SHOWN))
            sheet.paste(picture, (number % columns * SHOWN, number // columns * height + place * SHOWN))
    return sheet


if __name__ == "__main__":
    main(tyro.cli(Options))
