"""One line of the report of ``any-to-3d doctor``."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it, unless all is well."""

    level: Level
    subject: str
    text: str
    remedy: str = ""
