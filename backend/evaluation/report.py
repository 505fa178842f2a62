"""report.md and report.json: aims and what was reached, the studies one after another, and where it all comes from."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .archive import Archive
from .case import Case
from .document import Figure, Goal, Section, goals_table, section_data, section_markdown, table_markdown
from .provenance import Contribution, Provenance, Source
from .suites import Suite


def write_report(suite: Suite, archive: Archive, source: Provenance) -> Path:
    """Write the report and its figures from what is on disk; returns the path of report.md."""
    sections = [study.section(archive) for study in suite.studies]
    for figure in (part for section in sections for part in section.parts if isinstance(part, Figure)):
        figure.image.save(archive.out / figure.file, optimize=True)
    cases = list({case.name: case for study in suite.studies for case in study.cases}.values())
    data = {
        "provenance": asdict(source),
        "sections": [section_data(section) for section in sections],
        "objects": archive.as_data(cases),
    }
    (archive.out / "report.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    page = archive.out / "report.md"
    page.write_text(report_markdown(source, _how_much(archive, cases), sections, suite.limits), "utf-8")
    return page


def report_markdown(source: Provenance, how_much: str, sections: Sequence[Section], limits: Sequence[str] = ()) -> str:
    """The report for people; ``how_much`` of it there is stands in its head."""
    goals: list[Goal] = [goal for section in sections for goal in section.goals]
    parts = [f"# Evaluation: suite {source.suite}, plan {source.plan}, profile {source.profile}", how_much]
    if goals:
        parts += ["## Aims", table_markdown(goals_table(goals))]
    parts += [section_markdown(section) for section in sections]
    if limits:
        parts += ["## Limits", "\n".join(f"- {limit}" for limit in limits)]
    parts += ["## Where this comes from", _provenance_lines(source)]
    return "\n\n".join(parts) + "\n"


def _how_much(archive: Archive, cases: Sequence[Case]) -> str:
    failed = len(archive.failures(cases))
    ended = len(archive.as_data(cases))
    text = f"{ended - failed} of {len(cases)} objects made"
    if failed:
        text += f"; {failed} failed"
    if missing := len(cases) - ended:
        text += f"; {missing} still to be made"
    return f"{text}."


def _provenance_lines(source: Provenance) -> str:
    runs = source.contributions
    known = [run.source for run in runs if run.source.machine] or [source.own]
    machines = dict.fromkeys(f"{run.machine}; Python {run.python}, torch {run.torch}" for run in known)
    return "\n".join(
        [
            *(f"- Machine: {machine}" for machine in machines),
            *(f"- {_run_line(run)}" for run in runs),
            f"- This page: {_made_by(source.own)}",
            f"- Weights SHA-256 {source.weights[:16]}",
            f"- {source.views} azimuths an elevation, distance 2.5, field of view 40 degrees, unlit, on white",
        ]
    )


def _run_line(run: Contribution) -> str:
    """Which studies a run did something for, from which code and by which command."""
    studies = f"Studies {', '.join(run.studies)}" if run.studies else "Studies not recorded"
    return f"{studies}: {_made_by(run.source)}"


def _made_by(source: Source) -> str:
    changes = " with local changes" if source.has_local_changes else ""
    command = f"`{source.command}`" if source.command else "command not recorded"
    return f"commit {source.commit or 'unknown (not a checkout)'}{changes}, {command}"
