"""The last lines of the log that a started backend writes. No Blender."""

from __future__ import annotations

import os
from pathlib import Path

_LONGEST_TAIL = 16_000


def last_lines(log: Path, count: int) -> list[str]:
    """At most ``count`` lines, oldest first; none if there is no log."""
    try:
        with log.open("rb") as opened:
            opened.seek(0, os.SEEK_END)
            opened.seek(max(0, opened.tell() - _LONGEST_TAIL))
            text = opened.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return lines[-count:]
