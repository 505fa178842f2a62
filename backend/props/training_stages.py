"""A row of training stages that shares one time budget and goes on where it stopped."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """One step of the row.

    share: of the time left, against those of the stages still to come; 0 takes as long as it takes.
    most_minutes: more would teach it nothing.   work: gets the minutes it may take.
    """

    name: str
    share: float
    work: Callable[[float], None]
    most_minutes: float = float("inf")


@dataclass
class StageRecord:
    """What became of a stage: the minutes it was given when it began, the seconds it took, all attempts together."""

    minutes: float
    seconds: float = 0.0
    done: bool = False


class StageLedger:
    """The records of `folder`/stages.json, written after every change."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "stages.json"
        stored = json.loads(self._file.read_text()) if self._file.exists() else {}
        self.records = {name: StageRecord(**fields) for name, fields in stored.items()}

    @property
    def spent_minutes(self) -> float:
        return sum(record.seconds for record in self.records.values()) / 60.0

    def is_done(self, name: str) -> bool:
        return name in self.records and self.records[name].done

    def write(self) -> None:
        partial = self._file.with_name("stages.partial")
        partial.write_text(json.dumps({name: asdict(record) for name, record in self.records.items()}, indent=1) + "\n")
        os.replace(partial, self._file)


def run_stages(
    stages: Sequence[Stage], minutes: float, folder: Path, clock: Callable[[], float] = time.monotonic
) -> None:
    """Do the stages in order, leaving out those that `folder`/stages.json says are done.

    A stage that was stopped keeps the minutes it was given: what it trains knows how much of them it has used.
    """
    ledger = StageLedger(folder)
    for number, stage in enumerate(stages):
        if ledger.is_done(stage.name):
            continue
        if stage.name not in ledger.records:
            given = allotted(stages[number:], minutes - ledger.spent_minutes)
            ledger.records[stage.name] = StageRecord(given)
            ledger.write()
        record, began = ledger.records[stage.name], clock()
        earlier = record.seconds
        try:
            stage.work(record.minutes)
            record.done = True
        finally:
            record.seconds = earlier + clock() - began
            ledger.write()


def allotted(coming: Sequence[Stage], minutes_left: float) -> float:
    """The minutes of the first of the stages to come: its share of what is left, at least a twentieth of a minute.

    What a later stage may not use (most_minutes) is not kept back for it.
    """
    first = coming[0]
    if first.share == 0.0:
        return 0.0
    left, shares = max(minutes_left, 0.0), sum(stage.share for stage in coming)
    for stage in sorted(coming[1:], key=lambda each: each.most_minutes / each.share if each.share else float("inf")):
        if stage.share and left * stage.share / shares > stage.most_minutes:
            left, shares = left - stage.most_minutes, shares - stage.share
    return max(0.05, min(left * first.share / shares, first.most_minutes))
