"""Which key belongs to which backend's address: kept when it is first used, and compared from then on.

CURVE needs the backend's public key before the first word, so it comes from the client's key file or is typed in. What
is kept here is that it does not change unnoticed. Standard library only.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from .fingerprint import fingerprint, is_key

FILE = "known_backends"
"""Beside the client's key file: lines of an address and a key, as in SSH's known_hosts."""

SCHEME = "tcp://"


class BackendKeyChanged(ValueError):
    """Another key than before is offered for an address; the message names both fingerprints and what to do.

    key_file: the client's, beside which the key was kept.
    """

    def __init__(self, address: str, kept: str, offered: str, key_file: Path | None = None) -> None:
        beside = "" if key_file is None else f" --keys {shlex.quote(str(key_file))}"
        super().__init__(
            f"{address} had the key {fingerprint(kept)} until now, and this is {fingerprint(offered)}. Somebody may "
            "pretend to be that backend. Ask who runs it for its fingerprint ('any-to-3d keys list' there); if it is "
            f"the new one, accept it: any-to-3d keys trust {address} --replace{beside}"
        )
        self.address, self.kept, self.offered = address, kept, offered


@dataclass(frozen=True)
class KnownBackends:
    """keys: the public key of each address, by ``host:port`` in lower case."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @staticmethod
    def read(path: Path) -> KnownBackends:
        """What the file says; a file that is not there knows none. Raises ValueError naming a line that is damaged."""
        try:
            lines = Path(path).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return KnownBackends()
        keys: dict[str, str] = {}
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 2 or not is_key(words[1]):
                raise ValueError(f"{path}, line {number}: needed is 'host:port key'; mend the line, or delete it")
            keys[_plain(words[0])] = words[1]
        return KnownBackends(MappingProxyType(keys))

    def write(self, path: Path) -> None:
        """Put this in the place of the file, at once and whole. Raises OSError."""
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        unfinished.write_text("".join(f"{address} {key}\n" for address, key in self.keys.items()), "utf-8")
        os.replace(unfinished, path)

    def key_of(self, address: str) -> str | None:
        """The key that was kept for this address."""
        return self.keys.get(_plain(address))

    def with_key(self, address: str, key: str, *, replace: bool = False, key_file: Path | None = None) -> KnownBackends:
        """The same with this key for the address. Raises BackendKeyChanged where another was kept, unless replaced.

        The error's advice names ``key_file``, the client's.
        """
        kept = self.key_of(address)
        if kept is not None and kept != key and not replace:
            raise BackendKeyChanged(address, kept, key, key_file)
        return KnownBackends(MappingProxyType({**self.keys, _plain(address): key}))


def _plain(address: str) -> str:
    return address.strip().lower().removeprefix(SCHEME)
