"""``any-to-3d keys``: make key files, and say which clients a backend lets in and which key a backend has."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from .places import make_writable_folder

if TYPE_CHECKING:
    from rich.console import Console

FOLDER = Path("any-to-3d-keys")
SERVER, CLIENT = FOLDER / "server.key", FOLDER / "client.key"


def _console() -> "Console":
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False, markup=False)


@dataclass(frozen=True)
class NewKeys:
    """Write server.key, and client.key for its first client; or only one of them. Existing files are never replaced."""

    folder: Path = FOLDER
    """Where the files go."""

    client: bool = False
    """Only the client's pair: its secret never travels, its client.pub goes to who runs the backend."""

    server: bool = False
    """Only the server's pair, which lets nobody in until 'keys authorize'."""

    def run(self) -> int:
        from ...shared.fingerprint import fingerprint
        from ..keys import (
            create_client_keys,
            create_keys,
            create_server_keys,
            read_client_public,
            read_server_public,
        )

        if self.client and self.server:
            raise ValueError("pass --client or --server, or neither for both")
        make_writable_folder("--folder", self.folder)
        console = _console()
        if self.client:
            path = create_client_keys(self.folder)
            console.print(f"For the add-on's preferences, to be kept secret:  {path}")
            console.print(
                f"For who runs the backend ('any-to-3d keys authorize NAME FILE'):  {path.with_suffix('.pub')}"
            )
            console.print(f"Its fingerprint:  {fingerprint(read_client_public(path))}")
            return 0
        if self.server:
            server = create_server_keys(self.folder)
        else:
            server, client = create_keys(self.folder)
            console.print(f"For the add-on's preferences, on your own computer:  {client}")
        console.print(f"For the backend, to be kept secret there:  any-to-3d serve --keys {server}")
        console.print(f"The backend's fingerprint:  {fingerprint(read_server_public(server))}")
        return 0


@dataclass(frozen=True)
class AuthorizeClient:
    """Let a client in, from now on, also while the backend runs."""

    name: tyro.conf.Positional[str]
    """What the client is to be called in lists and logs."""

    key: tyro.conf.Positional[str]
    """Its client.pub, or the 40 characters of its public key."""

    keys: Path = SERVER
    """The backend's key file."""

    def run(self) -> int:
        from ...shared.fingerprint import fingerprint
        from ...shared.key_files import read_key_file
        from ..access.client_list import authorise
        from ..keys import read_client_public, read_server_public

        read_server_public(self.keys)
        path = Path(self.key)
        public = read_client_public(path) if path.is_file() else self.key
        client = authorise(self.keys, self.name, public)
        console = _console()
        console.print(f"{client.name} may connect; fingerprint {fingerprint(client.public)}: let its owner compare it.")
        if path.is_file() and "client_secret" in read_key_file(path):
            console.print(f"{path} holds the client's secret too, which you need not have: delete it if it is a copy.")
        return 0


@dataclass(frozen=True)
class RevokeClient:
    """Let a client in no more; a running backend stops answering it within a second."""

    name: tyro.conf.Positional[str]
    """Its name, fingerprint or public key."""

    keys: Path = SERVER
    """The backend's key file."""

    def run(self) -> int:
        from ..access.client_list import revoke

        _console().print(f"{revoke(self.keys, self.name).name} may not connect any more.")
        return 0


@dataclass(frozen=True)
class ListKeys:
    """Show fingerprints: of a backend and the clients it lets in; or of a client and the backends it knows."""

    keys: Path = SERVER
    """server.key or client.key."""

    def run(self) -> int:
        from ...shared.fingerprint import fingerprint
        from ...shared.key_files import exposure, read_key_file
        from ...shared.known_backends import FILE, KnownBackends
        from ..access.client_list import read_clients
        from ..keys import read_client_public, read_server_public

        console = _console()
        if complaint := exposure(self.keys):
            console.print(f"Warning: {complaint}")
        if "server_secret" in read_key_file(self.keys):
            public = read_server_public(self.keys)
            console.print(f"{fingerprint(public)}  this backend, public key {public}")
            for client in read_clients(self.keys):
                console.print(f"{fingerprint(client.public)}  {client.name}")
            return 0
        console.print(f"{fingerprint(read_client_public(self.keys))}  this client")
        for address, key in KnownBackends.read(self.keys.with_name(FILE)).keys.items():
            console.print(f"{fingerprint(key)}  backend at {address}")
        return 0


@dataclass(frozen=True)
class TrustBackend:
    """On the client: remember which key the backend at an address has; another key is refused from then on."""

    address: tyro.conf.Positional[str]
    """Such as tcp://render-box:7343."""

    key: tyro.conf.Positional[str] = ""
    """The backend's server.pub, or the 40 characters of its public key; empty takes the one in --keys."""

    keys: Path = CLIENT
    """The client's key file, beside which it is remembered."""

    replace: bool = False
    """Accept another key than was remembered. Compare fingerprints before."""

    def run(self) -> int:
        from ...shared.fingerprint import fingerprint
        from ...shared.key_files import name_server
        from ...shared.known_backends import FILE, KnownBackends
        from ..addresses import parse_address
        from ..keys import read_client_public, read_server_public

        address = str(parse_address(self.address))
        read_client_public(self.keys)
        path = Path(self.key or self.keys)
        public = read_server_public(path) if path.is_file() else self.key
        shown = fingerprint(public)
        known_file = self.keys.with_name(FILE)
        KnownBackends.read(known_file).with_key(address, public, replace=self.replace).write(known_file)
        if self.replace:
            # Made together with the old key, the file would contradict what was just accepted.
            name_server(self.keys, public)
        _console().print(f"{address} is trusted with the fingerprint {shown}: compare it with the backend's own.")
        return 0


Action = (
    Annotated[NewKeys, tyro.conf.subcommand("new")]
    | Annotated[AuthorizeClient, tyro.conf.subcommand("authorize")]
    | Annotated[RevokeClient, tyro.conf.subcommand("revoke")]
    | Annotated[ListKeys, tyro.conf.subcommand("list")]
    | Annotated[TrustBackend, tyro.conf.subcommand("trust")]
)


@dataclass(frozen=True)
class Keys:
    """Make keys for a backend that other computers reach, and say who may connect."""

    action: Action

    def run(self) -> int:
        return self.action.run()
