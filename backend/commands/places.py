"""Folders that a command is to write into, tried before any work is done."""

import tempfile
from pathlib import Path


def require_writable_parent(option: str, path: Path) -> None:
    """Raise ValueError, naming the option, unless a file can be made at ``path``."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ValueError(f"{option}: there is no folder {folder}; make it first")
    _try_to_write(option, folder)


def make_writable_folder(option: str, folder: Path) -> None:
    """Make ``folder`` where it is missing. Raise ValueError, naming the option, unless files can be made in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(_refusal(option, folder, error)) from error
    _try_to_write(option, folder)


def _try_to_write(option: str, folder: Path) -> None:
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(_refusal(option, folder, error)) from error


def _refusal(option: str, folder: Path, error: OSError) -> str:
    return f"{option}: nothing can be written in {folder} ({error.strerror}); choose another folder"
