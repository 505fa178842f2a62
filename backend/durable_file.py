"""Files that are either what they were or, whole and on the disk, what they are to be; whenever the power fails."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A side file to be written, which at the end takes the place of ``path``.

    Written under another name, flushed to the disk, renamed, and the folder flushed too. If anything raises, the side
    file is removed, which on a full disk is space won back, and ``path`` is as it was. Raises OSError.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        yield unfinished
        flush_file(unfinished)
        unfinished.replace(path)
        flush_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def flush_file(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make renames in it durable; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
