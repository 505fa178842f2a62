"""Keys for a backend that listens beyond this computer: ZeroMQ CURVE, with a list of clients that may connect."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import zmq
from zmq.auth.thread import ThreadAuthenticator

from ..shared.fingerprint import is_key
from ..shared.key_files import read_key_file, replace_key_file, write_key_file
from .access.client_list import authorise, list_file, read_clients

SERVER_FILE = "server.key"
CLIENT_FILE = "client.key"
PUBLIC_SUFFIX = ".pub"
"""Of a file that holds a public key alone, to be sent to the other side."""

FIRST_CLIENT = "first"

DOMAIN = "any-to-3d"
"""libzmq asks the list only for sockets with a domain, and where the list's thread is gone it then lets nobody in."""


class Listing(Protocol):
    """Who may connect."""

    def name_of(self, public: str) -> str | None:
        """The client's name, None if it may not. Called by another thread, for each new connection."""
        ...


@dataclass(frozen=True)
class ServerKeys:
    """The server's own pair, and the public keys of the clients that were listed when it was read, as Z85 text."""

    public: str
    secret: str
    clients: tuple[str, ...]

    def name_of(self, public: str) -> str | None:
        return public if public in self.clients else None


def create_server_keys(folder: Path) -> Path:
    """Write the key file of a server, which lets nobody in yet. Raises FileExistsError rather than replace one."""
    public, secret = _new_pair()
    path = _new_file(folder, SERVER_FILE)
    _write_public(path, "server_public", public)
    write_key_file(path, [("server_public", public), ("server_secret", secret)])
    return path


def create_client_keys(folder: Path) -> Path:
    """Write the key file of a client alone, whose secret never travels. Raises FileExistsError."""
    public, secret = _new_pair()
    path = _new_file(folder, CLIENT_FILE)
    _write_public(path, "client_public", public)
    write_key_file(path, [("client_public", public), ("client_secret", secret)])
    return path


def create_keys(folder: Path) -> tuple[Path, Path]:
    """Write the key file of a server and that of its first client, which is let in. Raises FileExistsError."""
    for name in (SERVER_FILE, CLIENT_FILE, list_file(Path(SERVER_FILE)).name):
        _new_file(folder, name)
    server = create_server_keys(folder)
    public, secret = _new_pair()
    client = folder / CLIENT_FILE
    own = [("client_public", public), ("client_secret", secret)]
    write_key_file(client, [("server_public", read_server_public(server)), *own])
    authorise(server, FIRST_CLIENT, public)
    return server, client


def read_server_public(path: Path) -> str:
    """The public key of a server's key file. Raises ValueError if it has none."""
    return _one(path, "server_public")


def read_client_public(path: Path) -> str:
    """The public key of a client's key file. Raises ValueError if it has none."""
    return _one(path, "client_public")


def read_server_keys(path: Path) -> ServerKeys:
    """Read a server's key file and the list beside it. Raises ValueError if damaged."""
    clients = tuple(client.public for client in read_clients(path))
    return ServerKeys(_one(path, "server_public"), _one(path, "server_secret"), clients)


def require_keys(
    context: zmq.Context, router: zmq.Socket, keys: ServerKeys, listing: Listing | None = None
) -> ThreadAuthenticator:
    """Encrypt the router's connections and refuse clients that are not listed. Stop the result after the socket.

    ``listing`` may change while the server runs; without it, the clients of ``keys`` are let in.
    """
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_curve_callback(DOMAIN, _Doorkeeper(listing or keys))
    router.zap_domain = DOMAIN.encode("ascii")
    router.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    router.curve_server = True
    router.curve_publickey = keys.public.encode("ascii")
    router.curve_secretkey = keys.secret.encode("ascii")
    return authenticator


class _Doorkeeper:
    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def callback(self, domain: str, key: bytes) -> bool:
        """Called by pyzmq for each new connection."""
        return self._listing.name_of(key.decode("ascii")) is not None


def _new_pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return public.decode("ascii"), secret.decode("ascii")


def _write_public(path: Path, name: str, public: str) -> None:
    replace_key_file(path.with_suffix(PUBLIC_SUFFIX), [(name, public)])


def _new_file(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / name).exists():
        raise FileExistsError(f"{folder / name} exists already; use it, or pass --folder with another folder")
    return folder / name


def _one(path: Path, name: str) -> str:
    keys = read_key_file(path).get(name, [])
    if not keys or not is_key(keys[0]):
        raise ValueError(f"{path}: no 40-character {name}; write the file with 'any-to-3d keys new'")
    return keys[0]
