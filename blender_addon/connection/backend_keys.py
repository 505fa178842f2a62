"""The keys of an encrypted connection: which backend has which key, what to show of that, what was pasted. No bpy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...shared.client import CurveKeys
from ...shared.connection_keys import connection_keys
from ...shared.fingerprint import KEY_CHARACTERS, fingerprint, is_key
from ...shared.key_files import read_key_file
from ...shared.known_backends import FILE, BackendKeyChanged, KnownBackends
from ..errors import CodedError, TroubleCode


class KeyFileUnusable(CodedError):
    """A key file, or what is remembered beside it, that no connection can be made with."""

    code: ClassVar[TroubleCode] = "bad_key_file"


@dataclass(frozen=True)
class ShownKeys:
    """Fingerprints, empty for a key that is not known yet.

    is_pasted: the key file does not name the backend's key, so the artist does.  problem: why neither can be shown.
    """

    own: str = ""
    backend: str = ""
    is_pasted: bool = False
    problem: str = ""


def keys_to_connect(key_file: Path, address: str, pasted: str = "") -> CurveKeys:
    """Keys for this address; the backend's is remembered at its first use.

    pasted: the backend's public key, as the artist got it; only for a key file that names none.

    Raises BackendKeyChanged if another one was remembered, and KeyFileUnusable.
    """
    with _told(key_file):
        if not _offered(key_file):
            _remember_pasted(key_file, address, pasted.strip())
        return connection_keys(key_file, address)


def accept_key(key_file: Path, address: str, key: str) -> None:
    """Let this be the backend's key from now on, whatever was remembered. Raises KeyFileUnusable."""
    with _told(key_file):
        _remember(key_file, address, key, replace=True)


def shown_keys(key_file: Path, address: str) -> ShownKeys:
    """What a connection to this address would use; nothing is remembered by looking."""
    try:
        with _told(key_file):
            found = read_key_file(key_file)
            kept = KnownBackends.read(key_file.with_name(FILE)).key_of(address) or _offered(key_file)
            own = fingerprint(found.get("client_public", [""])[0])
            return ShownKeys(own, fingerprint(kept) if kept else "", not _offered(key_file))
    except KeyFileUnusable as error:
        return ShownKeys(problem=str(error))


def _offered(key_file: Path) -> str:
    return read_key_file(key_file).get("server_public", [""])[0]


def _remember_pasted(key_file: Path, address: str, pasted: str) -> None:
    known = KnownBackends.read(key_file.with_name(FILE)).key_of(address)
    if pasted:
        _remember(key_file, address, pasted, replace=False)
    elif known is None:
        raise KeyFileUnusable(
            f"The key of {address} is not known yet: ask who runs that backend for its public key ('any-to-3d keys "
            "list' there), and paste it into Backend's key in the preferences."
        )


def _remember(key_file: Path, address: str, key: str, *, replace: bool) -> None:
    if not is_key(key):
        raise KeyFileUnusable(f"{key[:60]!r} is no backend's public key, which has {KEY_CHARACTERS} characters.")
    known_file = key_file.with_name(FILE)
    KnownBackends.read(known_file).with_key(address, key, replace=replace).write(known_file)


@contextmanager
def _told(key_file: Path) -> Iterator[None]:
    """Errors of files as one kind of error; a changed key stays what it is."""
    try:
        yield
    except (BackendKeyChanged, KeyFileUnusable):
        raise
    except OSError as error:
        reason = error.strerror or error
        raise KeyFileUnusable(f"{error.filename or key_file} cannot be read or written: {reason}.") from error
    except ValueError as error:
        raise KeyFileUnusable(str(error)) from error
