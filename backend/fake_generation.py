"""The profile ``fake``: a sphere that becomes a torus, in numpy alone; for trying the add-on and for tests.

It behaves like a generator: stages, three phases, snapshots, a textured result. Pictures are shown whole, a mesh that
it is given stays as it is, and a checkpoint holds no more than how far the job was. It obeys these overrides of a
request: ``seconds`` for the whole job, ``steps`` per phase, ``prepare_seconds`` and ``export_seconds`` around them. To
try what goes wrong, ``fail_at``, ``crash_at`` and ``stall_at`` name a step, counted over all phases from 0: where the
job raises, where its process ends, or which takes ten minutes.
"""

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import save_file

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import CutOut, ImagePrompt, Submit
from ..shared.starting_points import Retexture
from .durable_file import replaced
from .engine import PhasePlan, Plan, Stage
from .fake_course import PHASES, Course, course_of
from .memory_reading import computers_memory
from .stored_checkpoints import HEADER, file_of, forget_within_phase
from .worker_messages import Memory

if TYPE_CHECKING:
    from .fake_retexture import FakePaint, FakeTexture

DEFAULTS = {
    "seconds": 6.0,
    "steps": 40.0,
    "prepare_seconds": 0.3,
    "export_seconds": 0.2,
    "fail_at": -1.0,
    "crash_at": -1.0,
    "stall_at": -1.0,
}
OVERRIDES = tuple(DEFAULTS)
SECONDS_OF_PRESET = {"draft": 2.0, "standard": 6.0, "high": 20.0}
STALL_SECONDS = 600.0
STAGES = ("embedding the prompt", "sampling the reference view")
ALBEDO_SIZE = 256
TORUS_FACES = 2 * 64 * 24


class FakeEngine:
    """An Engine that needs no model and no torch."""

    device = "cpu"
    kernels = "fake"

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def load(self) -> None:
        """Nothing to load."""

    def unload(self) -> None:
        """Nothing to give back."""

    def memory(self) -> Memory:
        return computers_memory()

    def plan(self, submit: Submit, source: Path | None = None) -> Plan:
        settings = _settings(submit)
        course, seconds = course_of(submit, int(settings["steps"]), None, source), settings["seconds"]
        finish_cost = settings["export_seconds"] * course.total / seconds if seconds else 0.0
        return Plan(course.phases, finish_cost)

    def relieve(self) -> None:
        """It has nothing to give up."""

    def run(
        self, job_id: str, submit: Submit, checkpoint: Path | None, source: Path | None = None
    ) -> Iterator["Stage | CutOut | FakeMoment"]:
        settings = _settings(submit)
        yield from _whole_pictures(job_id, submit)
        course = course_of(submit, int(settings["steps"]), checkpoint, source)
        if not course.done:
            for index, what in enumerate(STAGES):
                yield Stage(what, index / len(STAGES))
                self._sleep(settings["prepare_seconds"] / len(STAGES))
        paint, total = _paint(submit), course.total
        # Of a job whose steps are all done, the last moment comes again: it is to be finished.
        for number in range(min(course.done, total - 1), total):
            _misbehave(settings, number, self._sleep)
            self._sleep(settings["seconds"] / total)
            yield FakeMoment(job_id, number, course, submit.seed, settings["export_seconds"], self._sleep, paint)


