"""Keys for a backend that listens beyond this computer: ZeroMQ CURVE, with a list of clients that may connect."""

import os
from dataclasses import dataclass
from pathlib import Path

import zmq
from zmq.auth.thread import ThreadAuthenticator

SERVER_FILE = "server.key"
CLIENT_FILE = "client.key"


@dataclass(frozen=True)
class ServerKeys:
    """The server's own pair and the public keys of the clients it lets in, as Z85 text."""

    public: str
    secret: str
    clients: tuple[str, ...]


def create_keys(folder: Path) -> tuple[Path, Path]:
    """Write a server key file and the key file of one client. Raises FileExistsError rather than replace any."""
    for name in (SERVER_FILE, CLIENT_FILE):
        if (folder / name).exists():
            raise FileExistsError(f"{folder / name} exists already; use it, or pass --folder with another folder")
    folder.mkdir(parents=True, exist_ok=True)
    (server_public, server_secret), (client_public, client_secret) = zmq.curve_keypair(), zmq.curve_keypair()
    server = {"server_public": server_public, "server_secret": server_secret, "client_public": client_public}
    client = {"server_public": server_public, "client_public": client_public, "client_secret": client_secret}
    paths = folder / SERVER_FILE, folder / CLIENT_FILE
    for path, keys in zip(paths, (server, client), strict=True):
        text = "".join(f'{name} = "{key.decode("ascii")}"\n' for name, key in keys.items())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    return paths


def read_server_keys(path: Path) -> ServerKeys:
    """Read a server key file; further ``client_public`` lines let further clients in. Raises ValueError if damaged."""
    found: dict[str, list[str]] = {}
    for line in Path(path).read_text("utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator:
            found.setdefault(name.strip(), []).append(value.strip().strip('"'))
    for name in ("server_public", "server_secret", "client_public"):
        if any(len(key) != 40 for key in found.get(name, [""])):
            raise ValueError(f"{path}: no 40-character {name}; write the file with 'any-to-3d keys'")
    return ServerKeys(found["server_public"][0], found["server_secret"][0], tuple(found["client_public"]))


def require_keys(context: zmq.Context, router: zmq.Socket, keys: ServerKeys) -> ThreadAuthenticator:
    """Encrypt the router's connections and refuse clients that are not listed. Stop the result after the socket."""
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_curve_callback(credentials_provider=_Listed(keys.clients))
    router.curve_server = True
    router.curve_publickey = keys.public.encode("ascii")
    router.curve_secretkey = keys.secret.encode("ascii")
    return authenticator


class _Listed:
    def __init__(self, clients: tuple[str, ...]) -> None:
        self._clients = frozenset(client.encode("ascii") for client in clients)

    def callback(self, domain: str, key: bytes) -> bool:
        """Called by pyzmq for each new connection."""
        return key in self._clients
