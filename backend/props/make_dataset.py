"""Renders the training pictures of the built-in models: `python -m any_to_3d.backend.props.make_dataset --out FOLDER`.

The folder gets rgb.npy uint8[N, V, S, S, 3], alpha.npy uint8[N, V, S, S], normal.npy like rgb,
elevation.npy and azimuth.npy float32[N, V] in radians, specs.json, and READY once all of them are complete.
View 0 of each object looks at its front: the reference view.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import tyro

from .build import build
from .materials import Material, Pattern
from .render import render
from .spec import Proportion, PropSpec, sample_spec
from .training.running.allowed_numbers import require_at_least
from .training.running.progress import tracked
from .training.running.user_errors import told_in_a_sentence

SpecRecord = TypedDict(
    "SpecRecord",
    {
        "class": str,
        "colour": str,
        "second_colour": str | None,
        "material": Material,
        "pattern": Pattern,
        "proportion": Proportion,
        "seed": int | None,
        "held_out": bool,
    },
)
"""An entry of specs.json; "held_out" tells whether its colours or its material are kept from training."""


@dataclass(frozen=True)
class Options:
    """Render pictures of random props, for the trainings to learn from."""

    out: Path
    """Folder to write; it must not hold a finished data set."""
    objects: int = 4000
    """How many props."""
    views: int = 12
    """Pictures of each prop, at least 2."""
    seed: int = 0
    """The same options and seed give the same pictures."""
    include_holdouts: bool = False
    """Also draw held-out colours and materials of classes: for test sets only."""
    size: int = 64
    """Pixels a side; the built-in networks see 64."""
    workers: int = 2
    """Rendering processes."""

    def __post_init__(self) -> None:
        for option, got, least in (
            ("objects", self.objects, 1),
            ("views", self.views, 2),
            ("seed", self.seed, 0),
            ("size", self.size, 1),
            ("workers", self.workers, 1),
        ):
            require_at_least(option, got, least)


def main(options: Options) -> None:
    """Render everything into `out`/*.partial, then rename: a file under its final name is complete.

    Raises ValueError if the folder already holds a finished data set.
    """
    ready = options.out / "READY"
    if ready.exists():
        raise ValueError(f"{options.out} already holds a finished data set; delete it or choose another --out")
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    rng = np.random.default_rng(options.seed)
    specs = [sample_spec(rng, options.include_holdouts) for _ in range(options.objects)]
    cameras = np.stack([sample_cameras(rng, options.views) for _ in specs]).astype(np.float32)
    _render_all(specs, cameras, options)
    _save(options.out / "elevation.npy", cameras[..., 0])
    _save(options.out / "azimuth.npy", cameras[..., 1])
    _replace_text(options.out / "specs.json", json.dumps([spec_record(spec) for spec in specs]))
    facts = f"{options.objects} objects x {options.views} views, seed {options.seed}, {time.monotonic() - began:.0f} s"
    _replace_text(ready, facts + "\n")


def sample_cameras(rng: np.random.Generator, views: int) -> np.ndarray:
    """Elevation and azimuth in radians, float64[views, 2].

    View 0 is the reference: the front within 10 degrees, 0 to 20 degrees up. The others stand anywhere on the circle,
    from -20 to 50 degrees up, two thirds of them within 0 to 30, where people look from.
    """
    usual = rng.random(views) < 2.0 / 3.0
    elevation = np.where(usual, rng.uniform(0.0, 30.0, views), rng.uniform(-20.0, 50.0, views))
    azimuth = rng.uniform(-180.0, 180.0, views)
    elevation[0], azimuth[0] = rng.uniform(0.0, 20.0), rng.uniform(-10.0, 10.0)
    return np.radians(np.column_stack([elevation, azimuth]))


def _render_all(specs: list[PropSpec], cameras: np.ndarray, options: Options) -> None:
    shape = (options.objects, options.views, options.size, options.size)
    partial = {name: options.out / f"{name}.npy.partial" for name in ("rgb", "alpha", "normal")}
    arrays = {
        name: np.lib.format.open_memmap(
            path, mode="w+", dtype=np.uint8, shape=shape if name == "alpha" else (*shape, 3)
        )
        for name, path in partial.items()
    }
    jobs = ((spec, angles, options.size) for spec, angles in zip(specs, cameras, strict=True))
    rendered = tracked(_in_order(jobs, options.workers), "rendering", options.objects)
    for index, (rgb, alpha, normal) in enumerate(rendered):
        arrays["rgb"][index], arrays["alpha"][index], arrays["normal"][index] = rgb, alpha, normal
    for name, path in partial.items():
        arrays[name].flush()
        os.replace(path, options.out / f"{name}.npy")


def _in_order(jobs: Iterator, workers: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    if workers == 1:
        yield from map(_render_object, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_render_object, jobs, chunksize=8)


def _render_object(job: tuple[PropSpec, np.ndarray, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spec, cameras, size = job
    prop = build(spec)
    views = [render(prop, float(elevation), float(azimuth), size) for elevation, azimuth in cameras]
    return (
        np.stack([v.rgb for v in views]),
        np.stack([v.alpha for v in views]),
        np.stack([v.normal for v in views]),
    )


def spec_record(spec: PropSpec) -> SpecRecord:
    """A spec as an entry of specs.json."""
    return {
        "class": spec.prop_class,
        "colour": spec.colour,
        "second_colour": spec.second_colour,
        "material": spec.material,
        "pattern": spec.pattern,
        "proportion": spec.proportion,
        "seed": spec.seed,
        "held_out": spec.is_held_out,
    }


def spec_from_record(record: SpecRecord) -> PropSpec:
    """The spec that an entry of specs.json describes. Raises ValueError if it has a word outside the closed world."""
    return PropSpec(
        prop_class=record["class"],
        colour=record["colour"],
        second_colour=record["second_colour"],
        material=record["material"],
        pattern=record["pattern"],
        proportion=record["proportion"],
        seed=record["seed"],
    )


def _save(path: Path, array: np.ndarray) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.save(file, array)
    os.replace(partial, path)


def _replace_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    os.replace(partial, path)


if __name__ == "__main__":
    with told_in_a_sentence("make_dataset"):
        main(tyro.cli(Options))
