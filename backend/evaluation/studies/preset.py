"""How long a person waits, and with how much memory, at each preset; the machine does nothing else meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..archive import Archive, Record
from ..bootstrap import Mean, bootstrap_mean
from ..capture import Capture, Costs, Watch
from ..case import Case, Target, TextPart
from ..document import Cell, Figure, Goal, Section, Table
from ..judges import Judge
from ..pairs import Pair
from ..wording import failure_list, progress_note

AIMS = {"draft": 30.0, "standard": 90.0, "high": 240.0}
"""Seconds from the request to the finished object, models loaded, on two cores."""

_WATCH = Watch(first_mesh=True)


@dataclass(frozen=True)
class NoScores:
    """Only the costs count."""


@dataclass(frozen=True)
class PresetStudy:
    """Every preset on every pair, one after another."""

    pairs: tuple[Pair, ...]
    presets: tuple[str, ...] = tuple(AIMS)
    name: str = "presets"
    watch: Watch = _WATCH
    is_timed: bool = True

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(
            Case(
                name=f"preset-{preset}-{pair.colour}-{pair.prop_class}",
                study=self.name,
                parts=(TextPart(pair.text),),
                target=Target.of_pair(pair),
                preset=preset,
            )
            for preset in self.presets
            for pair in self.pairs
        )

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> NoScores:
        return NoScores()

    def section(self, archive: Archive) -> Section:
        records, failures = archive.records(self.cases, NoScores), archive.failures(self.cases)
        parts: list[str | Table | Figure] = [_introduction(self.pairs)]
        if note := progress_note(len(records), len(failures), len(self.cases)):
            parts.append(note)
        if records:
            parts.append(_table(records))
        if failures:
            parts.append(failure_list(failures))
        goals = tuple(
            _goal(preset, [r.costs.seconds for r in records if r.case.preset == preset], len(self.pairs))
            for preset in self.presets
        )
        return Section("Time and memory", tuple(parts), goals)


def _introduction(pairs: Sequence[Pair]) -> str:
    return (
        f"Wall seconds on {', '.join(pair.text for pair in pairs)}, one after another in one process that has the"
        " machine to itself, with as many threads as the engine takes unasked, models loaded before. *First mesh* is"
        " the first live mesh with faces, as the add-on would show it, counted from the request. Memory is the largest"
        " resident size of that process, libraries, models and judges included."
    )


def _goal(preset: str, seconds: list[float], asked: int) -> Goal:
    """Says of how many objects it is where some are missing or failed."""
    reached = bootstrap_mean(seconds) if seconds else None
    what = f"time of preset {preset}, from request to finished object"
    if len(seconds) < asked:
        what += f" ({len(seconds)} of {asked} objects)"
    return Goal(what, AIMS[preset], reached, "s", "lower")


def _table(records: Sequence[Record[NoScores]]) -> Table:
    phases = [cost.name for cost in records[0].costs.phases]
    rows: list[tuple[Cell, ...]] = []
    for preset in dict.fromkeys(record.case.preset for record in records):
        costs = [record.costs for record in records if record.case.preset == preset]
        first = [cost.first_mesh_seconds for cost in costs if cost.first_mesh_seconds is not None]
        rows.append(
            (
                preset,
                bootstrap_mean(first) if first else None,
                bootstrap_mean([cost.preparing_seconds for cost in costs]),
                *(_phase_mean(costs, phase) for phase in phases),
                bootstrap_mean([cost.finishing_seconds for cost in costs]),
                bootstrap_mean([cost.seconds for cost in costs]),
                round(max(cost.peak_mib for cost in costs)),
            )
        )
    headings = ("preset", "first mesh", "preparing", *phases, "finishing", "total", "peak MiB")
    return Table(headings, tuple(rows))


def _phase_mean(costs: Sequence[Costs], phase: str) -> Mean:
    return bootstrap_mean([each.seconds for cost in costs for each in cost.phases if each.name == phase])
