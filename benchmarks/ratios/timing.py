"""Timing in turns, and what a case reports. Without torch, because a part of it runs inside Blender's Python."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Step = Callable[[], object]
Size = Literal["full", "quick"]


@dataclass(frozen=True)
class Times:
    """Milliseconds of each variant in each round: of all threads and ended children together, and by the clock."""

    cpu: Mapping[str, tuple[float, ...]]
    wall: Mapping[str, tuple[float, ...]]

    def ratio(self, ours: str, peer: str) -> float:
        """Median over the rounds of the peer's process time in a round over ours in the same round."""
        return statistics.median(theirs / mine for theirs, mine in zip(self.cpu[peer], self.cpu[ours], strict=True))

    def medians(self) -> dict[str, dict[str, float]]:
        """Median milliseconds of each variant, to print."""
        return {
            name: {
                "cpu_ms": round(statistics.median(self.cpu[name]), 3),
                "wall_ms": round(statistics.median(self.wall[name]), 3),
            }
            for name in self.cpu
        }


@dataclass(frozen=True)
class Verdict:
    """One number of a case and the range it has to be in; at_most is None where more is better without end."""

    what: str
    value: float
    at_least: float
    at_most: float | None = None

    @property
    def is_reached(self) -> bool:
        return self.at_least <= self.value and (self.at_most is None or self.value <= self.at_most)


@dataclass(frozen=True)
class Report:
    """What a case found. facts: equality of the results and sizes; left_out: peers not measured, with the reason."""

    what: str
    times: Times = field(default_factory=lambda: Times({}, {}))
    verdicts: tuple[Verdict, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def take_turns(variants: Mapping[str, Step], rounds: int, between: Step = lambda: None) -> Times:
    """Run every variant once unmeasured, then ``rounds`` times in turns, so that a busy spell slows all of them.

    between: called, unmeasured, before each round.
    """
    for step in variants.values():
        step()
    taken = []
    for _ in range(rounds):
        between()
        taken.append({name: _milliseconds(step) for name, step in variants.items()})
    cpu, wall = ({name: tuple(each[name][clock] for each in taken) for name in variants} for clock in range(2))
    return Times(cpu, wall)


def ratio_verdicts(times: Times, ours: str, gates: Mapping[str, float]) -> tuple[Verdict, ...]:
    """How many times faster ``ours`` is than each measured peer in gates, which maps its name to the least ratio."""
    return tuple(
        Verdict(f"{peer} / {ours}", round(times.ratio(ours, peer), 2), least)
        for peer, least in gates.items()
        if peer in times.cpu
    )


def _milliseconds(step: Step) -> tuple[float, float]:
    cpu, wall = _cpu_seconds(), time.perf_counter()
    step()
    return (_cpu_seconds() - cpu) * 1000, (time.perf_counter() - wall) * 1000


def _cpu_seconds() -> float:
    """Of this process and of the children that it has waited for; on Windows these count as nothing."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
