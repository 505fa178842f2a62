"""One whole run of preset Draft, from the prompt to the textured mesh, with the time until the first live mesh."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from any_to_3d.backend.commands.bench import PhaseTime
from any_to_3d.backend.generator.condition import Preparing
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.generate import generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.memory_relief import under
from any_to_3d.backend.snapshot import SnapshotTaker
from any_to_3d.backend.starting.object_moment import Finishing, ObjectMoment
from any_to_3d.backend.xbind_engine import MAX_FACES, SMOOTHING, TEXTURE_SIZE

from .case import Case
from .condition import TEXT
from .timing import finish
from .told_priors import told
from .world import World

AIM_SECONDS = 90.0
LIVE_FACES = 50_000
"""What a client asks for by default."""


@dataclass(frozen=True)
class DraftResult:
    """Seconds, with networks that are loaded.   first_step: with all that comes before it.   finish: of unwrapping.

    first_live_mesh: from the request to a mesh that a client could show, None if there never was one.
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
    """As the engine of a worker does it, for a text; a live mesh is taken until one holds a surface."""
    recipe, runtime = world.presets["draft"], under(Economy(), told(world.ours))
    taker, watch, moment = SnapshotTaker("draft"), _Watch(world), None
    first_step: float | None = None
    first_live_mesh: float | None = None
    phases = []
    for step in generate(recipe, Prompt.from_text(TEXT), runtime):
        if isinstance(step, Preparing):
            continue
        moment = ObjectMoment(step, taker, _finishing(world))
        if first_live_mesh is None and moment.snapshot(0, LIVE_FACES) is not None:
            first_live_mesh = watch.seconds()
        if first_step is None:
            first_step = watch.lap()
        if moment.ends_phase:
            phases.append(PhaseTime(moment.phase, moment.index + 1, watch.lap()))
    assert moment is not None, "a recipe has steps"
    assert first_step is not None, "a recipe has steps"
    for _ in moment.textured():
        pass
    return DraftResult(watch.seconds(), first_step, first_live_mesh, watch.lap(), tuple(phases))


def _finishing(world: World) -> Finishing:
    if world.size == "quick":
        return Finishing(64, 2000, 0)
    return Finishing(TEXTURE_SIZE["full"], MAX_FACES["full"], SMOOTHING["full"])


class _Watch:
    """Seconds of a run; the device has finished whenever it is looked at."""

    def __init__(self, world: World) -> None:
        self._device = world.device
        self._began = self._lapped = time.perf_counter()

    def seconds(self) -> float:
        """Since the beginning."""
        finish(self._device)
        return round(time.perf_counter() - self._began, 3)

    def lap(self) -> float:
        """Since the last lap."""
        finish(self._device)
        now = time.perf_counter()
        lap, self._lapped = now - self._lapped, now
        return round(lap, 3)