@dataclass(frozen=True)
class FakeMoment:
    """The state after step ``number`` of all phases of the course together."""

    job_id: str
    number: int
    course: Course
    seed: int
    export_seconds: float
    sleep: Callable[[float], None]
    paint: "FakePaint | None" = None

    @property
    def phase(self) -> str:
        return self._plan.name

    @property
    def index(self) -> int:
        return self.course.at(self.number)[1]

    @property
    def ends_phase(self) -> bool:
        return self.index == self._plan.steps - 1

    @property
    def _plan(self) -> PhasePlan:
        return self.course.phases[self.course.at(self.number)[0]]

    def losses(self) -> dict[str, float]:
        return {"fake": 1.0 / (1 + self.number)}

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | TextureSnapshot:
        """A sphere in phase I, then a torus; the faces change with the shape and with ``max_faces``."""
        if self.paint is not None:
            return self._texture(self.paint).snapshot(sequence, max_faces, max_texture)
        phase_number = PHASES.index(self.phase)
        grown = (self.index + 1) / self._plan.steps
        detail = min(1.0, (max_faces / TORUS_FACES) ** 0.5)
        if phase_number == 0:
            vertices, faces = sphere(0.4 + 0.3 * grown, max(3, int(24 * detail)), max(3, int(48 * detail)))
        else:
            vertices, faces = torus(0.6, 0.3 - 0.1 * grown, max(3, int(64 * detail)), max(3, int(24 * detail)))
        colors = _colors(vertices, self.seed, grown if phase_number == 2 else 0.0)
        topology = 2 * len(faces) + int(phase_number > 0)
        return MeshSnapshot(self.job_id, sequence, self.phase, self.index, topology, vertices, faces, colors)

    def textured(self) -> Iterator[float | TexturedMesh]:
        for fraction in (0.0, 0.25, 0.5, 0.75):
            yield fraction
            self.sleep(self.export_seconds / 4)
        yield textured_torus(0.6, 0.2, self.seed) if self.paint is None else self._texture(self.paint).finished()

    def _texture(self, paint: "FakePaint") -> "FakeTexture":
        from .fake_retexture import FakeTexture

        return FakeTexture(self.job_id, self.phase, self.index, paint, (self.number + 1) / self.course.total)

    def save(self, folder: Path) -> None:
        """A file without tensors, but with what the real ones say of themselves."""
        phases = [{"name": phase.name, "steps": phase.steps} for phase in self.course.phases]
        place, index = self.course.at(self.number)
        run = {"recipe": {"phases": phases}, "phase_index": place, "finished_steps": index + 1}
        with replaced(file_of(folder, self.phase, self.ends_phase)) as path:
            try:
                save_file({}, path, {HEADER: json.dumps(run)})
            except SafetensorError as error:
                # What the library makes of a full disk.
                raise OSError(f"{path} cannot be written: {error}") from error
        if self.ends_phase:
            forget_within_phase(folder)


def sphere(radius: float, rings: int = 24, segments: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """A closed sphere with one vertex at each pole: vertices f32[V, 3], faces i32[F, 3], outward."""
    polar = np.linspace(0, np.pi, rings + 1)[1:-1]
    around = np.arange(segments) * 2 * np.pi / segments
    p, a = (grid.ravel() for grid in np.meshgrid(polar, around, indexing="ij"))
    bands = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=1)
    vertices = radius * np.concatenate([bands, [[0, 0, 1], [0, 0, -1]]])
    here = np.arange(segments)
    there = (here + 1) % segments
    north, south = len(bands), len(bands) + 1
    last = (rings - 2) * segments
    caps = [
        np.stack([np.full(segments, north), here, there], axis=1),
        np.stack([last + here, np.full(segments, south), last + there], axis=1),
    ]
    quads = [_strip(r * segments + here, r * segments + there, segments) for r in range(rings - 2)]
    return vertices.astype(np.float32), np.concatenate([*caps, *quads]).astype(np.int32)


