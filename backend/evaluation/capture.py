"""Run the product's own engine for one prompt and keep what each phase ended with."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...shared.mesh import TexturedMesh
from ...shared.messages import Submit, TextPrompt, WeightedPrompt
from ..engine import Engine, Stage
from .peak_memory import PeakMemory
from .suite import Subject

_CAPTURE = "capture.json"
_ARRAYS = ("vertices", "faces", "uvs", "uv_faces", "albedo")


@dataclass(frozen=True)
class PhaseCost:
    """What a phase took: wall and processor time of its steps (finishing its mesh is not counted) and peak memory."""

    name: str
    steps: int
    seconds: float
    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Capture:
    """One object: what preparation, each phase and finishing the last mesh cost, and the mesh of every phase."""

    preparing_seconds: float
    finishing_seconds: float
    costs: tuple[PhaseCost, ...]
    meshes: tuple[TexturedMesh, ...]

    @property
    def seconds(self) -> float:
        """What a person waits for, models loaded: preparation, phases and finishing."""
        return self.preparing_seconds + sum(cost.seconds for cost in self.costs) + self.finishing_seconds


def capture(engine: Engine, subject: Subject, seed: int, recipe: str, preset: str) -> Capture:
    """Generate ``subject`` with an engine whose models are loaded.

    Raises whatever the engine raises for a prompt or a run gone wrong, and ValueError for a phase without a surface.
    """
    name = f"evaluate-{subject.text}-{seed}".replace(" ", "-")
    submit = Submit(name, (WeightedPrompt(TextPrompt(subject.text)),), recipe=recipe, preset=preset, seed=seed)
    preparing: float | None = None
    finishing = 0.0
    costs: list[PhaseCost] = []
    meshes: list[TexturedMesh] = []
    with PeakMemory() as memory:
        watch = _Stopwatch()
        for event in engine.run(name, submit, None):
            if isinstance(event, Stage):
                continue
            if preparing is None:  # the first step is done when it is yielded, so its time counts here
                preparing, _ = watch.lap()
            if event.ends_phase:
                wall, processor = watch.lap()
                costs.append(PhaseCost(event.phase, event.index + 1, wall, processor, memory.lap()))
                meshes.append(_finished(event.textured()))
                finishing, _ = watch.lap()
                memory.lap()
    return Capture(preparing or 0.0, finishing, tuple(costs), tuple(meshes))


def save(captured: Capture, folder: Path) -> None:
    """Write meshes as npz and, last, the costs, so that a folder with costs is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for cost, mesh in zip(captured.costs, captured.meshes, strict=True):
        np.savez_compressed(folder / f"{cost.name}.npz", **{name: getattr(mesh, name) for name in _ARRAYS})
    record = {
        "preparing_seconds": captured.preparing_seconds,
        "finishing_seconds": captured.finishing_seconds,
        "phases": [asdict(cost) for cost in captured.costs],
    }
    partial = folder / f"{_CAPTURE}.partial"
    partial.write_text(json.dumps(record, indent=1))
    partial.replace(folder / _CAPTURE)


def is_saved(folder: Path) -> bool:
    """Whether ``folder`` holds a complete capture."""
    return (folder / _CAPTURE).exists()


def load(folder: Path) -> Capture:
    """Read what ``save`` wrote. Raises FileNotFoundError for a folder without a complete capture."""
    record = json.loads((folder / _CAPTURE).read_text())
    costs = tuple(PhaseCost(**cost) for cost in record["phases"])
    return Capture(
        preparing_seconds=record["preparing_seconds"],
        finishing_seconds=record["finishing_seconds"],
        costs=costs,
        meshes=tuple(_mesh(folder / f"{cost.name}.npz") for cost in costs),
    )


class _Stopwatch:
    """Seconds since the last lap: on the wall, and of this process on all its processors."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        wall, processor = time.perf_counter(), time.process_time()
        passed = wall - self._wall, processor - self._processor
        self._wall, self._processor = wall, processor
        return passed


def _finished(parts: Iterator[float | TexturedMesh]) -> TexturedMesh:
    *_, mesh = parts
    assert isinstance(mesh, TexturedMesh)
    return mesh


def _mesh(path: Path) -> TexturedMesh:
    with np.load(path, allow_pickle=False) as arrays:
        mesh = TexturedMesh(*(arrays[name] for name in _ARRAYS))
    mesh.validate()
    return mesh
