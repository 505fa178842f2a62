"""A finished job on disk: what its watchers were sent, when, and the object; played again by the add-on's demo.

The file is a NumPy archive without pickle: ``about``, a JSON text, and the meshes, quantised and stored as differences,
which compress well. Positions and UVs keep 16 bits, so a vertex moves by at most 1/65535 of the unit box [-1, 1].
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Union

import numpy as np

from .mesh import MeshSnapshot, TexturedMesh
from .messages import Preparing, Progress

RecordedEvent = Union[Preparing, Progress, MeshSnapshot]

_FORMAT = 1
_POSITIONS = (-1.0, 1.0)
_UVS = (0.0, 1.0)
_LEVELS = 65535


class RecordingError(ValueError):
    """The file is no recording that this version reads, or the job does not fit into one; the message says why."""


@dataclass(frozen=True)
class Timed:
    """An event, and the seconds since the job began."""

    at: float
    event: RecordedEvent


@dataclass(frozen=True)
class Recording:
    """One job. ``seconds`` it took; events oldest first, with empty job ids; picture: a PNG of the finished object."""

    prompt: str
    preset: str
    seed: int
    backend_version: str
    phases: tuple[str, ...]
    seconds: float
    events: tuple[Timed, ...]
    result: TexturedMesh
    picture: bytes


def write(recording: Recording, path: Path) -> None:
    """Write the file. Raises RecordingError for a mesh of more than 65536 vertices or UVs: they would not fit."""
    arrays: dict[str, np.ndarray] = {}
    _add_snapshots(recording, arrays)
    about = {
        "format": _FORMAT,
        "prompt": recording.prompt,
        "preset": recording.preset,
        "seed": recording.seed,
        "backend_version": recording.backend_version,
        "phases": recording.phases,
        "seconds": recording.seconds,
        "events": [[timed.at, type(timed.event).__name__, _fields(timed.event)] for timed in recording.events],
    }
    result = recording.result
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    arrays["picture"] = np.frombuffer(recording.picture, np.uint8)
    arrays["result_vertices"] = _quantised(result.vertices, _POSITIONS)
    arrays["result_faces"] = _differences(result.faces)
    arrays["result_uvs"] = _quantised(result.uvs, _UVS)
    arrays["result_uv_faces"] = _differences(result.uv_faces)
    arrays["result_albedo"] = _neighbour_differences(result.albedo)
    # Its stubs take any name for one of its own options.
    save: Callable[..., None] = np.savez_compressed
    save(path, **arrays)


def read(path: Path) -> Recording:
    """Read a file that ``write`` made. Raises RecordingError, also for a mesh that is not valid."""
    try:
        with np.load(path) as archive:
            return _recording(archive)
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordingError(f"{path} is no recording that can be read: {error}") from error


def _recording(archive: np.lib.npyio.NpzFile) -> Recording:
    about = json.loads(archive["about"].tobytes())
    if about["format"] != _FORMAT:
        raise RecordingError(f"format {about['format']}; this version reads {_FORMAT}")
    result = TexturedMesh(
        _positions(archive["result_vertices"]),
        _faces(archive["result_faces"]),
        _restored(archive["result_uvs"], _UVS),
        _faces(archive["result_uv_faces"]),
        np.cumsum(archive["result_albedo"], axis=1, dtype=np.uint8),
    )
    result.validate()
    return Recording(
        prompt=about["prompt"],
        preset=about["preset"],
        seed=about["seed"],
        backend_version=about["backend_version"],
        phases=tuple(about["phases"]),
        seconds=about["seconds"],
        events=tuple(_events(about["events"], archive)),
        result=result,
        picture=archive["picture"].tobytes(),
    )


def _fields(event: RecordedEvent) -> dict[str, object]:
    """What is told of an event as JSON; the arrays of a snapshot lie beside, by its sequence or its topology."""
    if not isinstance(event, MeshSnapshot):
        return asdict(event)
    return {name: getattr(event, name) for name in ("sequence", "phase", "step", "topology")}


def _add_snapshots(recording: Recording, arrays: dict[str, np.ndarray]) -> None:
    """Faces once for each topology, vertices once for each shape: a job that only paints moves nothing."""
    shape: np.ndarray | None = None
    for event in (timed.event for timed in recording.events):
        if not isinstance(event, MeshSnapshot):
            continue
        arrays[f"faces_{event.topology}"] = _differences(event.faces)
        if shape is None or not np.array_equal(shape, event.vertices):
            shape = event.vertices
            arrays[f"vertices_{event.sequence}"] = _quantised(shape, _POSITIONS)
        if event.colors is not None:
            arrays[f"colors_{event.sequence}"] = _row_differences(event.colors)


def _events(listed: list, archive: np.lib.npyio.NpzFile) -> Iterator[Timed]:
    shape = np.zeros((0, 3), np.float32)
    for at, kind, fields in listed:
        if kind == Preparing.__name__:
            yield Timed(at, Preparing(**fields))
        elif kind == Progress.__name__:
            yield Timed(at, Progress(**fields))
        elif kind == MeshSnapshot.__name__:
            vertices, colors = (f"{name}_{fields['sequence']}" for name in ("vertices", "colors"))
            shape = _positions(archive[vertices]) if vertices in archive else shape
            painted = np.cumsum(archive[colors], axis=0, dtype=np.uint8) if colors in archive else None
            faces = _faces(archive[f"faces_{fields['topology']}"])
            snapshot = MeshSnapshot(job_id="", **fields, vertices=shape, faces=faces, colors=painted)
            snapshot.validate()
            yield Timed(at, snapshot)
        else:
            raise RecordingError(f"an event {kind!r} is not recorded")


def _quantised(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Floats in these limits as differences of 16-bit levels down the rows."""
    lowest, highest = limits
    levels = np.rint((values.astype(np.float64) - lowest) / (highest - lowest) * _LEVELS)
    if levels.size and (levels.min() < 0 or levels.max() > _LEVELS):
        raise RecordingError(
            f"coordinates from {values.min():g} to {values.max():g}; allowed are {lowest} to {highest}"
        )
    return _row_differences(levels.astype(np.uint16))


def _restored(differences: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    lowest, highest = limits
    levels = np.cumsum(differences, axis=0, dtype=np.uint16)
    return (lowest + levels / _LEVELS * (highest - lowest)).astype(np.float32)


def _positions(differences: np.ndarray) -> np.ndarray:
    return _restored(differences, _POSITIONS)


def _differences(faces: np.ndarray) -> np.ndarray:
    if faces.size and faces.max() > _LEVELS:
        raise RecordingError(f"a mesh has {faces.max() + 1} vertices or UVs; at most {_LEVELS + 1} fit")
    return _row_differences(faces.astype(np.uint16))


def _faces(differences: np.ndarray) -> np.ndarray:
    return np.cumsum(differences, axis=0, dtype=np.uint16).astype(np.int32)


def _row_differences(rows: np.ndarray) -> np.ndarray:
    """Each row less the one above, in the numbers' own wrapping arithmetic."""
    return np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))


def _neighbour_differences(picture: np.ndarray) -> np.ndarray:
    """Each pixel less its left neighbour, in the bytes' own wrapping arithmetic."""
    return np.diff(picture, axis=1, prepend=np.zeros_like(picture[:, :1]))
