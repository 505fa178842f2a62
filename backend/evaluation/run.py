"""Generate and score every object of a suite, in one or more processes, and write the report.

An interrupted run goes on where it stopped: give the same output folder again.
"""

import json
import logging
import multiprocessing
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from ..catalogue import ProfileName
from ..engine import Engine
from ..finishing.glb import write_glb
from ..generator.representations.scene import GenerationFailed
from ..log_format import log_to_stderr
from ..runtime import choose_device, models_root
from ..worker_process import build_engine
from . import capture
from .contact_sheet import Row, contact_sheet
from .judges import profile_judges
from .orbit import VIEWS
from .provenance import Provenance, provenance
from .records import (
    ObjectRecord,
    PhaseRecord,
    is_evaluated,
    object_folder,
    read_prop_verdicts,
    read_record,
    write_prop_verdicts,
    write_record,
)
from .report import Findings, report_json, report_markdown
from .scores import Judge, phase_scores, prop_verdicts
from .suite import Subject, Suite, named_suite

log = logging.getLogger(__name__)

_PROVENANCE = "provenance.json"
_MUST_MATCH = ("weights", "profile", "recipe", "preset", "suite", "views")


@dataclass(frozen=True)
class Settings:
    """How objects are made and judged. models_folder is read by the full profile only."""

    out: Path
    profile: ProfileName = "builtin"
    recipe: str = "xbind"
    preset: str = "standard"
    device: str = "auto"
    models_folder: str = ""
    threads: int = 1
    views: int = VIEWS

    @property
    def models(self) -> Path:
        """The folder of the profile's networks."""
        return models_root(self.profile, Path(self.models_folder) if self.models_folder else None)


def main(suite: str, settings: Settings, seeds: int | None = None, workers: int = 1) -> Path:
    """Evaluate the suite called ``suite``; returns the path of report.md.

    seeds: instead of the suite's own number. Raises ValueError for an unknown suite and for an output folder that holds
    results made in another way; FileNotFoundError where weights are missing.
    """
    chosen = named_suite(suite)
    if workers < 1 or (seeds is not None and seeds < 1):
        raise ValueError(f"got workers {workers} and seeds {seeds}; both must be at least 1")
    objects = _objects(chosen, seeds or chosen.seeds)
    source = _claim_folder(settings, suite)
    missing = [o for o in objects if not is_evaluated(object_folder(settings.out, *o))]
    log.info("suite=%s objects=%d to_do=%d workers=%d", suite, len(objects), len(missing), workers)
    if workers == 1:
        _evaluate_share(settings, missing)
    else:
        _evaluate_in_processes(settings, missing, workers)
    _judge_props(settings, chosen)
    return write_report(settings.out, objects, source)


def evaluate_object(
    engine: Engine, judges: tuple[Judge, ...], subject: Subject, seed: int, settings: Settings
) -> ObjectRecord:
    """Generate (unless an earlier run did), export and score one object; the record is on disk when this returns."""
    folder = object_folder(settings.out, subject, seed)
    try:
        if not capture.is_saved(folder):
            capture.save(capture.capture(engine, subject, seed, settings.recipe, settings.preset), folder)
    except (GenerationFailed, ValueError) as error:
        record = ObjectRecord(subject, seed, 0.0, (), failure=str(error))
    else:
        made = capture.load(folder)
        write_glb(made.meshes[-1], folder / "final.glb")
        phases = tuple(
            PhaseRecord(**asdict(cost), scores=phase_scores(mesh, subject, judges, settings.views))
            for cost, mesh in zip(made.costs, made.meshes, strict=True)
        )
        record = ObjectRecord(subject, seed, made.seconds, phases)
    write_record(record, folder)
    log.info("object=%s seed=%d seconds=%.1f failure=%s", subject.text, seed, record.seconds, record.failure or "none")
    return record


