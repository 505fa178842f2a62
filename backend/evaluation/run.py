"""Do what a suite asks for, in one or more processes, and write the report.

An interrupted run goes on where it stopped: give the same output folder again.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..catalogue import PROFILES
from ..generator.recipes import RECIPES
from ..runtime import require_networks
from .archive import Archive
from .claim import claimed, credited
from .provenance import provenance
from .report import write_report
from .settings import Knowledge, Settings
from .studies.study import Surveying
from .suites import Suite, Wishes, choose_suite
from .worker import Job, in_processes, in_this_process

log = logging.getLogger(__name__)


def main(wishes: Wishes, settings: Settings, workers: int = 1) -> Path:
    """Evaluate; returns the path of report.md, which is written of what there is when the run is interrupted, too.

    Raises ValueError for wishes that cannot be fulfilled and for an output folder that holds results made in another
    way; FileNotFoundError where weights are missing; ProcessDied.
    """
    if workers < 1:
        raise ValueError(f"got workers {workers}; there must be at least 1")
    suite = choose_suite(wishes, Knowledge.of(settings), settings.views)
    require_feasible(suite, settings)
    source = claimed(settings.out, provenance(settings, suite.name, suite.plan))
    archive = Archive(settings.out)
    jobs = missing_jobs(suite, archive)
    log.info("suite=%s to_do=%d workers=%d", suite.name, len(jobs), workers)
    try:
        for job in _shown(_done(settings, jobs, workers), len(jobs)):
            source = credited(settings.out, source, (job.study.name,))
    finally:
        # Of an interrupted run, jobs that ended on disk without being heard of.
        source = credited(settings.out, source, [job.study.name for job in jobs if _is_on_disk(job, archive)])
        report = write_report(suite, archive, source)
    return report


def require_feasible(suite: Suite, settings: Settings) -> None:
    """Find out before a folder is claimed, and bound to these wishes, whether they can be fulfilled at all.

    Raises ValueError for a profile without models and for a recipe or preset that it lacks, and MissingWeights.
    """
    if settings.profile not in RECIPES:
        raise ValueError(f"profile {settings.profile!r} makes nothing to judge; evaluate {' or '.join(RECIPES)}")
    profile = PROFILES[settings.profile]
    for recipe, preset in dict.fromkeys((case.recipe, case.preset) for study in suite.studies for case in study.cases):
        profile.require(recipe, preset)
    require_networks(settings.models)


def missing_jobs(suite: Suite, archive: Archive) -> list[Job]:
    """Surveys and cases that are not on disk yet, each once; those of timed studies last.

    Raises ValueError for a folder that holds a case made in another way.
    """
    owners = {study.name: study for study in suite.studies}
    wanted = [study for study in suite.studies if study.name in suite.wanted]
    cases = {case.name: case for study in wanted for case in study.cases}
    assert all(cases[case.name] == case for study in wanted for case in study.cases), "two cases share a name"
    surveys = [Job(study) for study in wanted if isinstance(study, Surveying) and not archive.has_survey(study.name)]
    objects = [Job(owners[case.study], case) for case in cases.values() if not archive.is_done(case)]
    return surveys + sorted(objects, key=lambda job: job.study.is_timed)


def _done(settings: Settings, jobs: Sequence[Job], workers: int) -> Iterator[Job]:
    """Timed jobs run after all others, in a process of their own that has the machine to itself.

    They get as many threads as the engine takes unasked (one for the built-in models), as most people's objects do.
    """
    shared = [job for job in jobs if not job.study.is_timed]
    timed = [job for job in jobs if job.study.is_timed]
    if workers == 1 or len(shared) == 1:
        yield from in_this_process(settings, shared)
    elif shared:
        yield from in_processes(settings, shared, workers)
    if timed:
        yield from in_processes(replace(settings, threads=0), timed, 1)


def _is_on_disk(job: Job, archive: Archive) -> bool:
    return archive.has_survey(job.study.name) if job.case is None else archive.is_done(job.case)


def _shown(done: Iterator[Job], total: int) -> Iterator[Job]:
    """The jobs, under a bar with the time left on a terminal; with a line each where the output goes to a file."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=console, speed_estimate_period=1800) as bar:
        task = bar.add_task("evaluating", total=total)
        for number, job in enumerate(done, start=1):
            what = job.case.name if job.case else f"survey of {job.study.name}"
            bar.update(task, advance=1, description=what)
            if not console.is_terminal:
                log.info("done=%s number=%d of=%d", what, number, total)
            yield job
