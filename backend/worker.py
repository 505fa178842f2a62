"""Drive one job: pull moments from the engine and turn them into events. No socket and no process in here."""

import logging
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import Cancelled, CutOut, Failed, Finished, Paused, Preparing, Progress
from .engine import Engine, Moment, Stage
from .problems import is_out_of_memory, problem_of
from .progress import ProgressMeter
from .worker_messages import Run, Saved, WorkerEvent

log = logging.getLogger(__name__)

REPORT_SECONDS = 1.0
CHECKPOINT_SECONDS = 30.0
SNAPSHOT_SECONDS = 0.2
SNAPSHOT_SHARE = 5.0
"""Between two snapshots lies at least this many times the time that the last one took to make."""


NUMBERS_OF_AN_ATTEMPT = 1_000_000
"""A resumed job counts snapshots and topologies from here on, so that no reader mistakes a new one for an old one."""

NUMBERS_OF_A_TRY = 100_000
"""Likewise for a job that goes on with less memory."""


Wish = Literal["go on", "cancel", "pause", "finish"]
"""finish: as the object is now."""


class Control(Protocol):
    """What the outside wants of a running job; asked between moments."""

    def wish(self) -> Wish:
        """What is to become of the job now."""
        ...

    def wanted_faces(self) -> int | None:
        """The face limit of the snapshot that somebody waits for, or None."""
        ...

    def wanted_texture(self) -> int:
        """The limit of that snapshot's texture in pixels a side, or 0 if no texture alone is wanted."""
        ...


class _Due:
    """Says, at most once per interval, that something is due; the first time at once."""

    def __init__(self, seconds: float, first: float) -> None:
        self._seconds = seconds
        self._next = first

    def at(self, now: float) -> bool:
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True

    def not_before(self, time: float) -> None:
        self._next = time


def run_job(
    job: Run, engine: Engine, control: Control, clock: Callable[[], float] = time.monotonic
) -> Iterator[WorkerEvent]:
    """Run a job to its end: Preparing, CutOut, Progress, snapshots; last one of Finished, Cancelled, Failed, Paused.

    After Paused the job's state is on disk and the engine's memory free; a later attempt goes on.
    Nothing is raised: whatever goes wrong becomes Failed. Progress comes once a second, a snapshot only when
    ``control`` wants one, a checkpoint at the end of each phase and every 30 s.
    """
    try:
        yield from _Drive(job, engine, control, clock).events()
    except Exception as error:
        yield Failed(job.job_id, problem_of(error))


