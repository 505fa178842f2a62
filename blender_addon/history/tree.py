"""The history as a tree: what goes on from a job stands below it. No Blender in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Leaf:
    """What the tree needs of an entry. parent: the job that it goes on from, if any."""

    job_id: str
    parent: str
    is_folded: bool = False


@dataclass(frozen=True)
class Row:
    """An entry's place. index: in the list that the tree was made of.  is_hidden: something above it is folded."""

    index: int
    depth: int
    has_children: bool
    is_hidden: bool


def rows(leaves: Sequence[Leaf]) -> tuple[Row, ...]:
    """Every entry once, each followed by what goes on from it; among equals the order stays as it was.

    Entries whose parent is not in the list stand at depth 0, and so does one of those that name each other.

    >>> [(row.index, row.depth) for row in rows((Leaf("c", "a"), Leaf("b", ""), Leaf("a", "")))]
    [(1, 0), (2, 0), (0, 1)]
    """
    children: dict[str, list[int]] = {}
    known = {leaf.job_id for leaf in leaves if leaf.job_id}
    for index, leaf in enumerate(leaves):
        children.setdefault(leaf.parent if leaf.parent in known else "", []).append(index)
    placed: dict[int, Row] = {}

    def place(index: int, depth: int, is_hidden: bool) -> None:
        leaf = leaves[index]
        below = [each for each in children.get(leaf.job_id, ()) if each not in placed] if leaf.job_id else []
        placed[index] = Row(index, depth, bool(below), is_hidden)
        for each in below:
            if each not in placed:
                place(each, depth + 1, is_hidden or leaf.is_folded)

    for index in (*children.get("", ()), *range(len(leaves))):
        if index not in placed:
            place(index, 0, False)
    return tuple(placed.values())
