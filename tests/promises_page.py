"""The lists of tests in docs/promises.md: which tests carry a promise's number, and the page with their names.

    python tests/promises_page.py

writes them anew. Tests without a number that a person has named stay, as long as they exist.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"

NO_TEST = "no test yet"

_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
_NUMBERS = re.compile(r"test_((?:[dn]\d+_)+)")
_SECTION = re.compile(r"^## ([DN]\d+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^(\| \[([DN]\d+)\].*\| )[^|]*( \|)$", re.MULTILINE)
_NAMED = re.compile(r"^- `(\S+::\w+)`$", re.MULTILINE)


def all_tests() -> list[str]:
    """Every test and claim below tests/, as ``path::name``, in the order of files and lines."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return [
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for path in paths
        for name in _TEST.findall(path.read_text("utf-8"))
    ]


def numbers_of(test: str) -> tuple[str, ...]:
    """
    >>> numbers_of("tests/a.py::test_d1_d2_both"), numbers_of("tests/a.py::test_day")
    (('D1', 'D2'), ())
    """
    found = _NUMBERS.match(test.rpartition("::")[2])
    return tuple(found[1].strip("_").upper().split("_")) if found else ()


def sections(page: str) -> dict[str, str]:
    """The text of each promise's section, by its number."""
    return {number: body for number, body in _SECTION.findall(page)}


def named_tests(section: str) -> list[str]:
    """The tests that a section lists."""
    return _NAMED.findall(section)


def updated(page: str, tests: list[str]) -> str:
    """The page with the lists that these tests give, and what the table at its top says of them."""

    def replacement(section: re.Match[str]) -> str:
        by_hand = [name for name in named_tests(section[2]) if not numbers_of(name) and name in tests]
        listed = by_hand + [name for name in tests if section[1] in numbers_of(name)]
        words = _NAMED.sub("", section[2]).replace(f"*{NO_TEST}*", "").strip()
        lines = "\n".join(f"- `{name}`" for name in listed) or f"*{NO_TEST}*"
        return f"## {section[1]}\n\n{words}\n\n{lines}\n\n"

    text = _SECTION.sub(replacement, page).rstrip() + "\n"
    tested = {number for number, body in sections(text).items() if named_tests(body)}
    return _ROW.sub(lambda row: f"{row[1]}{'yes' if row[2] in tested else f'**{NO_TEST}**'}{row[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8"), all_tests()), "utf-8")