class _Drive:
    def __init__(self, job: Run, engine: Engine, control: Control, clock: Callable[[], float]) -> None:
        self._job, self._engine, self._control, self._clock = job, engine, control, clock
        self._folder = Path(job.folder)
        self._started = clock()
        self._source = Path(job.source_folder) if job.source_folder else None
        self._plan = engine.plan(job.submit, self._source)
        self._meter = ProgressMeter(self._plan, self._started)
        self._report = _Due(REPORT_SECONDS, self._started)
        self._checkpoint = _Due(CHECKPOINT_SECONDS, self._started + CHECKPOINT_SECONDS)
        self._snapshot = _Due(SNAPSHOT_SECONDS, self._started)
        self._numbers_from = (job.attempt - 1) * NUMBERS_OF_AN_ATTEMPT
        self._sequence = self._numbers_from
        self._notice = ""

    def events(self) -> Iterator[WorkerEvent]:
        """Of the job and, where memory runs out and something can be given up, of what goes on from its checkpoint."""
        folder = self._folder if self._job.attempt > 1 else None
        while True:
            try:
                is_paused = yield from self._one_try(folder)
                break
            except Exception as error:
                given_up = self._engine.relieve() if is_out_of_memory(error) else None
                if given_up is None:
                    raise
            # Out of the handler, which keeps all that the failed step had allocated.
            self._notice = f"Memory ran out: {given_up}."
            yield Preparing(self._job.job_id, self._notice, 0.0)
            folder = self._folder
            self._numbers_from += NUMBERS_OF_A_TRY
            self._sequence = max(self._sequence, self._numbers_from)
            self._meter = ProgressMeter(self._plan, self._clock())
        if is_paused:
            # Only now: until the try has been left, it held the scene and its optimiser.
            self._engine.unload()
            yield Paused(self._job.job_id)

    def _one_try(self, folder: Path | None) -> Generator[WorkerEvent, None, bool]:
        """Whether it was paused, else it has ended."""
        job = self._job
        moments = self._engine.run(job.job_id, job.submit, folder, self._source)
        last: Moment | None = None
        for moment in moments:
            wish = self._wish()
            if wish == "cancel":
                yield Cancelled(job.job_id)
                return False
            if isinstance(moment, Stage):
                self._notice = moment.notice or self._notice
                yield Preparing(job.job_id, moment.notice or moment.what, moment.fraction)
                self._meter.skip(self._clock())
            elif isinstance(moment, CutOut):
                yield moment
            else:
                yield from self._after_step(moment, wish)
                last = moment
            if wish == "pause":
                return True
            if wish == "finish" and last is not None:
                break
        if last is None:
            raise ValueError("the recipe has no step")
        return (yield from self._finish(last))

    def _wish(self) -> Wish:
        wish = self._control.wish()
        return "finish" if wish == "go on" and self._job.finishes_early else wish

    def _after_step(self, moment: Moment, wish: Wish) -> Iterator[WorkerEvent]:
        now = self._clock()
        self._meter.step(moment.phase, moment.index, now)
        is_last = moment.ends_phase and moment.phase == self._plan.phases[-1].name
        if wish == "finish" and not is_last:
            steps = self._meter.steps_of(moment.phase)
            self._notice = f"Finished early, as asked: {moment.phase} {moment.index + 1}/{steps}."
        if self._report.at(now) or moment.ends_phase or wish == "finish":
            yield self._progress(moment)
        if self._checkpoint.at(now) or moment.ends_phase or wish != "go on":
            yield from self._save(moment)
        if wish != "go on":
            return
        faces = self._control.wanted_faces()
        if faces is not None and self._snapshot.at(now):
            snapshot = moment.snapshot(self._sequence + 1, faces, self._control.wanted_texture())
            after = self._clock()
            self._snapshot.not_before(after + max(SNAPSHOT_SECONDS, SNAPSHOT_SHARE * (after - now)))
            if snapshot is not None:
                self._sequence += 1
                yield self._numbered(snapshot)
        self._meter.skip(self._clock())

    def _save(self, moment: Moment) -> Iterator[WorkerEvent]:
        """A disk that does not take it costs the safety of the job's state, not the job."""
        try:
            moment.save(self._folder)
        except OSError as error:
            log.warning("job=%s unsaved=%s", self._job.job_id, error)
            reason = error.strerror or "the disk did not take it"
            self._notice = f"The job's state could not be stored ({reason}); if it has to resume, it loses some time."
            return
        yield Saved(self._job.job_id, self._meter.overall)

    def _numbered(self, snapshot: MeshSnapshot | TextureSnapshot) -> MeshSnapshot | TextureSnapshot:
        if isinstance(snapshot, TextureSnapshot):
            return snapshot
        return replace(snapshot, topology=snapshot.topology + self._numbers_from)

    def _progress(self, moment: Moment) -> Progress:
        meter = self._meter
        return Progress(
            self._job.job_id,
            moment.phase,
            moment.index + 1,
            meter.steps_of(moment.phase),
            meter.overall,
            # A loss that is no number ends the job by itself, if it matters; it must not end the conversation.
            {name: loss for name, loss in moment.losses().items() if math.isfinite(loss)},
            meter.steps_per_second,
            meter.seconds_left,
            self._notice,
            self._clock() - self._started,
        )

    def _finish(self, moment: Moment) -> Generator[WorkerEvent, None, bool]:
        """Whether it was paused."""
        job_id = self._job.job_id
        for part in moment.textured():
            wish = self._control.wish()
            if wish == "cancel":
                yield Cancelled(job_id)
                return False
            if isinstance(part, TexturedMesh):
                yield Finished(job_id, part, self._clock() - self._started)
            elif wish == "pause":
                return True
            else:
                yield Preparing(job_id, "unwrapping and painting the texture", part)
        return False
