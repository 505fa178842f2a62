"""What a client has asked for and been told, on disk before it acts on it: it may be killed at any moment."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from any_to_3d.shared.mesh import TexturedMesh


@dataclass
class Notes:
    """Of all lives of one client. finished: the digests of results as they were first delivered, by request."""

    asked: list[int] = field(default_factory=list)
    accepted: dict[int, str] = field(default_factory=dict)
    finished: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)

    @property
    def open(self) -> list[int]:
        """Requests whose end is not known yet."""
        return [number for number in self.asked if number not in self.finished and number not in self.failed]


class Notebook:
    """A file of lines, each a fact."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Notes:
        """Everything noted so far; a last line that was cut off by a kill is left out."""
        notes = Notes()
        if not self._path.exists():
            return notes
        for line in self._path.read_text("utf-8").split("\n")[:-1]:
            kind, number, value = json.loads(line)
            if kind == "asked":
                notes.asked.append(number)
                continue
            known: dict[int, str] = getattr(notes, kind)
            if known.setdefault(number, value) != value:
                notes.contradictions.append(f"{kind} {number}: {known[number]}, then {value}")
        return notes

    def write(self, kind: str, number: int, value: str = "") -> None:
        """Note a fact, durably."""
        end = self._path.stat().st_size if self._path.exists() else 0
        with self._path.open("ab+") as file:
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    # The line before was cut off by a kill.
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write((json.dumps([kind, number, value]) + "\n").encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())


def digest(mesh: TexturedMesh) -> str:
    """Of every byte of a result."""
    hashed = hashlib.blake2b(digest_size=16)
    for name in ("vertices", "faces", "uvs", "uv_faces", "albedo"):
        hashed.update(getattr(mesh, name).tobytes())
    return hashed.hexdigest()
