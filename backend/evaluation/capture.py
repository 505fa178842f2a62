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
    """What a phase took: wall time of its steps (finishing its mesh for the record is not counted) and peak memory."""

    name: str
    steps: int
    seconds: float
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


def capture(engine: Engine, subject: Subject, seed: int, preset: str) -> Iterator[str | Capture]:
    """Generate ``subject``; yields a line about every phase that ended, and last the Capture.

    The engine's models must be loaded. Raises whatever the engine raises for a prompt or a run gone wrong.
    """
    prompts = (WeightedPrompt(TextPrompt(subject.text)),)
    submit = Submit(f"evaluate-{subject.text}-{seed}", prompts, preset=preset, seed=seed)
    preparing, finishing = 0.0, 0.0
    costs: list[PhaseCost] = []
    meshes: list[TexturedMesh] = []
    with PeakMemory() as memory:
        started = time.perf_counter()
        is_preparing = True
        for event in engine.run(submit, None):
            if isinstance(event, Stage):
                continue
            if is_preparing:
                preparing, is_preparing = time.perf_counter() - started, False
                # The first step is already done when it is yielded; its time counts as preparation.
                started = time.perf_counter()
            if not event.ends_phase:
                continue
            costs.append(PhaseCost(event.phase, event.index + 1, time.perf_counter() - started, memory.lap()))
            started = time.perf_counter()
            meshes.append(event.textured())
            finishing = time.perf_counter() - started
            memory.lap()
            yield f"{subject.text} seed {seed}: {event.phase} {costs[-1].seconds:.1f} s"
            started = time.perf_counter()
    yield Capture(preparing, finishing, tuple(costs), tuple(meshes))


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


def _mesh(path: Path) -> TexturedMesh:
    with np.load(path, allow_pickle=False) as arrays:
        mesh = TexturedMesh(*(arrays[name] for name in _ARRAYS))
    mesh.validate()
    return mesh
