"""A folder of results remembers how they are made, so that a later run adds none that are made in another way."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from .provenance import Provenance

_FILE = "provenance.json"
_MUST_MATCH = ("weights", "recipes", "device", "profile", "suite", "plan", "views")


def claimed(folder: Path, source: Provenance) -> Provenance:
    """Write down the source of what is added to a folder; returns it with the commits of what is there already.

    Raises ValueError where the folder holds results that were made in another way.
    """
    path = folder / _FILE
    folder.mkdir(parents=True, exist_ok=True)
    if path.exists():
        before = json.loads(path.read_text("utf-8"))
        other = [key for key in _MUST_MATCH if before.get(key) != getattr(source, key)]
        if other:
            differences = ", ".join(f"{key} {before.get(key)!r} instead of {getattr(source, key)!r}" for key in other)
            raise ValueError(f"{folder} holds results with {differences}; choose an empty folder")
        earlier = dict.fromkeys((*before["earlier_commits"], before["commit"]))
        source = replace(source, earlier_commits=tuple(commit for commit in earlier if commit != source.commit))
    path.write_text(json.dumps(asdict(source), indent=1) + "\n", "utf-8")
    return source
