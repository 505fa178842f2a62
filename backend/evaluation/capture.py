"""Run the product's own engine for one request and keep what it ended with, and what it cost."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...shared.mesh import MeshSnapshot, TexturedMesh
from ...shared.messages import CutOut, Submit
from ..engine import Engine, Moment, Stage
from .measures.peak_memory import PeakMemory
from .typed_json import from_json, to_json
from .whole_file import write_whole

_COSTS = "costs.json"
_ARRAYS = ("vertices", "faces", "uvs", "uv_faces", "albedo")
_LIVE_FACES = 20_000


@dataclass(frozen=True)
class Watch:
    """every_phase: keep the mesh of every phase and not only the last one's.

    first_mesh: ask for a live mesh, as a client does, until there is one.
    """

    every_phase: bool = False
    first_mesh: bool = False


@dataclass(frozen=True)
class PhaseCost:
    """What a phase took: wall and processor time of its steps (finishing its mesh is not counted) and peak memory."""

    name: str
    steps: int
    seconds: float
    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Costs:
    """What preparation, each phase, and finishing the last mesh took.

    first_mesh_seconds: from the request to the first live mesh with faces; None if nobody asked, or there was none.
    """

    preparing_seconds: float
    finishing_seconds: float
    phases: tuple[PhaseCost, ...]
    first_mesh_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """What a person waits for, models loaded: preparation, phases and finishing."""
        return self.preparing_seconds + sum(cost.seconds for cost in self.phases) + self.finishing_seconds

    @property
    def peak_mib(self) -> float:
        return max(cost.peak_mib for cost in self.phases)


@dataclass(frozen=True)
class Capture:
    """One object: its costs, and the kept meshes by the name of the phase that made them, in order."""

    costs: Costs
    meshes: dict[str, TexturedMesh]

    @property
    def mesh(self) -> TexturedMesh:
        """The finished object."""
        return self.meshes[self.costs.phases[-1].name]


def capture(engine: Engine, submit: Submit, watch: Watch) -> Capture:
    """Generate with an engine whose models are loaded.

    Raises whatever the engine raises for a prompt or a run gone wrong, and ValueError for a phase without a surface.
    """
    last = engine.plan(submit).phases[-1].name
    preparing: float | None = None
    finishing, first_mesh = 0.0, None
    costs: list[PhaseCost] = []
    meshes: dict[str, TexturedMesh] = {}
    with PeakMemory() as memory:
        start, watched = time.perf_counter(), _Stopwatch()
        for event in engine.run(submit.request_id, submit, None):
            if isinstance(event, Stage | CutOut):
                continue
            if preparing is None:  # the first step is done when it is yielded, so its time counts here
                preparing, _ = watched.lap()
            if watch.first_mesh and first_mesh is None and _shows_a_mesh(event):
                first_mesh = time.perf_counter() - start
            if event.ends_phase:
                wall, processor = watched.lap()
                costs.append(PhaseCost(event.phase, event.index + 1, wall, processor, memory.lap()))
                if watch.every_phase or event.phase == last:
                    meshes[event.phase] = _finished(event.textured())
                finishing, _ = watched.lap()
                memory.lap()
    return Capture(Costs(preparing or 0.0, finishing, tuple(costs), first_mesh), meshes)


def save(captured: Capture, folder: Path) -> None:
    """Write meshes as npz and, last, the costs, so that a folder with costs is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, mesh in captured.meshes.items():
        np.savez_compressed(folder / f"{name}.npz", **{array: getattr(mesh, array) for array in _ARRAYS})
    write_whole(folder / _COSTS, to_json(captured.costs))


def is_saved(folder: Path) -> bool:
    """Whether ``folder`` holds a complete capture."""
    return (folder / _COSTS).exists()


def load(folder: Path) -> Capture:
    """Read what ``save`` wrote. Raises FileNotFoundError for a folder without a complete capture."""
    costs = from_json((folder / _COSTS).read_text("utf-8"), Costs)
    files = {cost.name: folder / f"{cost.name}.npz" for cost in costs.phases}
    return Capture(costs, {name: _mesh(file) for name, file in files.items() if file.exists()})


class _Stopwatch:
    """Seconds since the last lap: on the wall, and of this process on all its processors."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        wall, processor = time.perf_counter(), time.process_time()
        passed = wall - self._wall, processor - self._processor
        self._wall, self._processor = wall, processor
        return passed


def _shows_a_mesh(moment: Moment) -> bool:
    snapshot = moment.snapshot(0, _LIVE_FACES)
    return isinstance(snapshot, MeshSnapshot) and len(snapshot.faces) > 0


def _finished(parts: Iterator[float | TexturedMesh]) -> TexturedMesh:
    *_, mesh = parts
    assert isinstance(mesh, TexturedMesh)
    return mesh


def _mesh(path: Path) -> TexturedMesh:
    with np.load(path, allow_pickle=False) as arrays:
        mesh = TexturedMesh(*(arrays[name] for name in _ARRAYS))
    mesh.validate()
    return mesh
