"""The raw results in one JSON file, rewritten after every case, so that an interrupted run keeps what it has."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from any_to_3d.backend.evaluation.whole_file import write_whole

from .case import PartName, Result


@dataclass(frozen=True)
class Origin:
    """Where the numbers come from; a file holds those of a single one.   settings: what was asked of this script."""

    device: str
    driver: str
    machine: str
    commit: str
    has_local_changes: bool
    packages: Mapping[str, str]
    settings: Mapping[str, str | int]


@dataclass
class PartJournal:
    """By the names of cases: what was measured, what failed and how, what is left out and why."""

    results: dict[str, object] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def clear(self, case: str) -> None:
        for known in (self.failed, self.left_out):
            known.pop(case, None)


class Journal:
    """Raises ValueError for a file that holds results of another device, commit or setting."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self.path, self.origin = path, origin
        self.parts: dict[str, PartJournal] = {}
        if path.exists():
            self._read()

    def has(self, part: PartName, case: str) -> bool:
        """Whether it was measured; what failed or was left out is tried again."""
        return part in self.parts and case in self.parts[part].results

    def failures(self, part: PartName) -> tuple[str, ...]:
        return tuple(self.parts[part].failed) if part in self.parts else ()

    def keep(self, part: PartName, case: str, result: Result, seconds: float) -> None:
        """seconds: that measuring took, warm-up and preparation included."""
        entry = self._cleared(part, case)
        entry.results[case], entry.seconds[case] = asdict(result), round(seconds, 2)
        self._write()

    def fail(self, part: PartName, case: str, problem: str) -> None:
        self._cleared(part, case).failed[case] = problem
        self._write()

    def leave_out(self, part: PartName, case: str, reason: str) -> None:
        self._cleared(part, case).left_out[case] = reason
        self._write()

    def _cleared(self, part: PartName, case: str) -> PartJournal:
        entry = self.parts.setdefault(part, PartJournal())
        entry.clear(case)
        return entry

    def _read(self) -> None:
        known = json.loads(self.path.read_text("utf-8"))
        ours, theirs = json.loads(json.dumps(asdict(self.origin))), known["origin"]
        if differing := [name for name in ours if ours[name] != theirs.get(name)]:
            shown = "; ".join(f"{name} {theirs.get(name)!r}, now {ours[name]!r}" for name in differing)
            raise ValueError(f"{self.path} holds another run's results ({shown}); name another folder or remove it")
        self.parts = {name: PartJournal(**entry) for name, entry in known["parts"].items()}

    def _write(self) -> None:
        parts = {name: asdict(entry) for name, entry in self.parts.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, json.dumps({"origin": asdict(self.origin), "parts": parts}, indent=1) + "\n")
