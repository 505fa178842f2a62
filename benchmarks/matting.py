"""How well an object is cut out of a photo-like picture: IoU with the truth, by kind of picture and method.

python benchmarks/matting.py --rooms runs/ray-traced/scenes --out benchmarks/results/matting

Two sets: props of the built-in world (hold-outs included) pasted before eight kinds of backgrounds, and, where --rooms
names the folder that benchmarks/ray_traced_scenes.py has filled, props ray-traced in rooms. Three methods: the flood
fill from the border that sampled reference views are cut out with, GrabCut from the picture's rim alone, and GrabCut as
image prompts get it. Also how often the notice about a doubtful cut-out is right. Writes matting.json, and a sheet for
each set: for every picture itself, then the methods' results.
"""

import json
import shlex
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import tyro
from any_to_3d.backend.cut_out import Matting
from any_to_3d.backend.doubtful_cut_out import doubt_about
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.generator.matting import foreground_mask
from any_to_3d.backend.grab_cut import GrabCut, cut_from
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
    workers: int = 2
    """Processes, of one thread each."""

    rooms: Path | None = None
    """Folder of ray-traced scenes; without it they are left out."""

    out: Path = Path("benchmarks/results/matting")


class FloodFill:
    """A Matting for plain backgrounds."""

    name = "flood fill"

    def alpha(self, pixels: torch.Tensor) -> torch.Tensor:
        return foreground_mask(pixels).float()


class RimGrabCut:
    """A Matting that takes everything inside the rim for probable object."""

    name = "GrabCut from the rim alone"

    def alpha(self, pixels: torch.Tensor) -> torch.Tensor:
        rgb = (pixels.permute(1, 2, 0) * 255).round().byte().numpy()
        return torch.from_numpy(cut_from(rgb, np.ones(rgb.shape[:2], bool))).float()


METHODS: tuple[Matting, ...] = (FloodFill(), RimGrabCut(), GrabCut())

POOR = 0.85
"""Cut-outs with a smaller IoU should carry the notice that they look doubtful."""

ROOM = "ray-traced room"


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


@dataclass(frozen=True)
class Measured:
    """One method on one set; the lists are parallel to the set's scenes."""

    masks: list[np.ndarray]
    ious: list[float]
    is_doubted: list[bool]
    milliseconds: float


