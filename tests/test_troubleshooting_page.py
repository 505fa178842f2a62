"""The manual has advice for everything the software can say, and no advice for what it cannot."""

import re
from pathlib import Path
from typing import get_args

from any_to_3d.blender_addon.errors import ADVICE, LocalCode
from any_to_3d.shared.messages import ProblemCode

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"


def test_d17_every_code_has_a_section() -> None:
    headings = re.findall(r"^## (\w+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert headings == [*get_args(ProblemCode), *get_args(LocalCode)] == list(ADVICE)


def test_every_quoted_message_is_one_that_the_software_says() -> None:
    """The parts between the dots, which stand for what differs from case to case."""
    sources = [path.read_text("utf-8") for folder in ("shared", "backend", "blender_addon") for path in files(folder)]
    quoted = re.findall(r'\*\*"(.+?)"', " ".join(PAGE.read_text("utf-8").split()))
    parts = [part.strip(" .,") for quote in quoted for part in re.split(r"\.\.\.", quote)]
    assert len(quoted) > 8
    assert not [part for part in parts if part and not any(part in source for source in sources)]


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))
