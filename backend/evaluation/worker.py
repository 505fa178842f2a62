"""One process's share of an evaluation: an engine, the judges, and cases or surveys to be done one after another."""

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from ..engine import Engine
from ..finishing.glb import write_glb
from ..generator.representations.scene import GenerationFailed
from ..log_format import log_to_stderr
from ..parent_watch import end_with_parent
from ..runtime import choose_device
from ..worker_process import build_engine
from . import capture
from .archive import Archive, Outcome
from .case import Case
from .judges import Judge, profile_judges
from .request import request_of
from .settings import Settings
from .studies.study import Study, Surveying

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A case to make and score, or without one the study's survey."""

    study: Study
    case: Case | None = None


class ProcessDied(RuntimeError):
    """A process of an evaluation ended by itself, as where memory is short."""


class Worker:
    """Does jobs; what they found is on disk when ``do`` returns."""

    def __init__(self, engine: Engine, judges: Sequence[Judge], archive: Archive) -> None:
        self._engine, self._judges, self._archive = engine, judges, archive

    @staticmethod
    def loaded(settings: Settings) -> "Worker":
        """With the profile's networks. Raises MissingWeights."""
        engine = build_engine(settings.profile, settings.device, settings.models_folder, settings.threads)
        engine.load()
        return Worker(engine, profile_judges(settings.models, choose_device(settings.device)), Archive(settings.out))

    def do(self, job: Job) -> None:
        if job.case is not None:
            self._evaluate(job.study, job.case)
        else:
            assert isinstance(job.study, Surveying)
            self._archive.write_survey(job.study.name, job.study.survey(self._judges))

    def _evaluate(self, study: Study, case: Case) -> None:
        """Generate (unless an earlier run did), export and score."""
        folder = self._archive.folder(case)
        try:
            if not capture.is_saved(folder):
                capture.save(capture.capture(self._engine, request_of(case), study.watch), folder)
        except (GenerationFailed, ValueError) as error:
            log.info("case=%s failure=%s", case.name, error)
            self._archive.write(Outcome(case, None, str(error)))
            return
        made = capture.load(folder)
        try:
            write_glb(made.mesh, folder / "final.glb")
            scores = study.score(case, made, self._judges)
        except Exception as error:  # One object that cannot be scored, whatever the reason, may not cost the others.
            log.exception("case=%s", case.name)
            self._archive.write(Outcome(case, None, f"it was made, and could not be scored: {error!r}"))
            return
        self._archive.write(Outcome(case, made.costs), scores)
        log.info("case=%s seconds=%.1f", case.name, made.costs.seconds)


def in_this_process(settings: Settings, jobs: Sequence[Job]) -> Iterator[Job]:
    """Do the jobs in order, yielding each as it is done."""
    if jobs:
        worker = Worker.loaded(settings)
        for job in jobs:
            worker.do(job)
            yield job


def in_processes(settings: Settings, jobs: Sequence[Job], workers: int) -> Iterator[Job]:
    """Do the jobs in new processes, each taking the next when it is free; yields them as they are done.

    Raises ProcessDied, and whatever a job raised; what is done stays done.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start, initargs=(settings,)) as pool:
        waiting = {pool.submit(_do, job): job for job in jobs}
        try:
            for future in as_completed(waiting):
                future.result()
                yield waiting[future]
        except BrokenProcessPool as error:
            raise ProcessDied("an evaluation process died; see the log, then run again to go on") from error
        finally:
            pool.shutdown(cancel_futures=True)


_worker: Worker | None = None
"""Of a process of the pool, which has no other place to keep it between jobs."""


def _start(settings: Settings) -> None:
    global _worker
    end_with_parent()
    log_to_stderr(logging.WARNING)
    _worker = Worker.loaded(settings)


def _do(job: Job) -> None:
    assert _worker is not None
    _worker.do(job)
