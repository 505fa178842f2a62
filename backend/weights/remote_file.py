"""A published file: where it is, and what it must be when it has arrived."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .manifest import file_hash


@dataclass(frozen=True)
class Checksum:
    """kind: "sha256" of the content, or "git" for git's SHA-1 of a blob; value: hexadecimal."""

    kind: Literal["sha256", "git"]
    value: str

    def of(self, path: Path) -> str:
        """What this kind of checksum is for a local file."""
        if self.kind == "sha256":
            return file_hash(path, hashlib.sha256())
        header = f"blob {path.stat().st_size}\0".encode()
        return file_hash(path, hashlib.sha1(header, usedforsecurity=False))


@dataclass(frozen=True)
class RemoteFile:
    """path: inside the repository, and inside the model's folder. size: bytes. headers: of the request, tokens too."""

    path: str
    url: str
    size: int
    checksum: Checksum
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def is_at(self, path: Path) -> bool:
        """Whether exactly this file lies there; reads all of it."""
        return path.is_file() and path.stat().st_size == self.size and self.checksum.of(path) == self.checksum.value
