"""From the records of all objects to report.json and report.md. Means are over objects, a failed one counting zero."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .bootstrap import Mean, bootstrap_mean
from .provenance import Provenance
from .records import ObjectRecord, PhaseRecord
from .side_by_side import Line, Verdicts, judges_of, precision, side_by_side

_ROMAN = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True)
class Findings:
    """Everything a report is made of: the objects' records, what the judges say of the props, where it comes from."""

    records: tuple[ObjectRecord, ...]
    props: tuple[Verdicts, ...]
    source: Provenance

    @property
    def finished(self) -> tuple[ObjectRecord, ...]:
        return tuple(record for record in self.records if not record.failure)

    @property
    def lines(self) -> tuple[Line, ...]:
        return side_by_side(self.records, self.props)


def report_json(findings: Findings) -> str:
    """Everything measured, with where it comes from and the means."""
    data = {
        "provenance": asdict(findings.source),
        "phases": [asdict(line) for line in findings.lines],
        "objects": [asdict(record) for record in findings.records],
    }
    return json.dumps(data, indent=1) + "\n"


def report_markdown(findings: Findings, sheets: Sequence[str]) -> str:
    """The report for people: the phases side by side, then every object."""
    source = findings.source
    failed = [record for record in findings.records if record.failure]
    parts = [
        f"# Evaluation: suite {source.suite}, recipe {source.recipe}, preset {source.preset}, profile {source.profile}",
        _provenance_lines(source),
        _headline(findings.records),
        "## Phases side by side",
        "Mean over objects, with the 95 % bootstrap interval. The prop of a prompt is its class's canonical mesh and"
        " pictures; the object is aligned to it by its box, not turned. *Props* are the judges' scores of those"
        " pictures: no object should be expected to score more.",
        _phase_table(findings),
        "## Objects (last phase)",
        _object_table(findings.finished),
    ]
    if failed:
        parts += ["## Failed", *(f"- {r.subject.text}, seed {r.seed}: {r.failure}" for r in failed)]
    parts += ["## Contact sheets", *(f"![{sheet}]({sheet})" for sheet in sheets)]
    return "\n\n".join(parts) + "\n"


def _headline(records: Sequence[ObjectRecord]) -> str:
    judges = judges_of(records)
    lines = []
    for name, chosen in (
        ("All", records),
        ("Seen pairs", [record for record in records if not record.subject.is_held_out]),
        ("Held-out pairs", [record for record in records if record.subject.is_held_out]),
    ):
        if chosen:
            scores = "; ".join(f"R-precision by {judge} {_last_precision(chosen, judge)}" for judge in judges)
            lines.append(f"- {name} ({len(chosen)} objects): {scores or 'no object was finished'}")
    finished = [record for record in records if not record.failure]
    if finished:
        lines.append(f"- Seconds an object, models loaded: {bootstrap_mean([r.seconds for r in finished])}")
        sound = sum(_is_sound(record.phases[-1]) for record in finished)
        lines.append(f"- Watertight, outward, no degenerate face: {sound} of {len(records)}")
    return "\n".join(lines)


def _last_precision(records: Sequence[ObjectRecord], judge: str) -> Mean:
    return bootstrap_mean([0.0 if r.failure else precision(r.phases[-1].scores.verdicts, judge) for r in records])


def _is_sound(phase: PhaseRecord) -> bool:
    mesh = phase.scores.soundness
    return mesh.is_watertight and mesh.is_outward and mesh.degenerate_faces == 0


def _phase_table(findings: Findings) -> str:
    if not findings.finished:
        return "No object was finished."
    names = [phase.name for phase in findings.finished[0].phases]
    heading = " | ".join(f"{_ROMAN[number]} {name}" for number, name in enumerate(names))
    table = [f"| | {heading} | Props |", "|---" * (len(names) + 2) + "|"]
    for line in findings.lines:
        cells = " | ".join(str(mean) for mean in line.phases)
        table.append(f"| {line.heading} | {cells} | {line.props or ''} |")
    return "\n".join(table)


def _object_table(records: Sequence[ObjectRecord]) -> str:
    judges = judges_of(records)
    heading = " | ".join(f"R@1 {judge}" for judge in judges)
    lines = [
        f"| object | seed | {heading} | Chamfer % | IoU | texture dB | faces | watertight | seconds |",
        "|---" * (8 + len(judges)) + "|",
    ]
    for record in records:
        scores = record.phases[-1].scores
        held_out = " (held out)" if record.subject.is_held_out else ""
        retrieved = " | ".join(f"{precision(scores.verdicts, judge):.2f}" for judge in judges)
        lines.append(
            f"| {record.subject.text}{held_out} | {record.seed} | {retrieved} | "
            f"{scores.shape.chamfer_percent:.2f} | {scores.shape.silhouette_iou:.2f} | "
            f"{scores.texture.surface_psnr:.1f} | {scores.soundness.faces} | "
            f"{'yes' if scores.soundness.is_watertight else 'NO'} | {record.seconds:.0f} |"
        )
    return "\n".join(lines)


def _provenance_lines(source: Provenance) -> str:
    changes = " with local changes" if source.has_local_changes else ""
    return "\n".join(
        [
            f"- Machine: {source.machine}; Python {source.python}, torch {source.torch}",
            f"- Command: `{source.command}`",
            f"- Commit: {source.commit or 'not a checkout'}{changes}; weights SHA-256 {source.weights[:16]}",
            f"- {source.views} azimuths an elevation, distance 2.5, field of view 40 degrees, unlit, on white",
        ]
    )
