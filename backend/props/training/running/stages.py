"""The stages of a training: which must wait for which, one time budget for all, and where they go on when stopped."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from .plan import HeadStart, Task, allotted

_WRITTEN_EVERY_SECONDS = 15.0


@dataclass(frozen=True)
class Stage:
    """One step of a training.

    share: of the time, against those of the others; 0 takes as long as it takes.   work: gets the minutes it may take.
    most_minutes: more would teach it nothing.   after: stages that must be done before it begins.
    head_start: one that need not be done, but must have kept a part of its training.
    """

    name: str
    share: float
    work: Callable[[float], None]
    most_minutes: float = float("inf")
    after: tuple[str, ...] = ()
    head_start: HeadStart | None = None


class Crew(Protocol):
    """Who does the work of stages, on one or more lanes."""

    @property
    def lanes(self) -> int:
        """How many stages it works on at the same time."""
        ...

    def start(self, stage: Stage, minutes: float) -> None:
        """Begin with a stage; there is a free lane."""
        ...

    def wait(self) -> tuple[str, ...]:
        """The stages that are done, after a while or as soon as there are any. Raises what has stopped one."""
        ...

    def kept_share(self, name: str) -> float:
        """How much of its training a stage at work has kept for others to start from."""
        ...

    def stop(self) -> None:
        """End what is at work, so that it can go on another time."""
        ...


class InTurn:
    """One lane, in this process."""

    lanes = 1

    def __init__(self) -> None:
        self._next: tuple[Stage, float] | None = None

    def start(self, stage: Stage, minutes: float) -> None:
        self._next = stage, minutes

    def wait(self) -> tuple[str, ...]:
        assert self._next is not None
        stage, minutes = self._next
        stage.work(minutes)
        return (stage.name,)

    def kept_share(self, name: str) -> float:
        return 0.0

    def stop(self) -> None:
        """What raised in wait has ended already."""


@dataclass
class StageRecord:
    """What became of a stage: the minutes it was given when it began, the seconds it took, all attempts together."""

    minutes: float
    seconds: float = 0.0
    done: bool = False

    @property
    def minutes_left(self) -> float:
        return max(0.0, self.minutes - self.seconds / 60.0)


class StageLedger:
    """The records of `folder`/stages.json, and the wall-clock time that all of them took side by side."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "stages.json"
        self.wall_seconds = 0.0
        self.records: dict[str, StageRecord] = {}
        if self._file.exists():
            stored = json.loads(self._file.read_text())
            self.wall_seconds = stored["wall_seconds"]
            self.records = {name: StageRecord(**fields) for name, fields in stored["stages"].items()}

    @property
    def spent_minutes(self) -> float:
        return self.wall_seconds / 60.0

    def is_done(self, name: str) -> bool:
        return name in self.records and self.records[name].done

    def write(self) -> None:
        content = {
            "wall_seconds": round(self.wall_seconds, 3),
            "stages": {name: asdict(record) for name, record in self.records.items()},
        }
        partial = self._file.with_name("stages.partial")
        partial.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(partial, self._file)


def run_stages(
    stages: Sequence[Stage],
    minutes: float,
    folder: Path,
    crew: Crew | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Do the stages within `minutes` of wall-clock time, leaving out those that `folder`/stages.json says are done.

    A stage begins as soon as a lane is free and what it needs is there; of several, the first. One that was stopped
    keeps the minutes it was given: what it trains knows how much of them it has used. Whatever ends this, an interrupt
    or one stage that fails, stops the others, and the same call goes on. Raises ValueError for stages out of order.
    """
    _require_order(stages)
    crew = crew or InTurn()
    work = _Work(stages, StageLedger(folder), minutes, crew, clock)
    try:
        while not work.is_done:
            work.start_ready()
            work.finish(crew.wait())
    finally:
        crew.stop()
        work.count_time(is_last=True)


class _Work:
    """What is done, what is going on and what is still to come."""

    def __init__(
        self, stages: Sequence[Stage], ledger: StageLedger, minutes: float, crew: Crew, clock: Callable[[], float]
    ) -> None:
        self._stages, self._ledger, self._minutes, self._crew, self._clock = stages, ledger, minutes, crew, clock
        self._running: list[str] = []
        self._counted = self._written = clock()

    @property
    def is_done(self) -> bool:
        return all(self._ledger.is_done(stage.name) for stage in self._stages)

    def start_ready(self) -> None:
        """Begin what can begin, in the order of the stages."""
        for stage in self._stages:
            if len(self._running) == self._crew.lanes:
                return
            if self._is_ready(stage):
                if stage.name not in self._ledger.records:
                    self._ledger.records[stage.name] = StageRecord(self._allotted(stage))
                    self._ledger.write()
                self._running.append(stage.name)
                self._crew.start(stage, self._ledger.records[stage.name].minutes)

    def finish(self, names: tuple[str, ...]) -> None:
        """Note that time has passed and that these are done."""
        self.count_time()
        for name in names:
            self._running.remove(name)
            self._ledger.records[name].done = True
        if names:
            self._ledger.write()

    def count_time(self, is_last: bool = False) -> None:
        """Add the time since the last call to the wall clock's and to that of each stage at work."""
        now = self._clock()
        self._ledger.wall_seconds += now - self._counted
        for name in self._running:
            self._ledger.records[name].seconds += now - self._counted
        self._counted = now
        if is_last or now - self._written > _WRITTEN_EVERY_SECONDS:
            self._ledger.write()
            self._written = now

    def _is_ready(self, stage: Stage) -> bool:
        if stage.name in self._running or self._ledger.is_done(stage.name):
            return False
        if not all(self._ledger.is_done(name) for name in stage.after):
            return False
        start = stage.head_start
        if start is None or self._ledger.is_done(start.stage):
            return True
        return start.stage in self._running and self._crew.kept_share(start.stage) >= start.share

    def _allotted(self, stage: Stage) -> float:
        tasks = [self._task(each) for each in self._stages if not self._ledger.is_done(each.name)]
        return allotted(tasks, stage.name, self._minutes - self._ledger.spent_minutes, self._crew.lanes)

    def _task(self, stage: Stage) -> Task:
        record = self._ledger.records.get(stage.name)
        return Task(
            name=stage.name,
            share=stage.share,
            most_minutes=stage.most_minutes,
            after=stage.after,
            head_start=stage.head_start,
            minutes=None if record is None else record.minutes_left,
            spent=0.0 if record is None else record.minutes - record.minutes_left,
            is_running=stage.name in self._running,
        )


def _require_order(stages: Sequence[Stage]) -> None:
    earlier: set[str] = set()
    for stage in stages:
        needed = {*stage.after, *((stage.head_start.stage,) if stage.head_start else ())}
        if missing := needed - earlier:
            raise ValueError(f"stage {stage.name} needs {', '.join(sorted(missing))}, which must come before it")
        earlier.add(stage.name)
