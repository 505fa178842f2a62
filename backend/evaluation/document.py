"""A report's building blocks, and how they read as Markdown and as data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from PIL.Image import Image

from .bootstrap import Mean

Cell = str | int | float | bool | Mean | None


@dataclass(frozen=True)
class Table:
    """Rows of cells under headings; None is an empty cell."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A picture that is written beside the report."""

    file: str
    image: Image


@dataclass(frozen=True)
class Goal:
    """An aim and what was reached: a mean, or a count without an interval; None where it could not be measured."""

    what: str
    aim: float
    reached: Mean | int | None
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"

    @property
    def is_met(self) -> bool | None:
        """By the mean, not by its interval."""
        if self.reached is None:
            return None
        mean = self.reached.mean if isinstance(self.reached, Mean) else self.reached
        return mean >= self.aim if self.better == "higher" else mean <= self.aim


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it: paragraphs, tables, figures."""

    title: str
    parts: tuple[str | Table | Figure, ...]
    goals: tuple[Goal, ...] = field(default=())


def section_markdown(section: Section) -> str:
    """The section as text, its title a second heading."""
    return "\n\n".join([f"## {section.title}", *(_part_markdown(part) for part in section.parts)])


def section_data(section: Section) -> dict[str, object]:
    """The section for a program: goals, and tables as lists of rows."""
    tables = [part for part in section.parts if isinstance(part, Table)]
    return {
        "title": section.title,
        "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in section.goals],
        "tables": [asdict(table) for table in tables],
    }


def goals_table(goals: Sequence[Goal]) -> Table:
    """Aims beside what was reached."""
    rows: list[tuple[Cell, ...]] = []
    for goal in goals:
        sign = "at least" if goal.better == "higher" else "at most"
        met = {None: "not measured", True: "yes", False: "no"}[goal.is_met]
        unit = f" {goal.unit}" if goal.unit else ""
        rows.append((goal.what, f"{sign} {goal.aim:g}{unit}", goal.reached, met))
    return Table(("what", "aim", "reached [95 % interval]", "met"), tuple(rows))


def table_markdown(table: Table) -> str:
    """The table with cells rounded for people."""
    lines = [table.headings, ("---",) * len(table.headings), *(map(cell_text, row) for row in table.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell_text(cell: Cell) -> str:
    """Three decimals below 10, one above; yes and no."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.1f}"
        case _:
            return str(cell)


def _part_markdown(part: str | Table | Figure) -> str:
    match part:
        case Table():
            return table_markdown(part)
        case Figure(file):
            return f"![{file}]({file})"
        case _:
            return part
