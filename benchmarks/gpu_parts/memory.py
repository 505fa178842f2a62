"""The most memory that each preset takes on the device, phase by phase, beside the weights that stay there."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from any_to_3d.backend.economy_choice import Choice, described, least_economy
from any_to_3d.backend.generator.condition import prepare_condition
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.memory_forecast import CONTEXT, DESKTOP, GIB
from any_to_3d.backend.memory_relief import under
from any_to_3d.backend.network_weights import published_weights

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
    card: that the presets are for.   given_up: what a job gives up from its beginning on such a card, and here.
    forecast: what it then expects before it loads anything, None at the quick size.
    """

    resident: float | None
    peaks: Mapping[str, float | None]
    reserved: float | None
    card: float | None
    given_up: str
    forecast: float | None
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
    card = max((CARDS[name] for name in names if name in CARDS), default=None)
    choice = economy_on_card(world, recipe, card)
    economy = Economy() if choice is None else choice.economy
    runtime = under(economy, world.ours)
    gauge = _Gauge(world.device)
    resident = gauge.now()
    peaks, reserved = {}, []
    gauge.forget()
    for _ in prepare_condition(Prompt.from_text(TEXT), recipe.reference, runtime):
        pass
    peaks["stage 0"] = gauge.peak()
    reserved.append(gauge.reserved())
    for phase in recipe.phases:
        gauge.forget()
        standing = StandingPhase.stand_up(recipe, phase, runtime, stage_zero(runtime, recipe.reference))
        standing.see_everything()
        for index in range(STEPS):
            standing.step(index, Laps(world.device))
        peaks[phase.name] = gauge.peak()
        reserved.append(gauge.reserved())
        del standing
    note = "" if gauge.is_counted else "not measured: this device does not count its memory"
    known = [each for each in reserved if each is not None]
    expected = None if choice is None else round(choice.forecast.needed / 1e9, 3)
    under(Economy(), world.ours)
    return MemoryResult(resident, peaks, max(known, default=None), card, described(economy), expected, note)


def economy_on_card(world: World, recipe: Recipe, card: float | None) -> Choice | None:
    """As a job makes it on such a card, beside CUDA's context and a desktop; None where narrow networks fit anyway."""
    if world.size == "quick" or card is None:
        return None
    return least_economy(recipe, published_weights(world.dtype), card * GIB - CONTEXT - DESKTOP)


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
