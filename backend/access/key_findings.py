"""What ``any-to-3d doctor`` says of a key file: fingerprints to compare, and permissions that let others in."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...shared.fingerprint import fingerprint
from ...shared.key_files import exposure, list_exposure, read_key_file
from ...shared.known_backends import FILE, KnownBackends
from ..finding import Finding
from .client_list import list_file, read_clients


def check_keys(path: Path) -> Iterator[Finding]:
    """Of server.key or client.key. A file that is missing or damaged is a problem."""
    try:
        found = read_key_file(path)
        if "server_secret" in found:
            yield Finding("ok", "keys", f"{path} is the backend {_own(found, 'server_public')}")
            yield _clients(path)
        else:
            yield Finding("ok", "keys", f"{path} is the client {_own(found, 'client_public')}")
            for address, key in KnownBackends.read(path.with_name(FILE)).keys.items():
                yield Finding("ok", "known backend", f"{address} is {fingerprint(key)}")
        for complaint in filter(None, (exposure(path), list_exposure(list_file(path)))):
            yield Finding("warning", "keys", *complaint.rsplit(": run ", 1))
    except (OSError, ValueError) as error:
        remedy = "Write one with 'any-to-3d keys new', or pass --keys with another file."
        yield Finding("problem", "keys", f"{path} cannot be used: {error}", remedy)


def _own(found: Mapping[str, Sequence[str]], name: str) -> str:
    if name not in found:
        raise ValueError(f"it has no line '{name} = \"key\"'")
    return fingerprint(found[name][0])


def _clients(path: Path) -> Finding:
    names = ", ".join(f"{client.name} {fingerprint(client.public)}" for client in read_clients(path))
    if not names:
        return Finding("warning", "clients", "nobody is let in", "Run 'any-to-3d keys authorize NAME FILE'.")
    return Finding("ok", "clients", names)
