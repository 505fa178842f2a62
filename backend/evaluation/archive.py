"""An evaluation on disk: of every case its capture, what it scored or why it failed; written whole, so runs resume."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ...shared.mesh import TexturedMesh
from . import capture
from .case import Case
from .typed_json import from_json, to_json
from .whole_file import write_whole

_OUTCOME = "outcome.json"
_SCORES = "scores.json"

Scores = TypeVar("Scores")


@dataclass(frozen=True)
class Outcome:
    """How a case ended; ``failure`` is empty, or says why there is no object (and then no costs)."""

    case: Case
    costs: capture.Costs | None
    failure: str = ""


@dataclass(frozen=True)
class Record(Generic[Scores]):
    """A finished case."""

    case: Case
    costs: capture.Costs
    scores: Scores


@dataclass(frozen=True)
class Failure:
    """A case without an object."""

    case: Case
    why: str


class Archive:
    """The output folder of an evaluation."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def folder(self, case: Case) -> Path:
        """Where an object's files are."""
        return self.out / "objects" / case.name

    def write(self, outcome: Outcome, scores: object = None) -> None:
        """Keep how a case ended, the outcome last: one that exists is complete."""
        folder = self.folder(outcome.case)
        folder.mkdir(parents=True, exist_ok=True)
        if scores is not None:
            write_whole(folder / _SCORES, to_json(scores))
        write_whole(folder / _OUTCOME, to_json(outcome))

    def is_done(self, case: Case) -> bool:
        """Whether a case was finished; failed ones are tried again.

        Raises ValueError where its folder holds an object that was asked for in another way.
        """
        outcome = self._outcome(case)
        if outcome is None:
            return False
        if outcome.case != case:
            raise ValueError(
                f"{self.folder(case)} holds another case, {outcome.case}, instead of {case}; choose an empty folder"
            )
        return not outcome.failure

    def records(self, cases: Sequence[Case], kind: type[Scores]) -> tuple[Record[Scores], ...]:
        """The finished ones of ``cases``, in order, with their scores of this kind."""
        found = []
        for case in cases:
            outcome = self._outcome(case)
            if outcome is not None and outcome.costs is not None:
                scores = from_json((self.folder(case) / _SCORES).read_text("utf-8"), kind)
                found.append(Record(case, outcome.costs, scores))
        return tuple(found)

    def failures(self, cases: Sequence[Case]) -> tuple[Failure, ...]:
        """The failed ones of ``cases``, in order."""
        outcomes = [self._outcome(case) for case in cases]
        return tuple(Failure(outcome.case, outcome.failure) for outcome in outcomes if outcome and outcome.failure)

    def meshes(self, case: Case) -> dict[str, TexturedMesh]:
        """The kept meshes of a finished case by phase, the last one finished."""
        return capture.load(self.folder(case)).meshes

    def mesh(self, case: Case) -> TexturedMesh:
        """The delivered object of a finished case."""
        return capture.load(self.folder(case)).mesh

    def write_survey(self, study: str, survey: object) -> None:
        """Keep what a study found without making an object."""
        self.out.mkdir(parents=True, exist_ok=True)
        write_whole(self._survey_path(study), to_json(survey))

    def has_survey(self, study: str) -> bool:
        return self._survey_path(study).exists()

    def survey(self, study: str, kind: type[Scores]) -> Scores | None:
        """Read what ``write_survey`` kept; None where it never did."""
        path = self._survey_path(study)
        return from_json(path.read_text("utf-8"), kind) if path.exists() else None

    def as_data(self, cases: Sequence[Case]) -> list[dict[str, object]]:
        """Everything measured of these cases, for report.json."""
        found = []
        for folder in map(self.folder, cases):
            if (folder / _OUTCOME).exists():
                files = {"outcome": folder / _OUTCOME, "scores": folder / _SCORES}
                found.append(
                    {name: json.loads(file.read_text("utf-8")) for name, file in files.items() if file.exists()}
                )
        return found

    def _outcome(self, case: Case) -> Outcome | None:
        path = self.folder(case) / _OUTCOME
        return from_json(path.read_text("utf-8"), Outcome) if path.exists() else None

    def _survey_path(self, study: str) -> Path:
        return self.out / f"survey-{study}.json"
