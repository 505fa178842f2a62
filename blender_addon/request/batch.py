"""Many objects from a list of prompts, some seeds each, in a grid. No Blender in here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ...shared.request_check import MAX_CHARACTERS
from .submission import LARGEST_SEED

MOST_OBJECTS = 500

_COMMENT = "#"


@dataclass(frozen=True)
class BatchItem:
    """One object of a batch and its cell in the grid; columns run to the right, rows away from the viewer."""

    prompt: str
    seed: int
    column: int
    row: int


def read_list(path: str) -> str:
    """The text of a prompt list. Raises ValueError for a file that cannot be read, naming a line that is not UTF-8."""
    try:
        data = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ValueError(f"The prompt list {path} cannot be read: {error.strerror or error}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"Line {number} of {Path(path).name} is not text in UTF-8; save the file as UTF-8.") from error


def prompts_of(text: str) -> tuple[str, ...]:
    """The prompts of a list, one a line; empty lines and those that begin with # are left out.

    Raises ValueError with the number of a line that no backend takes, or if nothing is left.
    """
    prompts = []
    for number, line in enumerate(text.splitlines(), start=1):
        prompt = " ".join(line.split())
        if not prompt or prompt.startswith(_COMMENT):
            continue
        if not prompt.isprintable():
            raise ValueError(f"Line {number} holds a character that cannot be printed; type it again.")
        if not any(letter.isalnum() for letter in prompt):
            raise ValueError(f"Line {number} ('{prompt[:20]}') has no word; write what to make, or begin it with #.")
        if len(prompt) > MAX_CHARACTERS:
            raise ValueError(f"Line {number} has {len(prompt)} characters; shorten it to {MAX_CHARACTERS}.")
        prompts.append(prompt)
    if not prompts:
        raise ValueError("The list has no prompt. Write one a line, as in: a red chair")
    return tuple(prompts)


def lay_out(prompts: tuple[str, ...], seed: int, seeds: int) -> tuple[BatchItem, ...]:
    """Each prompt with ``seed``, ``seed`` + 1 ...: a row for each prompt, or nearly a square if there is one seed.

    Raises ValueError for too many objects, or seeds beyond the largest one.

    >>> [(item.prompt, item.seed, item.column, item.row) for item in lay_out(("a", "b"), 7, 2)]
    [('a', 7, 0, 0), ('a', 8, 1, 0), ('b', 7, 0, 1), ('b', 8, 1, 1)]
    """
    if not 1 <= len(prompts) * seeds <= MOST_OBJECTS:
        raise ValueError(
            f"{len(prompts)} prompts with {seeds} seeds each are too many; up to {MOST_OBJECTS} are allowed."
        )
    if not 0 <= seed <= LARGEST_SEED - seeds + 1:
        raise ValueError(f"Seeds {seed} to {seed + seeds - 1} are out of range; 0 to {LARGEST_SEED} is allowed.")
    every = [(prompt, seed + offset) for prompt in prompts for offset in range(seeds)]
    columns = seeds if seeds > 1 else math.ceil(math.sqrt(len(every)))
    return tuple(
        BatchItem(prompt, each_seed, index % columns, index // columns)
        for index, (prompt, each_seed) in enumerate(every)
    )
