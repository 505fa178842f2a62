"""Record a job for the add-on's demo mode: run it as a worker does, and keep what somebody watching would have seen."""

import io
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from ...shared.mesh import MeshSnapshot, TexturedMesh
from ...shared.messages import Failed, Finished, Preparing, Progress, Submit, TextPrompt, WeightedPrompt
from ...shared.recording import Recording, Timed
from ..catalogue import PHASES
from ..engine import Engine
from ..serving import build_check
from ..version import backend_version
from ..worker import run_job
from ..worker_messages import Run, WorkerEvent
from .record_options import RecordOptions

SNAPSHOT_FACES = 2000
SNAPSHOTS = 60
"""With these a recording takes about 1.4 MB of the add-on's zip, and its 20 seconds show three shapes a second."""

PICTURE_SIZE = 256


class NotRecorded(ValueError):
    """There is nothing to record; the message says why."""


def record(options: RecordOptions, engine: Engine, clock: Callable[[], float] = time.monotonic) -> Recording:
    """Run the job to its end. Raises NotRecorded, saying why, if it is refused or fails."""
    prompts = (WeightedPrompt(TextPrompt(options.text)),)
    submit = Submit("record-demo", prompts, preset=options.preset, seed=options.seed)
    verdict = build_check(options.profile)(submit)
    if verdict.problem is not None:
        raise NotRecorded(f"{verdict.problem.message} {verdict.problem.hint}")
    engine.load()
    began = clock()
    told: list[tuple[float, WorkerEvent]] = []
    with tempfile.TemporaryDirectory(prefix="any-to-3d-") as folder:
        for event in run_job(Run("", submit, folder), engine, _EagerWatcher(), clock):
            told.append((clock() - began, event))
    seconds, last = told[-1]
    if isinstance(last, Failed):
        raise NotRecorded(f"{last.problem.message} {last.problem.hint}")
    assert isinstance(last, Finished), "nobody cancels it"
    return Recording(
        prompt=options.text,
        preset=options.preset,
        seed=options.seed,
        backend_version=backend_version(),
        phases=PHASES,
        seconds=seconds,
        events=thinned(told, SNAPSHOTS),
        result=last.mesh,
        picture=picture(last.mesh),
    )


def thinned(told: Sequence[tuple[float, WorkerEvent]], count: int) -> tuple[Timed, ...]:
    """All progress, and at most ``count`` snapshots: of each equal share of their time, the first."""
    times = np.array([at for at, event in told if isinstance(event, MeshSnapshot)])
    kept: set[float] = set()
    if len(times):
        shares = np.linspace(times[0], times[-1], count)
        kept = set(times[np.unique(np.searchsorted(times, shares))].tolist())
    return tuple(
        Timed(round(at, 3), event)
        for at, event in told
        if isinstance(event, (Preparing, Progress)) or (isinstance(event, MeshSnapshot) and at in kept)
    )


def picture(mesh: TexturedMesh) -> bytes:
    """The object from its front, half from the right and above, on white, as PNG."""
    from ..evaluation.measures.orbit import render

    rgb = render(mesh, np.radians(15.0), np.radians(30.0), PICTURE_SIZE).rgb
    encoded = io.BytesIO()
    Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


class _EagerWatcher:
    """A Control for somebody who takes every snapshot and never cancels."""

    def cancelled(self) -> bool:
        return False

    def wanted_faces(self) -> int:
        return SNAPSHOT_FACES
