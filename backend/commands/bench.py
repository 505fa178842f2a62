"""``any-to-3d bench``: how fast this computer makes one object, phase by phase."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...shared.mesh import TexturedMesh
from ...shared.messages import CutOut, Submit, TextPrompt, WeightedPrompt
from ..catalogue import ProfileName
from ..engine import Engine, Moment, Stage
from .threads import require_threads


@dataclass(frozen=True)
class PhaseTime:
    """A phase's steps and the wall time they took, in seconds."""

    name: str
    steps: int
    seconds: float


@dataclass(frozen=True)
class BenchReport:
    """Wall times in seconds; first_step includes reading the prompt and sampling the reference view."""

    device: str
    kernels: str
    load: float
    first_step: float
    finish: float
    phases: tuple[PhaseTime, ...]


@dataclass(frozen=True)
class Bench:
    """Make one object without server and Blender, and print how long each part took, and on what, as JSON."""

    text: str = "a red chair"
    """The prompt."""

    profile: ProfileName = "builtin"
    """Which models to time."""

    preset: str = "draft"
    """draft, standard or high; of profile full draft, small, standard or paper."""

    device: str = "auto"
    """cpu, cuda, cuda:0 ..."""

    models_folder: Path | None = None
    """Where the weights of profile full lie, if not where 'any-to-3d models path' says."""

    threads: int = 0
    """CPU threads; 0 takes one for the built-in models, torch's choice for others."""

    overrides: dict[str, float] = field(default_factory=dict)
    """Settings of the profile, such as steps_scale 0.1."""

    def run(self) -> int:
        import sys

        from ..evaluation.provenance import source
        from ..runtime import models_root
        from ..worker_process import build_engine

        require_threads(self.threads)
        folder = "" if self.models_folder is None else str(self.models_folder)
        engine = build_engine(self.profile, self.device, folder, self.threads)
        prompt = (WeightedPrompt(TextPrompt(self.text)),)
        report = measure(engine, Submit("bench", prompt, preset=self.preset, overrides=self.overrides))
        made_by = source(models_root(self.profile, self.models_folder))
        asked = {"preset": self.preset, "text": self.text, "profile": self.profile, "threads": self.threads}
        sys.stdout.write(json.dumps({**asked, **asdict(report), "source": asdict(made_by)}, indent=2) + "\n")
        return 0


def measure(engine: Engine, submit: Submit) -> BenchReport:
    """Run one request on an engine and time its parts."""
    begin = time.perf_counter()
    engine.load()
    loaded = time.perf_counter()
    first: float | None = None
    phases: list[PhaseTime] = []
    last: Moment | None = None
    since = loaded
    for moment in engine.run("bench", submit, None):
        if isinstance(moment, Stage | CutOut):
            continue
        now = time.perf_counter()
        first = first if first is not None else now
        last = moment
        if moment.ends_phase:
            phases.append(PhaseTime(moment.phase, moment.index + 1, round(now - max(since, first), 3)))
            since = now
    if last is None or first is None:
        raise ValueError("the recipe has no step")
    before_finish = time.perf_counter()
    _exhaust(last.textured())
    finish = time.perf_counter() - before_finish
    load, first_step, finish = (round(t, 3) for t in (loaded - begin, first - loaded, finish))
    return BenchReport(engine.device, engine.kernels, load, first_step, finish, tuple(phases))


def _exhaust(parts: Iterator[float | TexturedMesh]) -> None:
    for _ in parts:
        pass
