"""A proxy between a client and a backend that a test can make tamper, replay, or stop forwarding."""

import selectors
import socket
import threading
from collections.abc import Callable

Change = Callable[[bytes], bytes]


def unchanged(data: bytes) -> bytes:
    return data


class Proxy:
    """Forwards to ``port`` on this computer, as a context manager.

    to_backend, to_client: what becomes of bytes on their way; may be exchanged at any time.  recorded: all that clients
    sent.  hung_up: connections that the backend ended.
    """

    def __init__(self, port: int) -> None:
        self.to_backend: Change = unchanged
        self.to_client: Change = unchanged
        self.recorded = bytearray()
        self.hung_up = 0
        self._port = port
        self._is_cut = False
        self._is_over = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._others: dict[socket.socket, socket.socket] = {}
        self._from_clients: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Forward nothing any more, and close nothing: as if a cable were pulled."""
        self._is_cut = True

    def mend(self) -> None:
        """Forward again, also what came meanwhile."""
        self._is_cut = False

    def _run(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select(0.05):
                if self._is_cut:
                    threading.Event().wait(0.05)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._forward(key.fileobj)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        backend = socket.create_connection(("127.0.0.1", self._port))
        self._from_clients.add(client)
        self._others |= {client: backend, backend: client}
        for each in (client, backend):
            self._selector.register(each, selectors.EVENT_READ)

    def _forward(self, source: socket.socket) -> None:
        if source not in self._others:
            return
        is_client = source in self._from_clients
        try:
            data = source.recv(65536)
            if data and is_client:
                self.recorded += data
            if data:
                self._others[source].sendall((self.to_backend if is_client else self.to_client)(data))
        except OSError:
            data = b""
        if not data:
            self.hung_up += not is_client
            self._close(source)

    def _close(self, source: socket.socket) -> None:
        for each in (source, self._others.pop(source)):
            self._others.pop(each, None)
            self._selector.unregister(each)
            each.close()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        for each in (*self._others, self._listener):
            each.close()
        self._selector.close()
