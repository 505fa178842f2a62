"""The keys of one connection: the client's own pair, and the backend's public key as it was when it was first used."""

from __future__ import annotations

import shlex
from pathlib import Path

from .client import CurveKeys
from .fingerprint import is_key
from .key_files import read_key_file
from .known_backends import FILE, KnownBackends


def connection_keys(key_file: Path, address: str) -> CurveKeys:
    """Keys for connecting to this address with this client key file; the backend's key is kept beside the file.

    A key file made with ``any-to-3d keys new`` names the backend's key: it is kept at its first use. One made with
    ``keys new --client`` does not: then the address must be known by ``any-to-3d keys trust``.

    Raises BackendKeyChanged if the file names another key than was kept, ValueError if the file lacks a key, OSError if
    it, or what is kept beside it, cannot be read or written.
    """
    found = read_key_file(key_file)
    own = {name: found.get(name, [""])[0] for name in ("client_public", "client_secret")}
    missing = [name for name, key in own.items() if not is_key(key)]
    if missing:
        raise ValueError(f"{key_file}: no 40-character {' and no '.join(missing)}; write it with 'any-to-3d keys new'")
    known_file = key_file.with_name(FILE)
    known = KnownBackends.read(known_file)
    kept = known.key_of(address)
    offered = found.get("server_public", [""])[0] or kept
    if offered is None:
        raise ValueError(
            f"the key of {address} is not known: ask who runs that backend for its public key ('any-to-3d keys list' "
            f"there), then run 'any-to-3d keys trust {address} KEY --keys {shlex.quote(str(key_file))}'"
        )
    if not is_key(offered):
        raise ValueError(f"{key_file}: server_public is no 40-character key; write it with 'any-to-3d keys new'")
    if offered != kept:
        known.with_key(address, offered, key_file=key_file).write(known_file)
    return CurveKeys(offered, own["client_public"], own["client_secret"])
