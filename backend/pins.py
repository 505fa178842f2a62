"""Pins: files in jobs' folders, so that a job can be pinned while a backend holds the records."""

from pathlib import Path

PIN = "pinned"
"""A file of this name in a job's folder keeps it from being deleted by any rule."""

IN_FILE = "referred_to"
"""Likewise, unless ``jobs prune`` is told otherwise: a client has said that a saved file of its needs the job."""


def pin(data: Path, name: str) -> str:
    """Keep the job of this id, or of the only id that begins so; its id. Raises ValueError."""
    folder = _folder(data, name)
    (folder / PIN).touch()
    return folder.name


def unpin(data: Path, name: str) -> str:
    """Undo ``pin``, and what clients have said of files that need the job."""
    folder = _folder(data, name)
    for mark in (PIN, IN_FILE):
        (folder / mark).unlink(missing_ok=True)
    return folder.name


def _folder(data: Path, name: str) -> Path:
    jobs = data / "jobs"
    # Looked up among what is there: a name is never made into a path.
    all_of_them = sorted(path for path in jobs.iterdir() if path.is_dir())
    found = [path for path in all_of_them if path.name == name]
    found = found or [path for path in all_of_them if name and path.name.startswith(name)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} jobs in {jobs} have a name like {name!r}; give the whole id of one")
    return found[0]
