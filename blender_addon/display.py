"""Meshes and textures that have arrived, put into the scene at most one a tick."""

from __future__ import annotations

from time import perf_counter

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import Ack, Finished, Message, Request
from . import live_pictures
from .arrivals import Arrivals
from .frame_budget import FrameBudget
from .frame_memory import FrameMemory
from .objects import scene
from .objects.scene import Outcome
from .session import watch_of
from .stage import Stage
from .state import FramesPaced, Job, Session


class Display:
    """``missing`` names the jobs whose object is gone; ``shown_count`` grows with everything that is shown.

    stage: where in the scene each job's result goes.  frames: keeps some of the shapes that objects had on the way.
    """

    def __init__(self, stage: Stage) -> None:
        self.frames = FrameMemory()
        self.missing: frozenset[str] = frozenset()
        self.shown_count = 0
        self._stage = stage
        self._arrivals = Arrivals(self.frames)
        self._budget = FrameBudget()

    @property
    def has_more(self) -> bool:
        """Whether something is still to be shown."""
        return bool(self._arrivals.due)

    def has_result(self, job_id: str) -> bool:
        """Whether a result has arrived and is not in the scene for good."""
        return self._arrivals.result(job_id) is not None

    def newest_frame(self, job_id: str) -> MeshSnapshot | None:
        """What a running job looks like, if that is known."""
        return self._arrivals.frame(job_id)

    def show_again(self) -> None:
        """Undo, another file or the artist's wish took objects away: show everything again that is not final."""
        self._arrivals.all_due()
        self.missing = frozenset()

    def keep(self, job: Job, message: Message, max_faces: int) -> Request | None:
        """Keep what a message brings of its job until it can be shown. Returns what to ask for because of it."""
        if isinstance(message, Finished):
            self._arrivals.keep_result(job.job_id, message.mesh)
        elif isinstance(message, MeshSnapshot) and not job.is_over:
            if self._arrivals.keep_frame(message) is None:
                # Watching again begins anew, with faces; nothing else would give the credit back.
                return watch_of(job.job_id, max_faces)
        elif isinstance(message, TextureSnapshot) and not job.is_over:
            self._arrivals.keep_texture(message)
        elif job.is_over:
            self._forget(job.job_id)
            self.missing -= {job.job_id}  # nothing is left to make it of again
        return None

    def show_one(self, session: Session) -> tuple[Ack | FramesPaced, ...]:
        """Show at most one thing. Returns what the backend, or the session, is to hear of it."""
        waiting = self._arrivals.take_due()
        told: tuple[Ack | FramesPaced, ...] = ()
        while waiting:
            job_id = waiting.pop(0)
            job = session.job(job_id)
            outcome, told = self._show(job, session) if job else (Outcome.MISSING, ())
            if outcome is Outcome.BUSY:
                self._arrivals.put_off([job_id])
            elif outcome is Outcome.MISSING:
                self.missing |= {job_id}
            else:
                break
        self._arrivals.put_off(waiting)
        return told

    def _show(self, job: Job, session: Session) -> tuple[Outcome, tuple[Ack | FramesPaced, ...]]:
        self._stage.place(job.origin)
        result = self._arrivals.result(job.job_id)
        outcome, told = self._show_frame(job, session) if result is None else (self._finish(job, result, session), ())
        if outcome is Outcome.SHOWN:
            self.shown_count += 1
            self.missing -= {job.job_id}
        return outcome, told

    def _show_frame(self, job: Job, session: Session) -> tuple[Outcome, tuple[Ack | FramesPaced, ...]]:
        run = session.backend.backend_id if session.backend else ""
        begun = perf_counter()
        frame = self._arrivals.texture(job.job_id) or self._arrivals.frame(job.job_id)
        if frame is None:
            return Outcome.MISSING, ()
        outcome = self._stage.show(job.origin, frame, run)
        if outcome is not Outcome.SHOWN:
            return outcome, ()
        shown = Ack(job.job_id, frame.sequence)
        if isinstance(frame, MeshSnapshot):
            self._budget = self._budget.after(perf_counter() - begun, len(frame.faces))
            if self._budget.max_faces != session.max_faces:
                return outcome, (FramesPaced(self._budget.max_faces), shown)
        return outcome, (shown,)

    def _finish(self, job: Job, result: TexturedMesh, session: Session) -> Outcome:
        outcome = self._stage.finish(job.origin, result, session.backend)
        if outcome is Outcome.SHOWN:
            self._forget(job.job_id)
            # The only step of a job: undo takes back the whole object, not the shapes that it had on the way.
            scene.push_undo(f"Any to 3D: {job.origin.prompt}")
        return outcome

    def _forget(self, job_id: str) -> None:
        self._arrivals.forget(job_id)
        live_pictures.forget_all_but(self._arrivals.growing)
