"""A folder of results remembers which runs made them and how, so that later ones add none made in another way."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

from .provenance import Contribution, Provenance, Source
from .whole_file import write_whole

_FILE = "provenance.json"
_MUST_MATCH = ("weights", "recipes", "device", "profile", "suite", "plan", "views")


def claimed(folder: Path, source: Provenance) -> Provenance:
    """Write down the source of what is added to a folder; returns it with the sources of what is there already.

    Raises ValueError where the folder cannot be written, or holds results that were made in another way.
    """
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            source = _going_on(folder, json.loads(path.read_text("utf-8")), source)
        _write(folder, source)
    except OSError as error:
        raise ValueError(
            f"--out: nothing can be written in {folder} ({error.strerror}); choose another folder"
        ) from error
    return source


def credited(folder: Path, source: Provenance, studies: Collection[str]) -> Provenance:
    """Write down that the claiming run did something for these studies; returns the source with that."""
    own = source.own
    # A contribution without studies is an older version's: what it was stays unknown, even by the same command.
    known = {name: None for each in source.contributions if each.source == own for name in each.studies}
    if set(studies) <= known.keys():
        return source
    others = (each for each in source.contributions if each.source != own or not each.studies)
    found = Contribution(own, tuple(known | dict.fromkeys(studies)))
    source = replace(source, contributions=(*others, found))
    _write(folder, source)
    return source


def _going_on(folder: Path, before: Mapping, source: Provenance) -> Provenance:
    """``source`` with what is known of the runs ``before``; raises ValueError if they made things in another way."""
    other = [key for key in _MUST_MATCH if before.get(key) != getattr(source, key)]
    if other:
        differences = ", ".join(f"{key} {before.get(key)!r} instead of {getattr(source, key)!r}" for key in other)
        raise ValueError(f"{folder} holds results with {differences}; choose an empty folder")
    earlier = dict.fromkeys((*before["earlier_commits"], before["commit"]))
    return replace(
        source,
        earlier_commits=tuple(commit for commit in earlier if commit != source.commit),
        contributions=_contributions(before),
    )


def _contributions(before: Mapping) -> tuple[Contribution, ...]:
    if "contributions" in before:
        return tuple(Contribution(Source(**each["source"]), tuple(each["studies"])) for each in before["contributions"])
    # Older versions recorded all of the latest run but its studies, and only the commits of those before it.
    latest = Source(**{name: before[name] for name in (field.name for field in fields(Source))})
    unknown = replace(latest, machine="", python="", torch="", command="", has_local_changes=False)
    commits = [commit for commit in before["earlier_commits"] if commit != latest.commit]
    return tuple(Contribution(each, ()) for each in (*(replace(unknown, commit=commit) for commit in commits), latest))


def _write(folder: Path, source: Provenance) -> None:
    write_whole(folder / _FILE, json.dumps(asdict(source), indent=1) + "\n")