def write_report(out: Path, objects: list[tuple[Subject, int]], source: Provenance) -> Path:
    """report.json, report.md and the contact sheets, from the records in ``out``; returns the path of report.md."""
    folders = [object_folder(out, subject, seed) for subject, seed in objects]
    records = [read_record(folder) for folder in folders]
    sheets = _write_sheets(out, [(f, r) for f, r in zip(folders, records, strict=True) if not r.failure])
    findings = Findings(tuple(records), tuple(read_prop_verdicts(out).values()), source)
    (out / "report.json").write_text(report_json(findings), "utf-8")
    page = out / "report.md"
    page.write_text(report_markdown(findings, sheets), "utf-8")
    return page


def _write_sheets(out: Path, finished: list[tuple[Path, ObjectRecord]]) -> list[str]:
    """One sheet for each phase with all objects, and one of the finished objects of seed 0."""
    rows: dict[str, list[Row]] = {}
    for folder, record in finished:
        meshes = capture.load(folder).meshes
        label = f"{record.subject.text}{' (held out)' if record.subject.is_held_out else ''}, seed {record.seed}"
        for phase, mesh in zip(record.phases, meshes, strict=True):
            rows.setdefault(f"contact-{phase.name}.png", []).append(Row(label, mesh))
        if record.seed == 0:
            rows.setdefault("contact-seed-0.png", []).append(Row(label, meshes[-1]))
    for name, lines in rows.items():
        contact_sheet(lines).save(out / name, optimize=True)
    return list(rows)


def _objects(suite: Suite, seeds: int) -> list[tuple[Subject, int]]:
    """Seed by seed, so that an interrupted run has seen every subject."""
    return [(subject, seed) for seed in range(seeds) for subject in suite.subjects]


def _claim_folder(settings: Settings, suite: str) -> Provenance:
    """Write down how the folder's results are made; an earlier run must have made its own in the same way."""
    source = provenance(settings.models, settings.profile, settings.recipe, settings.preset, suite, settings.views)
    path = settings.out / _PROVENANCE
    settings.out.mkdir(parents=True, exist_ok=True)
    if path.exists():
        before = json.loads(path.read_text("utf-8"))
        other = [key for key in _MUST_MATCH if before[key] != getattr(source, key)]
        if other:
            differences = ", ".join(f"{key} {before[key]} instead of {getattr(source, key)}" for key in other)
            raise ValueError(f"{settings.out} holds results with {differences}; choose an empty folder")
    path.write_text(json.dumps(asdict(source), indent=1) + "\n", "utf-8")
    return source


def _evaluate_share(settings: Settings, objects: list[tuple[Subject, int]]) -> None:
    if not objects:
        return
    torch.set_num_threads(settings.threads)
    engine = build_engine(settings.profile, settings.device, settings.models_folder, settings.threads)
    engine.load()
    judges = profile_judges(settings.models, choose_device(settings.device))
    for subject, seed in objects:
        evaluate_object(engine, judges, subject, seed, settings)


def _judge_props(settings: Settings, suite: Suite) -> None:
    """Once a folder: what the judges say of the props' own pictures."""
    if read_prop_verdicts(settings.out):
        return
    judges = profile_judges(settings.models, choose_device(settings.device))
    verdicts = {subject: prop_verdicts(subject, judges, settings.views) for subject in suite.subjects}
    write_prop_verdicts(verdicts, settings.out)


def _evaluate_in_processes(settings: Settings, objects: list[tuple[Subject, int]], workers: int) -> None:
    """Every worker takes every n-th object. Raises RuntimeError if a process died."""
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_logged, args=(_evaluate_share, settings, objects[number::workers]))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    if any(codes):
        raise RuntimeError(f"evaluation processes ended with exit codes {codes}; see the log, then run again to go on")


def _logged(work: Callable[[Settings, list[tuple[Subject, int]]], None], settings: Settings, objects: list) -> None:
    log_to_stderr()
    work(settings, objects)
