"""The time of a step of every phase at every preset, divided by term, and what it makes of a whole run."""

import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from any_to_3d.backend.generator.condition import prepare_condition
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Phase, Recipe
from any_to_3d.backend.generator.runtime import Runtime

from .case import Case
from .condition import TEXT, stage_zero
from .standing_phase import MIDDLE, StandingPhase
from .timing import Laps, Rounds, Timing, finish
from .world import World

AIM_MS = 45.0
"""Of a step with one picture at the paper's resolutions, on an H100."""


@dataclass(frozen=True)
class PhaseResult:
    """parts_ms: medians over the steps.   aim_ms: of a step on an H100, None where there is no aim.

    steps_of: how many such steps each preset takes.
    """

    phase: str
    batch: int
    pixels: int
    faces: int
    aim_ms: float | None
    steps_of: Mapping[str, int]
    parts_ms: Mapping[str, float]
    timing: Timing


@dataclass(frozen=True)
class StageZeroResult:
    """seconds: of reading a text and sampling the reference view at a preset; compilation is in that of the first.

    steps_of: 1 for that preset.
    """

    seconds: Mapping[str, float]
    steps_of: Mapping[str, int]


@dataclass(frozen=True)
class Variant:
    """A phase as some presets have it."""

    recipe: Recipe
    phase: Phase
    steps_of: Mapping[str, int]
    aim_ms: float | None = None

    @property
    def name(self) -> str:
        phase = self.phase
        lattice = "" if self.faces_grid is None else f", lattice {self.faces_grid}"
        crops = _crops(phase)
        return f"{phase.name}, {phase.size} px{lattice}, {crops} crops, batch {phase.batch}"

    @property
    def faces_grid(self) -> int | None:
        grid = getattr(self.phase.start, "grid", None)
        return None if grid is None else grid.resolution


def part(world: World) -> Iterator[Case]:
    """The paper's phases with one picture a step first, which the aims are for; then what the presets add."""
    for variant in variants(world):
        yield Case(variant.name, partial(measure, world, variant))
    for preset in world.presets:
        yield Case(f"stage 0 of {preset}", partial(measure_stage_zero, world, preset))


def variants(world: World) -> list[Variant]:
    """Every different phase of the presets, with the step counts of those that have it; first the paper's, batch 1."""
    found = [
        Variant(world.paper, replace(phase, batch=1), {}, AIM_MS if world.size == "full" else None)
        for phase in world.paper.phases
    ]
    for name, recipe in world.presets.items():
        for phase in recipe.phases:
            same = next((each for each in found if _is_same_work(each.phase, phase)), None)
            if same is None:
                found.append(Variant(recipe, phase, {name: phase.steps}))
            else:
                found[found.index(same)] = replace(same, steps_of={**same.steps_of, name: phase.steps})
    return found


def _is_same_work(one: Phase, other: Phase) -> bool:
    return replace(one, steps=1) == replace(other, steps=1)


def measure(world: World, variant: Variant) -> PhaseResult:
    standing = stand_up(world.ours, variant)
    laps, first = take_steps(standing, world.rounds)
    steps = laps.read()[world.rounds.warm_up :]
    names = dict.fromkeys(name for step in steps for name in step)
    parts = {name: round(statistics.median(step.get(name, 0.0) for step in steps), 4) for name in names}
    return PhaseResult(
        phase=variant.phase.name,
        batch=variant.phase.batch,
        pixels=variant.phase.size,
        faces=standing.face_count,
        aim_ms=variant.aim_ms,
        steps_of=variant.steps_of,
        parts_ms=parts,
        timing=Timing.of(first, [sum(step.values()) for step in steps]),
    )


def stand_up(runtime: Runtime, variant: Variant) -> StandingPhase:
    condition = stage_zero(runtime, variant.recipe.reference)
    return StandingPhase.stand_up(variant.recipe, variant.phase, runtime, condition)


def take_steps(standing: StandingPhase, rounds: Rounds) -> tuple[Laps, float]:
    """Steps from the middle of the phase, unmeasured ones first; milliseconds of the first by the clock."""
    device = standing.runtime.device
    laps, middle = Laps(device), round(MIDDLE * standing.phase.steps)
    begin = time.perf_counter()
    standing.step(middle, laps)
    finish(device)
    first = 1000 * (time.perf_counter() - begin)
    for index in range(1, rounds.warm_up + rounds.measured):
        standing.step(middle + index, laps)
    return laps, first


def measure_stage_zero(world: World, preset: str) -> StageZeroResult:
    """A whole stage 0 as the preset has it."""
    runtime, sampling = replace(world.ours), world.presets[preset].reference
    begin = time.perf_counter()
    for _ in prepare_condition(Prompt.from_text(TEXT), sampling, runtime):
        pass
    finish(world.device)
    return StageZeroResult({preset: round(time.perf_counter() - begin, 3)}, {preset: 1})


def _crops(phase: Phase) -> int:
    """Pictures that the similarity loss shows of one render."""
    for weighted in phase.losses:
        if isinstance(weighted.loss, ModalitySimilarity):
            return weighted.loss.picture_count
    return 0
