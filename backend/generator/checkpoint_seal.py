"""A checksum inside a checkpoint's own header, so that a file which has changed since is not taken for a run.

A safetensors file says how long it is, but not what was in it: flipped bytes would be other weights, unnoticed.
The sum (CRC-32) is of the whole file with eight zeros in its own place, which ``UNSEALED`` keeps free.
"""

import zlib
from pathlib import Path

KEY = "crc32"
UNSEALED = "00000000"

_BEFORE = f'"{KEY}":"'.encode("ascii")
_CHUNK = 2**22


def seal(path: Path) -> None:
    """Write the sum into a file that was saved with ``{KEY: UNSEALED}`` in its metadata. Raises OSError, ValueError."""
    place, _ = _place_and_text(path)
    if place is None:
        raise ValueError(f"{path} has no place for a checksum in its metadata")
    checksum = _checksum(path, place)
    with path.open("rb+") as file:
        file.seek(place)
        file.write(f"{checksum:08x}".encode("ascii"))


def is_whole(path: Path) -> bool:
    """Whether the file is what was sealed; also True of one that was never sealed. Raises OSError."""
    place, text = _place_and_text(path)
    return place is None or text == f"{_checksum(path, place):08x}"


def _place_and_text(path: Path) -> tuple[int | None, str]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(min(length, path.stat().st_size))
    found = header.find(_BEFORE)
    if found < 0:
        return None, ""
    start = found + len(_BEFORE)
    return 8 + start, header[start : start + len(UNSEALED)].decode("ascii", "replace")


def _checksum(path: Path, place: int) -> int:
    with path.open("rb") as file:
        checksum = zlib.crc32(file.read(place))
        file.seek(place + len(UNSEALED))
        checksum = zlib.crc32(UNSEALED.encode("ascii"), checksum)
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
