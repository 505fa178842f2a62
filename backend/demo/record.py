"""Record a job for the add-on's demo mode: run it as a worker does, and keep what somebody watching would have seen."""

import io
import tempfile

import numpy as np
from PIL import Image

from ...shared.mesh import TexturedMesh
from ...shared.messages import Failed, Finished, Submit, TextPrompt, WeightedPrompt
from ...shared.recording import Recording
from ..catalogue import PROFILES
from ..engine import Engine
from ..serving import build_check
from ..version import backend_version
from ..worker import Wish, run_job
from ..worker_messages import Run
from .pace import paced, thinned
from .record_options import RecordOptions

SNAPSHOT_FACES = 2000
SNAPSHOTS = 60
"""With these a recording takes about 1.3 MB of the add-on's zip, and its 20 seconds show three shapes a second."""

REPORTS = 100

PICTURE_SIZE = 256


class NotRecorded(ValueError):
    """There is nothing to record; the message says why."""


def record(options: RecordOptions, engine: Engine) -> Recording:
    """Run the job to its end. Raises NotRecorded, saying why, if it is refused or fails."""
    submit = _request(options)
    engine.load()
    with tempfile.TemporaryDirectory(prefix="any-to-3d-") as folder:
        *events, last = run_job(Run("", submit, folder), engine, _EagerWatcher())
    if isinstance(last, Failed):
        raise NotRecorded(f"{last.problem.message} {last.problem.hint}")
    assert isinstance(last, Finished), "nobody cancels it"
    plan = engine.plan(submit)
    seconds = _usual_seconds(options) or last.seconds
    return Recording(
        prompt=options.text,
        preset=options.preset,
        seed=options.seed,
        backend_version=backend_version(),
        phases=tuple(phase.name for phase in plan.phases),
        seconds=seconds,
        events=thinned(paced(events, plan, seconds), REPORTS, SNAPSHOTS),
        result=last.mesh,
        picture=picture(last.mesh),
    )


def _request(options: RecordOptions) -> Submit:
    prompts = (WeightedPrompt(TextPrompt(options.text)),)
    submit = Submit("record-demo", prompts, preset=options.preset, seed=options.seed)
    verdict = build_check(options.profile)(submit)
    if verdict.problem is not None:
        raise NotRecorded(f"{verdict.problem.message} {verdict.problem.hint}")
    return submit


def _usual_seconds(options: RecordOptions) -> float | None:
    recipe = PROFILES[options.profile].recipe("xbind")
    presets = recipe.presets if recipe else ()
    return next((preset.seconds_estimate for preset in presets if preset.name == options.preset), None)


def picture(mesh: TexturedMesh) -> bytes:
    """The object from its front, half from the right and above, on white, as PNG."""
    from ..evaluation.measures.orbit import render

    rgb = render(mesh, np.radians(15.0), np.radians(30.0), PICTURE_SIZE).rgb
    encoded = io.BytesIO()
    Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


class _EagerWatcher:
    """A Control for somebody who takes every snapshot and never cancels."""

    def wish(self) -> Wish:
        return "go on"

    def wanted_faces(self) -> int:
        return SNAPSHOT_FACES

    def wanted_texture(self) -> int:
        return 0
