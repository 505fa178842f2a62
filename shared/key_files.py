"""Files of keys: lines ``name = "key"``, written for their owner alone. Standard library only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 2**20


def read_key_file(path: Path) -> dict[str, list[str]]:
    """Every value of every name, in the file's order. Raises OSError, and ValueError for a file that is far too big."""
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path} is larger than any file of keys; choose one that 'any-to-3d keys' wrote")
    found: dict[str, list[str]] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.lstrip().startswith("#"):
            found.setdefault(name.strip(), []).append(value.strip().strip('"'))
    return found


def write_key_file(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    """Write a new file that only its owner may read. Raises FileExistsError rather than replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f'{name} = "{key}"\n' for name, key in keys))


def replace_key_file(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    """Put a new file in the place of the present one, if any, at once and whole.

    Raises ValueError while another program does so, or if one was ended while it did.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        write_key_file(unfinished, keys)
    except FileExistsError as error:
        raise ValueError(f"{path} is being changed; if nobody does that, delete {unfinished} and try again") from error
    os.replace(unfinished, path)


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
