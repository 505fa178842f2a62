"""``manifest.json`` beside fetched weights: where they came from, and each file's size and SHA-256."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from ..models.json_fields import JsonFields

MANIFEST = "manifest.json"
_BLOCK = 2**22


@dataclass(frozen=True)
class FileRecord:
    """size in bytes, sha256 as 64 hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """files: path inside the model's folder, with forward slashes -> what it must be.

    source: as in KnownModel. revision: the commit, empty for a file outside the hub.
    """

    model: str
    source: str
    revision: str
    files: Mapping[str, FileRecord]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces an older one at once, so that a crash leaves the one or the other."""
    values = {**asdict(manifest), "files": {name: asdict(record) for name, record in sorted(manifest.files.items())}}
    unfinished = folder / f"{MANIFEST}.part"
    unfinished.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    unfinished.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is none. Raises ValueError naming the file and what is wrong in it."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    fields = JsonFields.read(path)
    fields.allow_only("model", "source", "revision", "files")
    files = fields.inner("files")
    records = {name: _record(files, name) for name in files.values}
    return Manifest(fields.text("model"), fields.text("source"), fields.text("revision"), records)


def file_sha256(path: Path) -> str:
    """Of the whole file, read in blocks."""
    return file_hash(path, hashlib.sha256())


def file_hash(path: Path, digest: "hashlib._Hash") -> str:
    """The digest after the file's content, in hexadecimal."""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _record(files: JsonFields, name: str) -> FileRecord:
    path = PurePosixPath(name)
    # The file may come from elsewhere with the folder: it must not make us read the rest of the disk.
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError(f"{files.where}: {name!r} is not a path inside the folder")
    fields = files.inner(name)
    sha256 = fields.text("sha256")
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise fields.wrong("sha256", "64 hexadecimal digits")
    size = fields.values.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise fields.wrong("size", "a number of bytes")
    return FileRecord(size, sha256)
