"""From the records of all objects to report.json and report.md. Means are over objects, a failed one counting zero."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from .bootstrap import Mean, bootstrap_mean
from .orbit import ELEVATIONS
from .provenance import Provenance
from .records import ObjectRecord, PhaseRecord

_ROMAN = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True)
class Column:
    """A number of a phase, and the unit its heading shows."""

    heading: str
    value: Callable[[PhaseRecord], float]


def columns(judges: Sequence[str]) -> tuple[Column, ...]:
    """The side-by-side table's columns: every judge at every elevation, then shape, texture and cost."""
    retrievals = [
        Column(f"R@1 {judge}, {elevation:g} deg", _precision(judge, elevation))
        for judge in judges
        for elevation in ELEVATIONS
    ]
    classes = [Column(f"class R@1 {judge}", _group_precision(judge)) for judge in judges]
    return (
        *retrievals,
        *classes,
        Column("Chamfer, % of diagonal", lambda phase: phase.scores.shape.chamfer_percent),
        Column("silhouette IoU", lambda phase: phase.scores.shape.silhouette_iou),
        Column("normals, dB", lambda phase: phase.scores.shape.normal_psnr),
        Column("normal sharpness (1 = prop)", lambda phase: phase.scores.shape.normal_sharpness),
        Column("texture, dB", lambda phase: phase.scores.texture.surface_psnr),
        Column("picture, dB", lambda phase: phase.scores.texture.picture_psnr),
        Column("seconds", lambda phase: phase.seconds),
        Column("peak MiB", lambda phase: phase.peak_mib),
    )


def report_json(records: Sequence[ObjectRecord], source: Provenance) -> str:
    """Everything measured, with where it comes from and the means."""
    means = {phase: {column.heading: asdict(mean) for column, mean in row} for phase, row in _side_by_side(records)}
    objects = [asdict(record) for record in records]
    return json.dumps({"provenance": asdict(source), "means": means, "objects": objects}, indent=1) + "\n"


def report_markdown(records: Sequence[ObjectRecord], source: Provenance, sheets: Sequence[str]) -> str:
    """The report for people: the phases side by side, then every object."""
    failed = [record for record in records if record.failure]
    parts = [
        f"# Evaluation: suite {source.suite}, recipe {source.recipe}, preset {source.preset}, profile {source.profile}",
        _provenance_lines(source),
        _headline(records),
        "## Phases side by side",
        "Mean over objects, with the 95 % bootstrap interval. The prop of a prompt is its class's canonical mesh and"
        " pictures; the object is aligned to it by its box, not turned.",
        _table(records),
        "## Objects (last phase)",
        _object_table([record for record in records if not record.failure]),
    ]
    if failed:
        parts += ["## Failed", *(f"- {r.subject.text}, seed {r.seed}: {r.failure}" for r in failed)]
    parts += ["## Contact sheets", *(f"![{sheet}]({sheet})" for sheet in sheets)]
    return "\n\n".join(parts) + "\n"


def _headline(records: Sequence[ObjectRecord]) -> str:
    judges = _judges(records)
    lines = []
    for name, chosen in (
        ("All", records),
        ("Seen pairs", [record for record in records if not record.subject.is_held_out]),
        ("Held-out pairs", [record for record in records if record.subject.is_held_out]),
    ):
        if not chosen:
            continue
        scores = "; ".join(f"R-precision by {judge} {_last_precision(chosen, judge)}" for judge in judges)
        lines.append(f"- {name} ({len(chosen)} objects): {scores or 'no object was finished'}")
    finished = [record for record in records if not record.failure]
    if finished:
        lines.append(f"- Seconds an object, models loaded: {bootstrap_mean([r.seconds for r in finished])}")
        sound = sum(_is_sound(record.phases[-1]) for record in finished)
        lines.append(f"- Watertight, outward, no degenerate face: {sound} of {len(records)}")
    return "\n".join(lines)


def _last_precision(records: Sequence[ObjectRecord], judge: str) -> Mean:
    value = _precision(judge, ELEVATIONS[0])
    return bootstrap_mean([0.0 if record.failure else value(record.phases[-1]) for record in records])


def _is_sound(phase: PhaseRecord) -> bool:
    mesh = phase.scores.soundness
    return mesh.is_watertight and mesh.is_outward and mesh.degenerate_faces == 0


def _side_by_side(records: Sequence[ObjectRecord]) -> list[tuple[str, list[tuple[Column, Mean]]]]:
    finished = [record for record in records if not record.failure]
    if not finished:
        return []
    rows = []
    for number, phase in enumerate(finished[0].phases):
        row = [
            (column, bootstrap_mean([column.value(record.phases[number]) for record in finished]))
            for column in columns(_judges(records))
        ]
        rows.append((phase.name, row))
    return rows


def _table(records: Sequence[ObjectRecord]) -> str:
    rows = _side_by_side(records)
    if not rows:
        return "No object was finished."
    heading = " | ".join(f"{_ROMAN[number]} {name}" for number, (name, _) in enumerate(rows))
    lines = [f"| | {heading} |", "|---" * (len(rows) + 1) + "|"]
    for index, (column, _) in enumerate(rows[0][1]):
        cells = " | ".join(str(row[index][1]) for _, row in rows)
        lines.append(f"| {column.heading} | {cells} |")
    return "\n".join(lines)


def _object_table(records: Sequence[ObjectRecord]) -> str:
    judges = _judges(records)
    heading = " | ".join(f"R@1 {judge}" for judge in judges)
    lines = [
        f"| object | seed | {heading} | Chamfer % | IoU | texture dB | faces | watertight | seconds |",
        "|---" * (8 + len(judges)) + "|",
    ]
    for record in records:
        phase = record.phases[-1]
        held_out = " (held out)" if record.subject.is_held_out else ""
        precision = " | ".join(f"{_precision(judge, ELEVATIONS[0])(phase):.2f}" for judge in judges)
        lines.append(
            f"| {record.subject.text}{held_out} | {record.seed} | {precision} | "
            f"{phase.scores.shape.chamfer_percent:.2f} | {phase.scores.shape.silhouette_iou:.2f} | "
            f"{phase.scores.texture.surface_psnr:.1f} | {phase.scores.soundness.faces} | "
            f"{'yes' if phase.scores.soundness.is_watertight else 'NO'} | {record.seconds:.0f} |"
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


def _judges(records: Sequence[ObjectRecord]) -> tuple[str, ...]:
    for record in records:
        if record.phases:
            return tuple(dict.fromkeys(verdict.judge for verdict in record.phases[0].scores.verdicts))
    return ()


def _precision(judge: str, elevation: float) -> Callable[[PhaseRecord], float]:
    def value(phase: PhaseRecord) -> float:
        (found,) = (v for v in phase.scores.verdicts if (v.judge, v.elevation_degrees) == (judge, elevation))
        return found.retrieval.precision

    return value


def _group_precision(judge: str) -> Callable[[PhaseRecord], float]:
    def value(phase: PhaseRecord) -> float:
        found = [v.retrieval.group_precision for v in phase.scores.verdicts if v.judge == judge]
        return sum(found) / len(found)

    return value
