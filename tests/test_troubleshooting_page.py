"""The manual has advice for everything the software can say, and no advice for what it cannot."""

import re
from pathlib import Path
from typing import get_args

from any_to_3d.shared.messages import ProblemCode

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"


def test_every_problem_code_has_a_section() -> None:
    headings = re.findall(r"^## (\w+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert headings == list(get_args(ProblemCode))
