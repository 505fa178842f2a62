"""How long work takes on a device: by CUDA events on a GPU, by the clock on a CPU."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import torch

Mark: TypeAlias = torch.cuda.Event | float


@dataclass(frozen=True)
class Rounds:
    """How often something is measured, and called before that: compilers, autotuners and allocators settle then."""

    measured: int = 20
    warm_up: int = 3


@dataclass(frozen=True)
class Timing:
    """Milliseconds. first_ms: of the first, unmeasured call, which compiles."""

    median_ms: float
    first_ms: float
    rounds_ms: tuple[float, ...]

    @staticmethod
    def of(first_ms: float, rounds_ms: list[float]) -> "Timing":
        shown = tuple(round(each, 4) for each in rounds_ms)
        return Timing(round(statistics.median(rounds_ms), 4), round(first_ms, 1), shown)


def mark(device: torch.device) -> Mark:
    """This moment in the device's queue; on a CPU, now."""
    if device.type != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def milliseconds(start: Mark, end: Mark) -> float:
    """From one mark to the other, once the device has passed both."""
    if isinstance(start, torch.cuda.Event):
        assert isinstance(end, torch.cuda.Event)
        end.synchronize()
        return start.elapsed_time(end)
    assert not isinstance(end, torch.cuda.Event)
    return 1000 * (end - start)


def finish(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(step: Callable[[], object], device: torch.device, rounds: Rounds) -> Timing:
    """Time one call at a time, after the unmeasured ones; nothing waits for the device between the calls."""
    first = _unmeasured(step, device, rounds)
    marks = [mark(device)]
    for _ in range(rounds.measured):
        step()
        marks.append(mark(device))
    return Timing.of(first, [milliseconds(*pair) for pair in pairwise(marks)])


def timed_in_turns(
    variants: Mapping[str, Callable[[], object]], device: torch.device, rounds: Rounds
) -> dict[str, Timing]:
    """As ``timed``, one round of each variant after the other, so that a slow spell slows all of them."""
    first = {name: _unmeasured(step, device, rounds) for name, step in variants.items()}
    taken: dict[str, list[tuple[Mark, Mark]]] = {name: [] for name in variants}
    for _ in range(rounds.measured):
        for name, step in variants.items():
            start = mark(device)
            step()
            taken[name].append((start, mark(device)))
    return {name: Timing.of(first[name], [milliseconds(*pair) for pair in pairs]) for name, pairs in taken.items()}


def _unmeasured(step: Callable[[], object], device: torch.device, rounds: Rounds) -> float:
    start = time.perf_counter()
    step()
    finish(device)
    first = 1000 * (time.perf_counter() - start)
    for _ in range(rounds.warm_up - 1):
        step()
    finish(device)
    return first


@dataclass
class Laps:
    """Divides what a device does into named stretches, without waiting for it before ``read``."""

    device: torch.device
    _marks: list[tuple[str, Mark]] = field(default_factory=list, init=False)

    def start(self) -> None:
        """Begin a step."""
        self._marks.append(("", mark(self.device)))

    def lap(self, name: str) -> None:
        """All since the last mark was ``name``."""
        self._marks.append((name, mark(self.device)))

    def read(self) -> list[dict[str, float]]:
        """Milliseconds of every stretch of every step; those of a step that share a name are added up."""
        steps: list[dict[str, float]] = []
        before: Mark = 0.0
        for name, now in self._marks:
            if name:
                steps[-1][name] = steps[-1].get(name, 0.0) + milliseconds(before, now)
            else:
                steps.append({})
            before = now
        return steps
