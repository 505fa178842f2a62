"""One whole run of preset Draft, from the request to the textured mesh, with the time until the first live mesh."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from any_to_3d.backend.catalogue import ProfileName
from any_to_3d.backend.commands.bench import PhaseTime, measure
from any_to_3d.backend.engine import Engine, Moment, Plan, Stage
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared.messages import CutOut, Submit, TextPrompt, WeightedPrompt

from .case import Case
from .condition import TEXT
from .told_priors import told
from .world import World

AIM_SECONDS = 90.0
LIVE_FACES = 50_000
"""What a client asks for by default."""


@dataclass(frozen=True)
class DraftResult:
    """Seconds, with networks that are loaded.   first_live_mesh: from the request to a mesh that a client could show.

    whole: from the request to the textured mesh.
    """

    whole: float
    first_step: float
    first_live_mesh: float | None
    finish: float
    phases: tuple[PhaseTime, ...]


def part(world: World) -> Iterator[Case]:
    """What other parts have not used before is compiled in it."""
    yield Case("draft", partial(run, world))


def run(world: World) -> DraftResult:
    """Through the engine that a worker has; at the quick size the built-in recipe, as it is the smallest."""
    profile: ProfileName = "full" if world.size == "full" else "builtin"
    device, runtime = str(world.device), told(world.ours)
    engine = _WatchedEngine(XBindEngine(profile, device, "", 0, runtime))
    prompt = (WeightedPrompt(TextPrompt(TEXT)),)
    overrides = {} if world.size == "full" else {"steps_scale": 0.03, "texture_size": 64.0, "max_faces": 2000.0}
    report = measure(engine, Submit("draft", prompt, preset="draft", overrides=overrides))
    whole = report.first_step + sum(phase.seconds for phase in report.phases) + report.finish
    return DraftResult(round(whole, 3), report.first_step, engine.seconds_to_mesh, report.finish, report.phases)


class _WatchedEngine:
    """An engine of whose first steps a live mesh is taken, until one holds a surface."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds_to_mesh: float | None = None

    @property
    def device(self) -> str:
        return self._engine.device

    @property
    def kernels(self) -> str:
        return self._engine.kernels

    def load(self) -> None:
        self._engine.load()

    def plan(self, submit: Submit) -> Plan:
        return self._engine.plan(submit)

    def relieve(self) -> str | None:
        return self._engine.relieve()

    def run(self, job_id: str, submit: Submit, checkpoint: Path | None) -> Iterator[Stage | CutOut | Moment]:
        begin = time.perf_counter()
        for moment in self._engine.run(job_id, submit, checkpoint):
            if not isinstance(moment, Stage | CutOut) and self.seconds_to_mesh is None:
                is_shown = moment.snapshot(0, LIVE_FACES) is not None
                self.seconds_to_mesh = round(time.perf_counter() - begin, 3) if is_shown else None
            yield moment