def main(options: Options) -> None:
    torch.set_num_threads(1)
    sets = {"pasted": pasted_scenes(options)}
    if options.rooms:
        sets["ray_traced"] = rooms(options.rooms)
    options.out.mkdir(parents=True, exist_ok=True)
    record: dict[str, object] = {
        "source": asdict(replace(source(BUILTIN_FOLDER), command=shlex.join(["python", *sys.argv]))),
        "size": SIZE,
        "seed": options.seed,
    }
    for name, scenes in sets.items():
        measured = {method.name: measure(method, scenes, options.workers) for method in METHODS}
        kinds = [scene.kind for scene in scenes]
        record[name] = {
            "pictures": len(scenes),
            "methods": {method: _summary(each, kinds) for method, each in measured.items()},
        }
        masks = {method: each.masks for method, each in measured.items()}
        _sheet(scenes, masks, options.pictures).save(options.out / f"{name}.jpg", quality=85)
        Console().print(_table(measured, kinds))
    (options.out / "matting.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def pasted_scenes(options: Options) -> list[Scene]:
    return [
        make_scene(kind, np.random.default_rng([options.seed, number, index]))
        for number, kind in enumerate(BACKGROUNDS)
        for index in range(options.pictures)
    ]


def rooms(folder: Path) -> list[Scene]:
    """What ray_traced_scenes.py wrote. Raises ValueError for a folder without any."""
    scenes = []
    for alpha in sorted(folder.glob("*_alpha.png")):
        rgb = np.asarray(Image.open(alpha.with_name(alpha.name.replace("_alpha", ""))).convert("RGB"))
        scenes.append(Scene(ROOM, rgb / 255.0, np.asarray(Image.open(alpha).convert("RGBA"))[..., 3] > 127))
    if not scenes:
        raise ValueError(f"no *_alpha.png in {folder}; fill it with benchmarks/ray_traced_scenes.py")
    return scenes


def measure(method: Matting, scenes: list[Scene], workers: int) -> Measured:
    """Processor time is that of the cut-out alone, on one thread."""
    with ProcessPoolExecutor(workers) as pool:
        results = list(pool.map(_cut_out, [method] * len(scenes), scenes))
    return Measured(
        [mask for mask, _, _ in results],
        [overlap(mask, scene.mask) for (mask, _, _), scene in zip(results, scenes, strict=True)],
        [is_doubted for _, is_doubted, _ in results],
        1000 * float(np.mean([seconds for _, _, seconds in results])),
    )


def _cut_out(method: Matting, scene: Scene) -> tuple[np.ndarray, bool, float]:
    """The mask, whether it carries a notice, and processor seconds."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    began = time.process_time()
    alpha = method.alpha(_pixels(scene))
    seconds = time.process_time() - began
    return alpha.numpy() > 0.5, bool(doubt_about(_pixels(scene), alpha)), seconds


def _pixels(scene: Scene) -> torch.Tensor:
    """As a decoded file has it: whole 255ths."""
    return torch.from_numpy(np.rint(255 * scene.rgb).astype(np.float32) / 255).permute(2, 0, 1)


def _summary(measured: Measured, kinds: list[str]) -> dict[str, object]:
    ious, is_doubted = np.array(measured.ious), np.array(measured.is_doubted)
    is_poor = ious < POOR
    return {
        "mean_iou": round(float(ious.mean()), 4),
        "median_iou": round(float(np.median(ious)), 4),
        "lowest_iou": round(float(ious.min()), 4),
        f"share_below_{POOR}": round(float(is_poor.mean()), 4),
        "poor_pictures": int(is_poor.sum()),
        "poor_pictures_doubted": int((is_poor & is_doubted).sum()),
        "good_pictures": int((~is_poor).sum()),
        "good_pictures_doubted": int((~is_poor & is_doubted).sum()),
        "processor_milliseconds_a_picture": round(measured.milliseconds, 1),
        "mean_iou_by_background": {kind: round(mean, 4) for kind, mean in _by_kind(measured.ious, kinds).items()},
    }


def _by_kind(values: list[float], kinds: list[str]) -> dict[str, float]:
    return {
        each: float(np.mean([value for value, kind in zip(values, kinds, strict=True) if kind == each]))
        for each in dict.fromkeys(kinds)
    }


def _table(measured: dict[str, Measured], kinds: list[str]) -> Table:
    table = Table("mean IoU", *measured)
    by_kind = {name: _by_kind(each.ious, kinds) for name, each in measured.items()}
    for kind in dict.fromkeys(kinds):
        table.add_row(kind, *(f"{by_kind[name][kind]:.3f}" for name in measured))
    table.add_row("all", *(f"{np.mean(each.ious):.3f}" for each in measured.values()))
    table.add_row("lowest", *(f"{min(each.ious):.3f}" for each in measured.values()))
    return table


def _sheet(scenes: list[Scene], masks: dict[str, list[np.ndarray]], columns: int) -> Image.Image:
    """Each picture over its cut-outs; of the pasted ones, one row a kind of background."""
    height = SHOWN * (1 + len(masks))
    sheet = Image.new("RGB", (columns * SHOWN, -(-len(scenes) // columns) * height), "white")
    for number, scene in enumerate(scenes):
        shown = [scene.rgb, *(np.where(of[number][..., None], scene.rgb, 1.0) for of in masks.values())]
        for place, rgb in enumerate(shown):
            picture = Image.fromarray(np.rint(255 * rgb).astype(np.uint8)).resize((SHOWN, SHOWN))
            sheet.paste(picture, (number % columns * SHOWN, number // columns * height + place * SHOWN))
    return sheet


if __name__ == "__main__":
    main(tyro.cli(Options))
