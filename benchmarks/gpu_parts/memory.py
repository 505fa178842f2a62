"""The most memory that each preset takes on the device, phase by phase, beside the weights that stay there."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from any_to_3d.backend.generator.condition import prepare_condition
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.memory_relief import under

from .case import Case
from .condition import TEXT, stage_zero
from .standing_phase import StandingPhase
from .timing import Laps
from .world import World

STEPS = 2
"""From a phase's beginning, where nothing is skipped yet; the second has the optimiser's state as well."""

CARDS = {"standard": 16.0, "paper": 16.0, "small": 8.0, "draft": 8.0}
"""Gigabytes of the cards that the presets are for."""


@dataclass(frozen=True)
class MemoryResult:
    """Gigabytes (10^9 bytes), None where no GPU counts them.   resident: the weights that stay during a run.

    peaks: most at once in stage 0 and each phase, weights included.   reserved: what the allocator took for that.
    card: that the presets are for.
    """

    resident: float | None
    peaks: Mapping[str, float | None]
    reserved: float | None
    card: float | None
    note: str = ""


def part(world: World) -> Iterator[Case]:
    """Presets that differ in their step counts alone are measured as one."""
    together: dict[Recipe, list[str]] = {}
    for name, recipe in world.presets.items():
        together.setdefault(recipe.scaled(steps=0), []).append(name)
    for recipe, names in together.items():
        yield Case(" and ".join(names), partial(measure, world, recipe, tuple(names)))


def measure(world: World, recipe: Recipe, names: tuple[str, ...]) -> MemoryResult:
    """Stage 0 as a run does it, then the first steps of every phase."""
    runtime = under(Economy(), world.ours)
    gauge = _Gauge(world.device)
    resident = gauge.now()
    peaks = {}
    gauge.forget()
    for _ in prepare_condition(Prompt.from_text(TEXT), recipe.reference, runtime):
        pass
    peaks["stage 0"] = gauge.peak()
    for phase in recipe.phases:
        gauge.forget()
        standing = StandingPhase.stand_up(recipe, phase, runtime, stage_zero(runtime, recipe.reference))
        standing.see_everything()
        for index in range(STEPS):
            standing.step(index, Laps(world.device))
        peaks[phase.name] = gauge.peak()
        del standing
    note = "" if gauge.is_counted else "not measured: this device does not count its memory"
    card = max((CARDS[name] for name in names if name in CARDS), default=None)
    return MemoryResult(resident, peaks, gauge.reserved(), card, note)


class _Gauge:
    """torch's count of a GPU's memory; it has none of a CPU's."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.is_counted = device.type == "cuda"

    def forget(self) -> None:
        """Let go of what is not held, and begin a new peak."""
        gc.collect()
        if self.is_counted:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self._device)

    def now(self) -> float | None:
        gc.collect()
        return self._gigabytes(torch.cuda.memory_allocated(self._device)) if self.is_counted else None

    def peak(self) -> float | None:
        return self._gigabytes(torch.cuda.max_memory_allocated(self._device)) if self.is_counted else None

    def reserved(self) -> float | None:
        return self._gigabytes(torch.cuda.max_memory_reserved(self._device)) if self.is_counted else None

    @staticmethod
    def _gigabytes(size: int) -> float:
        return round(size / 1e9, 3)
