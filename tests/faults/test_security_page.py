"""The page on security names tests: each must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    named = _NAMED.findall((ROOT / "docs" / "security.md").read_text("utf-8"))
    assert len(named) > 30
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8")]
    assert missing == []


def test_every_test_of_a_fault_by_a_peer_is_named_by_the_page() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    tests = re.findall(
        r"^def (test_\w+)", (ROOT / "tests/faults/test_hostile_peers.py").read_text("utf-8"), re.MULTILINE
    )
    assert [name for name in tests if name not in page] == []
