"""Files of keys: lines ``name = "key"``, written for their owner alone. Standard library only."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

MOST_BYTES = 2**20


def read_key_file(path: Path) -> dict[str, list[str]]:
    """Every value of every name, in the file's order; lines that are empty or begin with # say nothing.

    Raises OSError, and ValueError for a file that is far too big or has a line of another form.
    """
    found: dict[str, list[str]] = {}
    for line in _read_lines(path):
        if not _is_comment(line):
            name, value = _parts(line)
            found.setdefault(name, []).append(value)
    return found


def write_key_file(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    """Write a new file that only its owner may read. Raises FileExistsError rather than replace one."""
    _write_new(path, [_line(name, key) for name, key in keys])


def replace_key_file(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    """Put a new file in the place of the present one, if any, at once and whole.

    Raises ValueError while another program does so, or if one was ended while it did.
    """
    _replace(path, [_line(name, key) for name, key in keys])


def change_key_file(
    path: Path, heading: str, *, without: Collection[str] = (), further: Iterable[tuple[str, str]] = ()
) -> None:
    """Leave out the lines of some keys and add others; every other line, comments too, stays as it is.

    A file that would hold nothing else begins with the comment ``heading``, so that nobody takes it for one that was
    emptied by mistake. Raises as ``read_key_file`` and ``replace_key_file`` do.
    """
    lines = _read_lines(path) if path.exists() else []
    kept = [line for line in lines if _is_comment(line) or _parts(line)[1] not in without]
    if not any(line.strip() for line in kept):
        kept = [f"# {heading}"]
    _replace(path, [*kept, *(_line(name, key) for name, key in further)])


def _read_lines(path: Path) -> list[str]:
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path} is larger than any file of keys; choose one that 'any-to-3d keys' wrote")
    lines = data.decode("utf-8-sig", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if "=" not in line and not _is_comment(line):
            # The line itself may be a secret, so it is not shown.
            advice = "mend or delete the line, or write a new file with 'any-to-3d keys new'"
            raise ValueError(f"{path}, line {number}: needed is 'name = \"key\"'; {advice}")
    return lines


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _parts(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip().strip('"')


def _line(name: str, key: str) -> str:
    return f'{name} = "{key}"'


def _replace(path: Path, lines: list[str]) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    try:
        _write_new(unfinished, lines)
    except FileExistsError as error:
        raise ValueError(f"{path} is being changed; if nobody does that, delete {unfinished} and try again") from error
    os.replace(unfinished, path)


def _write_new(path: Path, lines: list[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def name_server(path: Path, public: str) -> None:
    """Let a client's key file that names a server's public key name this one; any other file stays as it is."""
    keys = [(name, value) for name, values in read_key_file(path).items() for value in values]
    renamed = [(name, public if name == "server_public" else value) for name, value in keys]
    if renamed != keys:
        replace_key_file(path, renamed)


def list_exposure(path: Path) -> str:
    """What is wrong with the permissions of a list of keys that others must not add to; empty if nothing is."""
    if os.name != "posix" or not path.exists():
        return ""
    if stat.S_IMODE(os.stat(path).st_mode) & 0o022:
        return f"other users of this computer may add keys to {path}: run 'chmod 600 {path}'"
    return ""


def exposure(path: Path) -> str:
    """What is wrong with the permissions of a file that holds a secret, with the remedy; empty if nothing is.

    Windows has no such permissions: there the folder decides.
    """
    if os.name != "posix":
        return ""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & 0o077:
        return f"{path} holds a secret, and other users of this computer may open it: run 'chmod 600 {path}'"
    return ""
