"""xatlas apart: it answers, it can be ended, and its end is told."""

import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from analytic_scenes import sphere
from any_to_3d.backend.finishing import xatlas_process
from any_to_3d.backend.finishing.xatlas_process import Charts, charts_of

MESH = sphere(subdivisions=4)
"""5120 faces: eight pieces."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """The processes that a test starts."""
    found: list[subprocess.Popen[bytes]] = []

    class Kept(subprocess.Popen):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            found.append(self)

    monkeypatch.setattr(xatlas_process.subprocess, "Popen", Kept)
    return found


def charts(time_limit: float = 60.0) -> Iterator[float | Charts]:
    vertices, faces = np.asarray(MESH.vertices, np.float32), np.asarray(MESH.faces, np.int32)
    return charts_of(vertices, faces, 256, 4, time_limit)


def test_it_tells_how_far_it_is_and_leaves_no_process(started: "list[subprocess.Popen[bytes]]") -> None:
    *shares, (uvs, uv_faces) = charts()
    assert shares == sorted(shares)
    assert len(shares) == 8
    assert uv_faces.shape == MESH.faces.shape
    assert uv_faces.max() == len(uvs) - 1
    assert started[0].returncode == 0


def test_a_caller_who_stops_pulling_ends_it(started: "list[subprocess.Popen[bytes]]") -> None:
    parts = charts()
    next(parts)
    assert started[0].poll() is None
    parts.close()  # type: ignore[attr-defined]
    assert started[0].returncode is not None


def test_a_process_that_dies_is_told(started: "list[subprocess.Popen[bytes]]") -> None:
    parts = charts()
    next(parts)
    started[0].kill()
    with pytest.raises(RuntimeError, match="its process ended with code"):
        list(parts)


def test_a_process_that_takes_too_long_is_ended(started: "list[subprocess.Popen[bytes]]") -> None:
    with pytest.raises(TimeoutError, match=r"0\.01 s allowed"):
        list(charts(time_limit=0.01))
    assert started[0].returncode is not None
