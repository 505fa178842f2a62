"""The manual's page of errors, as it lies beside the add-on: in the zip as in the repository. Pure."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import TroubleCode

PAGE = Path(__file__).resolve().parents[1] / "docs" / "troubleshooting.md"


def section(code: TroubleCode, page: Path = PAGE) -> str:
    """What the page says about a code, as plain text: a paragraph or a point of a list per line, lines not wrapped.

    Raises ValueError, naming the page, if it is not there or says nothing.
    """
    text = page.read_text("utf-8") if page.is_file() else ""
    found = re.search(rf"^## {code}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{page} says nothing about '{code}'. Install the add-on again.")
    blocks = re.split(r"\n\s*\n|\n(?=- )", found[1].strip())
    return "\n".join(_plain(" ".join(block.split())) for block in blocks)


def _plain(markdown: str) -> str:
    without_links = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", markdown)
    return re.sub(r"\*\*|`|(?<!\w)\*|\*(?!\w)", "", without_links)
