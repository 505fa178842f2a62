"""One evaluated object on disk: what it cost, what it scored, or why it failed; written whole, so runs can resume."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .mesh_quality import ShapeMatch, Soundness
from .r_precision import Retrieval
from .scores import PhaseScores, Verdict
from .suite import Subject
from .texture_quality import TextureMatch

_RECORD = "record.json"
_PROPS = "props.json"


@dataclass(frozen=True)
class PhaseRecord:
    """A phase of an object. The costs are those of capture.PhaseCost."""

    name: str
    steps: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    scores: PhaseScores


@dataclass(frozen=True)
class ObjectRecord:
    """An object; ``failure`` is empty, or says why there are no phases. seconds is the whole wait, models loaded."""

    subject: Subject
    seed: int
    seconds: float
    phases: tuple[PhaseRecord, ...]
    failure: str = ""


def object_folder(out: Path, subject: Subject, seed: int) -> Path:
    """Where an object's files are."""
    return out / "objects" / f"{subject.colour}-{subject.prop_class}-{seed}"


def write_record(record: ObjectRecord, folder: Path) -> None:
    """Write to a side file and rename: a record that exists is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_RECORD}.partial"
    partial.write_text(json.dumps(asdict(record), indent=1) + "\n", "utf-8")
    partial.replace(folder / _RECORD)


def is_evaluated(folder: Path) -> bool:
    """Whether ``folder`` holds the record of an object that did not fail; failed ones are tried again."""
    return (folder / _RECORD).exists() and not read_record(folder).failure


def read_record(folder: Path) -> ObjectRecord:
    """Read what ``write_record`` wrote."""
    data = json.loads((folder / _RECORD).read_text("utf-8"))
    return ObjectRecord(
        subject=Subject(**data["subject"]),
        seed=data["seed"],
        seconds=data["seconds"],
        phases=tuple(PhaseRecord(**{**phase, "scores": _phase_scores(phase["scores"])}) for phase in data["phases"]),
        failure=data["failure"],
    )


def write_prop_verdicts(verdicts: dict[Subject, tuple[Verdict, ...]], out: Path) -> None:
    """Keep what the judges say of the props themselves."""
    data = [{"subject": asdict(subject), "verdicts": [asdict(v) for v in found]} for subject, found in verdicts.items()]
    (out / _PROPS).write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def read_prop_verdicts(out: Path) -> dict[Subject, tuple[Verdict, ...]]:
    """Read what ``write_prop_verdicts`` wrote; empty where it never did."""
    if not (out / _PROPS).exists():
        return {}
    data = json.loads((out / _PROPS).read_text("utf-8"))
    return {Subject(**entry["subject"]): _verdicts(entry["verdicts"]) for entry in data}


def _verdicts(data: list[dict]) -> tuple[Verdict, ...]:
    return tuple(Verdict(**{**verdict, "retrieval": Retrieval(**verdict["retrieval"])}) for verdict in data)


def _phase_scores(data: dict) -> PhaseScores:
    return PhaseScores(
        verdicts=_verdicts(data["verdicts"]),
        soundness=Soundness(**data["soundness"]),
        shape=ShapeMatch(**data["shape"]),
        texture=TextureMatch(**data["texture"]),
    )
