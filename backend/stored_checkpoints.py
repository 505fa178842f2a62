"""A job's stored states on disk: which there are, without loading a tensor and without torch.

<job's folder>/<phase>.safetensors     the run at the end of that phase; kept
<job's folder>/checkpoint.safetensors  the run within a phase, every 30 s; replaced by the next, gone with the phase

Each holds what the optimiser needs to go on exactly, so three take about 20 MB for a built-in job (standard preset) and
560 MB for a full one (a hash grid with Adam 150 MB, a lattice of 128 with Adan 170 MB).
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..shared.messages import CheckpointInfo

HEADER = "run"
"""The metadata entry of a safetensors file that says how far the run was, in JSON."""

WITHIN_PHASE = "checkpoint"
SUFFIX = ".safetensors"
LONGEST_HEADER = 16 * 2**20


class NoSuchCheckpoint(ValueError):
    """A job has no state of that name; the message says which it has."""


@dataclass(frozen=True)
class _Stored:
    path: Path
    phase_index: int
    info: CheckpointInfo


def name_of(phase: str, ends_phase: bool) -> str:
    """What the state after a step is called.

    >>> name_of("coarse", True), name_of("coarse", False)
    ('coarse', 'checkpoint')
    """
    return phase if ends_phase else WITHIN_PHASE


def file_of(folder: Path, phase: str, ends_phase: bool) -> Path:
    """Where the state after a step of a recipe's own phase is to be written."""
    return folder / f"{name_of(phase, ends_phase)}{SUFFIX}"


def forget_within_phase(folder: Path) -> None:
    """Drop the state within a phase, once the phase's end is stored."""
    (folder / f"{WITHIN_PHASE}{SUFFIX}").unlink(missing_ok=True)


def checkpoints_in(folder: Path) -> tuple[CheckpointInfo, ...]:
    """The readable states in a job's folder, oldest first; none where there is no such folder."""
    return tuple(stored.info for stored in _stored_in(folder))


def newest_first(folder: Path) -> tuple[Path, ...]:
    """The files of the readable states, so that a caller for whom one turns out to be damaged can take the next."""
    return tuple(stored.path for stored in reversed(_stored_in(folder)))


def checkpoint_path(folder: Path, name: str = "") -> Path:
    """The file of the state of this name, or of the newest one.

    The name, which may come from a client, is looked up among what is there and never becomes part of a path.
    Raises NoSuchCheckpoint.
    """
    return _named(folder, name).path


def stored_state(folder: Path, name: str = "") -> CheckpointInfo:
    """What the state of this name, or the newest one, says of itself. Raises NoSuchCheckpoint."""
    return _named(folder, name).info


def _named(folder: Path, name: str) -> _Stored:
    stored = _stored_in(folder)
    if not stored:
        raise NoSuchCheckpoint("that job has no stored state to go on from; it ended too early, or its files are gone")
    if not name:
        return stored[-1]
    for each in stored:
        if each.info.name == name:
            return each
    known = ", ".join(each.info.name for each in stored)
    raise NoSuchCheckpoint(f"that job has no checkpoint {name[:40]!r}; it has {known}")


def _stored_in(folder: Path) -> list[_Stored]:
    if not folder.is_dir():
        return []
    found = (_read(path) for path in folder.glob(f"*{SUFFIX}"))
    return sorted((each for each in found if each is not None), key=lambda each: (each.phase_index, each.info.step))


def _read(path: Path) -> _Stored | None:
    """What a file says of itself; None for one that is damaged or no checkpoint."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > LONGEST_HEADER:
                return None
            header = json.loads(file.read(length))
        if not isinstance(header, dict):
            return None
        # A file that was cut off must not hide the whole one before it.
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        if path.stat().st_size != 8 + length + max(ends, default=0):
            return None
        return _described(path, json.loads(header["__metadata__"][HEADER]))
    except (OSError, ValueError, KeyError, IndexError, TypeError, struct.error):
        return None


def _described(path: Path, run: Mapping[str, object]) -> _Stored:
    """Raises KeyError, IndexError or TypeError where something is missing or of another kind."""
    recipe, number, finished = run["recipe"], run["phase_index"], run["finished_steps"]
    if not isinstance(recipe, dict) or not isinstance(number, int) or not isinstance(finished, int):
        raise TypeError
    phase = recipe["phases"][number]
    name, steps = phase["name"], phase["steps"]
    if not isinstance(name, str) or not isinstance(steps, int):
        raise TypeError
    return _Stored(path, number, CheckpointInfo(path.stem, name, finished, steps))
