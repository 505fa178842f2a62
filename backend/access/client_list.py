"""The clients that a backend with keys lets in: a name and a public key each, in a file beside ``server.key``."""

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ...shared.fingerprint import fingerprint, is_key
from ...shared.key_files import change_key_file, read_key_file

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 0.5
"""How old the knowledge of the files may be, and so how long a revoked key may still be served."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")
HEADING = 'Clients that may connect, one a line: name = "public key"'
OLD_LINE = "client_public"
"""In ``server.key`` itself, as written by versions that had no list; still honoured."""


@dataclass(frozen=True)
class ListedClient:
    """One client that may connect."""

    name: str
    public: str


def list_file(server_file: Path) -> Path:
    """Where the list of a server's key file is: ``server.clients`` beside ``server.key``."""
    return server_file.with_suffix(".clients")


def read_clients(server_file: Path) -> tuple[ListedClient, ...]:
    """Every client that is let in. Raises ValueError naming a file and what in it is no key; OSError."""
    old = read_key_file(server_file).get(OLD_LINE, [])
    clients = [ListedClient(f"client-{number}", key) for number, key in enumerate(old, start=1)]
    listed = list_file(server_file)
    if listed.exists():
        clients += [ListedClient(name, key) for name, keys in read_key_file(listed).items() for key in keys]
    for client in clients:
        if not is_key(client.public):
            raise ValueError(
                f"{server_file} or {listed}: client {client.name!r} has no 40-character key; mend its line"
            )
    return tuple(clients)


def authorise(server_file: Path, name: str, public: str) -> ListedClient:
    """Let a client in from now on. Raises ValueError for a name or a key that is taken or cannot be one; OSError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a client's name: use up to 63 letters, digits and . _ @ -")
    if not is_key(public):
        raise ValueError(f"{public[:60]!r} is no public key: it has 40 characters, see 'any-to-3d keys new --client'")
    known = read_clients(server_file)
    for client in known:
        if client.name == name and client.public != public:
            raise ValueError(f"{name!r} has another key already: revoke that first, or choose another name")
        if client.public == public and client.name != name:
            raise ValueError(f"this key is listed already, as {client.name!r}")
    client = ListedClient(name, public)
    if client not in known:
        change_key_file(list_file(server_file), HEADING, further=[(name, public)])
    return client


def revoke(server_file: Path, name: str) -> ListedClient:
    """Let a client in no more, with any key; ``name`` may also be a key or its fingerprint.

    Raises ValueError if nobody has it, or for a damaged file; OSError.
    """
    known = read_clients(server_file)
    gone = [client for client in known if name in (client.name, client.public, fingerprint(client.public))]
    if not gone:
        names = ", ".join(client.name for client in known) or "nobody"
        raise ValueError(f"no client is called {name!r}; listed: {names}")
    keys = {client.public for client in gone}
    if keys.intersection(read_key_file(server_file).get(OLD_LINE, [])):
        change_key_file(server_file, HEADING, without=keys)
    if list_file(server_file).exists():
        change_key_file(list_file(server_file), HEADING, without=keys)
    return gone[0]


class ClientList:
    """What the files say now, or said half a second ago; may be asked by several threads.

    While a file is damaged or gone, what it said last is kept and the complaint logged once: a slip of an editor must
    neither let everybody in nor shut everybody out. Raises ValueError and OSError at first only.
    """

    def __init__(self, server_file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._server_file = Path(server_file)
        self._clock = clock
        self._lock = threading.Lock()
        self._complaint = ""
        self._stamp = self._stamp_now()
        self._names = self._read()
        self._has_list = list_file(self._server_file).exists()
        self._looked_at = clock()

    def name_of(self, public: str) -> str | None:
        """The name that this key is listed under; None: it is not let in.

        An unknown key is looked for at once: libzmq's clients do not come back by themselves once they were refused.
        """
        name = self.names().get(public)
        return name if name is not None else self._names_now(0.0).get(public)

    def names(self) -> Mapping[str, str]:
        """Names by key."""
        return self._names_now(LOOK_AGAIN_SECONDS)

    def _names_now(self, oldest: float) -> Mapping[str, str]:
        with self._lock:
            now = self._clock()
            if now - self._looked_at >= oldest:
                self._looked_at = now
                self._look_again()
            return self._names

    def _look_again(self) -> None:
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                self._complaint = ""
                return
            self._require_files()
            names = self._read()
        except (ValueError, OSError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.error("clients=unreadable %s; those listed before stay", error)
            return
        for public in self._names.keys() - names.keys():
            log.info("client=%s revoked fingerprint=%s", self._names[public], fingerprint(public))
        for public in names.keys() - self._names.keys():
            log.info("client=%s authorised fingerprint=%s", names[public], fingerprint(public))
        self._stamp, self._names, self._complaint = stamp, names, ""
        self._has_list |= list_file(self._server_file).exists()

    def _require_files(self) -> None:
        """Raises ValueError or OSError if a file that was there is gone or empty: ``revoke`` leaves neither."""
        for path in (self._server_file, list_file(self._server_file))[: 1 + self._has_list]:
            if self._names and not path.read_bytes().strip():
                raise ValueError(f"{path} has been emptied: put it back, or use 'any-to-3d keys revoke NAME'")

    def _read(self) -> Mapping[str, str]:
        return MappingProxyType({client.public: client.name for client in read_clients(self._server_file)})

    def _stamp_now(self) -> tuple[tuple[int, int, int], ...]:
        paths = (self._server_file, list_file(self._server_file))
        return tuple((s.st_ino, s.st_mtime_ns, s.st_size) for s in (os.stat(path) for path in paths if path.exists()))