def torus(major: float, minor: float, rings: int = 64, segments: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A closed torus round the Z axis: vertices f32[V, 3], faces i32[F, 3], outward."""
    vertices, faces, _, _ = _torus_with_uvs(major, minor, rings, segments)
    return vertices, faces


def textured_torus(major: float, minor: float, seed: int) -> TexturedMesh:
    """The finished object: the torus, its unrolled UVs and a checkered albedo whose hue follows the seed."""
    vertices, faces, uvs, uv_faces = _torus_with_uvs(major, minor, 64, 24)
    row, column = np.indices((ALBEDO_SIZE, ALBEDO_SIZE)) // (ALBEDO_SIZE // 16)
    albedo = np.where(((row + column) % 2)[..., None] == 0, _hue(seed), 235).astype(np.uint8)
    return TexturedMesh(vertices, faces, uvs, uv_faces, albedo)


def _torus_with_uvs(major: float, minor: float, rings: int, segments: int) -> tuple[np.ndarray, ...]:
    u, v = np.meshgrid(np.arange(rings) / rings, np.arange(segments) / segments, indexing="ij")
    around, across = 2 * np.pi * u.ravel(), 2 * np.pi * v.ravel()
    out = major + minor * np.cos(across)
    vertices = np.stack([out * np.cos(around), out * np.sin(around), minor * np.sin(across)], axis=1)
    i, j = (index.ravel() for index in np.indices((rings, segments)))
    corners = [((i + di), (j + dj)) for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))]
    on_surface = [(a % rings) * segments + b % segments for a, b in corners]
    on_map = [a * (segments + 1) + b for a, b in corners]
    uv_i, uv_j = np.indices((rings + 1, segments + 1))
    uvs = np.stack([uv_i.ravel() / rings, uv_j.ravel() / segments], axis=1)
    return vertices.astype(np.float32), _triangles(on_surface), uvs.astype(np.float32), _triangles(on_map)


def _triangles(corners: list[np.ndarray]) -> np.ndarray:
    a, b, c, d = corners
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)


def _strip(here: np.ndarray, there: np.ndarray, below: int) -> np.ndarray:
    return _triangles([here, here + below, there + below, there])


def _hue(seed: int) -> np.ndarray:
    return np.random.default_rng(seed % 2**32).integers(40, 200, 3)


def _colors(vertices: np.ndarray, seed: int, painted: float) -> np.ndarray:
    grey = np.full((len(vertices), 3), 160.0)
    colors = np.full((len(vertices), 4), 255, np.uint8)
    colors[:, :3] = (1 - painted) * grey + painted * _hue(seed)
    return colors


def _whole_pictures(job_id: str, submit: Submit) -> Iterator[CutOut]:
    for number, part in enumerate(submit.prompts):
        if isinstance(part.prompt, ImagePrompt):
            try:
                picture = Image.open(io.BytesIO(part.prompt.data)).convert("RGB")
            except OSError as error:
                raise ValueError("the image prompt cannot be read") from error
            picture.thumbnail((256, 256))
            shown = io.BytesIO()
            picture.save(shown, "PNG")
            yield CutOut(job_id, number, shown.getvalue(), "none", "The fake profile cuts nothing out.")


def _settings(submit: Submit) -> dict[str, float]:
    chosen = {**DEFAULTS, "seconds": SECONDS_OF_PRESET.get(submit.preset, DEFAULTS["seconds"]), **submit.overrides}
    chosen["steps"] = max(1.0, chosen["steps"])
    return chosen


def _paint(submit: Submit) -> "FakePaint | None":
    """What colours a mesh of the client's, if there is one."""
    mesh = None if submit.source is None else submit.source.mesh
    if submit.source is None or mesh is None:
        return None
    # Not at the top: what paints textures loads compilers, and this profile is to start at once.
    from .fake_retexture import FakePaint, unrolled

    if isinstance(submit.source, Retexture):
        return FakePaint(submit, submit.source)
    return FakePaint(submit, Retexture(unrolled(mesh), 1.0, ALBEDO_SIZE, ALBEDO_SIZE))


def _misbehave(settings: dict[str, float], number: int, sleep: Callable[[float], None]) -> None:
    if number == settings["fail_at"]:
        raise ValueError(f"the fake job was asked to fail at step {number}")
    if number == settings["crash_at"]:
        os._exit(11)
    if number == settings["stall_at"]:
        sleep(STALL_SECONDS)
