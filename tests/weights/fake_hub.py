"""A server on 127.0.0.1 that answers as the model hub does: commits, listings, files, parts of files; with faults."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE = 1000
"""Files from this size on are listed with a SHA-256, smaller ones with git's hash, as large file storage does it."""


@dataclass
class Repository:
    """files: path -> content. The faults: of these paths, what is sent instead, and how much before a connection ends.

    breaks: path -> numbers of bytes, one for each request that is cut; after them the server answers 503 while
    ``is_down``, and whole files otherwise.
    """

    files: dict[str, bytes]
    sent_instead: dict[str, bytes] = field(default_factory=dict)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    is_down: bool = False
    commit: str = "c" * 40


@dataclass
class Hub:
    """What it serves, and what it was asked for: (path, value of the Range header)."""

    address: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    plain_files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def asked_for(self, path: str) -> list[str]:
        """The Range of each request for this file."""
        return [byte_range for name, byte_range in self.asked if name == path]


@contextmanager
def fake_hub() -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.hub = hub = Hub(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hub: Hub = self.server.hub  # type: ignore[attr-defined]
        hub.tokens.append(self.headers.get("Authorization", ""))
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._answer_question("/".join(parts[2:4]), parts[4], parts[5])
        elif parts[2:3] == ["resolve"]:
            self._send_file(hub.repositories["/".join(parts[:2])], "/".join(parts[4:]))
        elif "/".join(parts) in hub.plain_files:
            self._send_file(Repository(hub.plain_files), "/".join(parts))
        else:
            self._refuse(404, "")

    def _answer_question(self, name: str, question: str, revision: str) -> None:
        repository = self.server.hub.repositories.get(name)  # type: ignore[attr-defined]
        if repository is None:
            self._refuse(404, "RepoNotFound")
        elif revision not in ("main", repository.commit):
            self._refuse(404, "RevisionNotFound")
        elif question == "revision":
            self._send(200, json.dumps({"id": name, "sha": repository.commit, "siblings": []}).encode())
        else:
            entries = [_entry(path, content) for path, content in repository.files.items()]
            self._send(200, json.dumps(entries).encode())

    def _send_file(self, repository: Repository, path: str) -> None:
        wanted = self.headers.get("Range", "")
        self.server.hub.asked.append((path, wanted))  # type: ignore[attr-defined]
        cuts = repository.breaks.get(path, [])
        if repository.is_down and not cuts:
            self._refuse(503, "")
            return
        content = repository.sent_instead.get(path, repository.files[path])
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if wanted else {}
        self._send(206 if wanted else 200, content[start:], headers, cuts.pop(0) if cuts else None)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Not into the tests' output."""


def _entry(path: str, content: bytes) -> dict[str, object]:
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    entry = {"type": "file", "path": path, "size": len(content), "oid": git}
    if len(content) >= LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return entry
