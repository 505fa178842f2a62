"""One step of the conversation with a backend: messages into the session and meshes into the scene, all from one call.

The link owns the socket, the started backend process and the newest mesh of each job. It has no thread and no timer:
``pump.py`` calls ``step`` from Blender's own timer, scripts call it through ``bpy.ops.any_to_3d.wait``.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from time import monotonic, perf_counter

import bpy

from ..shared.client import Client, CurveKeys
from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import Accepted, Ack, Cancelled, CutOut, Failed, Finished, Message, Rejected, Request, Submit
from . import cut_out_icons, live_pictures
from .arrivals import Arrivals
from .connection.backend_process import BackendProcess, LaunchOptions
from .connection.checks import Checks
from .errors import Trouble, trouble
from .frame_budget import FrameBudget
from .frame_memory import FrameMemory
from .history import icons as history_icons
from .history.ledger import Ledger
from .objects import replacement, scene
from .objects.placement import Placement
from .objects.scene import Outcome
from .objects.source_mesh import PreparedSource
from .properties import Values
from .session import apply, watch_of
from .stage import Stage
from .state import (
    Asked,
    Attached,
    BackendExited,
    CancelAsked,
    Dialled,
    Dismissed,
    FetchAsked,
    FramesPaced,
    HungUp,
    Job,
    JobDismissed,
    LocalEvent,
    PromptPart,
    Provenance,
    Session,
    Silence,
    Troubled,
    Wish,
    Wished,
)

_ENDS_IN_VAIN = (Cancelled, Failed, Rejected, CancelAsked)
"""After these a job may have ended without a result."""

_MESSAGES_PER_STEP = 64
_STOP_PATIENCE = 3.0
_START_PATIENCE = 120.0
"""Seconds a started backend may stay silent while its Python imports its libraries for the first time."""


class Link:
    """The add-on's one connection. ``session`` is what the panel draws; ``missing`` names jobs without their object.

    keys: of the present connection, None where there is none or it is not encrypted.
    """

    def __init__(self) -> None:
        self.session = Session()
        self.process: BackendProcess | None = None
        self.checks = Checks()
        self.applied_count = 0
        self.missing: frozenset[str] = frozenset()
        self.keys: CurveKeys | None = None
        self._client: Client | None = None
        self._client_id = uuid.uuid4().hex
        self._started_at = float("-inf")
        self._stage = Stage()
        self.frames = FrameMemory()
        self._arrivals = Arrivals(self.frames)
        self._ledger = Ledger()
        self._budget = FrameBudget()

    # --- what the artist asks for -------------------------------------------------------------------------------------

    def connect(self, address: str, keys: CurveKeys | None = None) -> None:
        """Talk to the backend at this address, which may start answering later. Raises ValueError if it is none."""
        self._hang_up()
        self._client, self.keys = Client(address, self._client_id, keys), keys
        self.apply(Dialled(address))

    def disconnect(self) -> None:
        """Stop talking; jobs go on in the backend."""
        self._hang_up()
        self.apply(HungUp())

    def start_backend(self, options: LaunchOptions, log_path: Path, keys: CurveKeys | None = None) -> None:
        """Start a backend, in place of one that this Blender started before, and connect to it. Raises StartError."""
        if self.process:
            self.stop_backend(_STOP_PATIENCE)
        self.process = BackendProcess(options, log_path)
        self._started_at = monotonic()
        self.connect(options.address, keys)

    def stop_backend(self, wait: float = 0.0) -> None:
        """End the backend that this Blender started, and disconnect."""
        self.disconnect()
        if self.process:
            self.process.stop(wait)
            if self.process.is_demo:
                self._cancel_all()

    def generate(
        self, submit: Submit, title: str, placement: Placement, parts: tuple[PromptPart, ...], settings: Values
    ) -> None:
        """Ask for an object that will stand at this place.

        parts: what the object will say that it was made from.  settings: what the history keeps.
        """
        self._stage.will_stand(submit.request_id, placement)
        self.apply(Asked(submit, title, parts))
        if placement.replaces:
            replacement.mark(placement.replaces, submit.request_id)
        job = self.session.job_of_request(submit.request_id)
        if job is not None:
            self._ledger.asked(job, settings, placement.scene)

    def retexture(
        self, asked: Asked, target: bpy.types.Object, source: PreparedSource, settings: Values, scene_name: str
    ) -> None:
        """Ask for new colours for this object. source: what the request holds of it.  settings: for the history."""
        self.apply(asked)
        job = self.session.job_of_request(asked.submit.request_id)
        if job is not None:
            self._stage.will_repaint(job.origin, target, source)
            self._ledger.asked(job, settings, scene_name)

    def fetch(self, origin: Provenance, placement: Placement) -> None:
        """Ask for the result of an ended job once more; it will stand at this place."""
        self._stage.will_stand(origin.request_id, placement)
        self.apply(FetchAsked(origin))

    def forget(self, request_id: str) -> None:
        """The artist removed it from the history."""
        self._ledger.forget(request_id)

    def cancel(self, request_id: str) -> None:
        self.apply(CancelAsked(request_id))

    def wish(self, request_id: str, wish: Wish) -> None:
        """Let a running job pause, go on, or finish as it is."""
        self.apply(Wished(request_id, wish))

    def recreate(self, request_id: str, placement: Placement) -> None:
        """Put the newest mesh of a job whose object was deleted at this place."""
        self._stage.will_stand_again(request_id, placement)
        self._show_again()

    def ask(self, request: Request) -> None:
        """Send what changes nothing here; its answer comes as any other message."""
        if self._client is not None:
            self._client.send(request)

    def dismiss(self) -> None:
        self.apply(Dismissed())

    def dismiss_job(self, request_id: str) -> None:
        """Take an ended job from the panel; its object and its entry in the history stay."""
        self.apply(JobDismissed(request_id))

    def complain(self, trouble: Trouble) -> None:
        self.apply(Troubled(trouble))

    # --- what Blender does --------------------------------------------------------------------------------------------

    def undone(self) -> None:
        """Undo or redo took the scene to another state: show what is newest, and put back an object that it took along.

        An object that the artist had deleted before stays away.
        """
        jobs = self.session.jobs
        awaited = [job for job in jobs if not job.is_over or self._arrivals.result(job.job_id) is not None]
        there = [job for job in jobs if job.job_id not in self.missing]
        self._stage.undone(there, {job.origin.request_id for job in awaited})
        self._ledger.write_again()
        self._show_again()

    def file_loaded(self) -> None:
        """Find the jobs of the new file; objects that had no surface yet belonged to the old one."""
        self._stage.file_loaded()
        self._ledger.read_again()
        self.apply(Attached(scene.unfinished()))
        self._await_retextures()
        self._show_again()

    def _await_retextures(self) -> None:
        """Ask for the results that objects of the new file wait for, once more where their jobs have ended since."""
        for origin in self._stage.repainted_in_file():
            job = self.session.job(origin.job_id) or self.session.job_of_request(origin.request_id)
            if job is None and not origin.job_id:
                self._stage.give_back({origin.request_id})  # no backend has ever heard of it
            elif job is None:
                self.apply(Attached((origin,)))
            elif job.is_over:
                self.apply(FetchAsked(job.origin))

    def _show_again(self) -> None:
        self._arrivals.all_due()
        self.missing = frozenset()

    # --- one tick -----------------------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether there is nobody to hear from and nothing to show."""
        is_alone = self._client is None and not (self.process and self.process.is_alive)
        return is_alone and not self._arrivals.due and self.checks.is_idle

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen by itself: answered or in trouble, no job awake, every mesh shown."""
        awake = [job for job in self.session.active_jobs if not job.rests]
        if self.session.connection in ("connecting", "connected"):
            return self.session.connection == "connected" and not awake and not self._arrivals.due
        return not awake or self.session.trouble is not None

    @property
    def is_starting(self) -> bool:
        """Whether a backend of ours was started and may still be importing its libraries."""
        if self.process is None or not self.process.is_alive or self.session.connection != "connecting":
            return False
        return monotonic() - self._started_at < _START_PATIENCE

    @property
    def runs_demo(self) -> bool:
        """Whether the backend that this Blender started is the demo, and lives."""
        return self.process is not None and self.process.is_demo and self.process.is_alive

    def step(self) -> bool:
        """Receive, answer, and apply at most one mesh. Returns whether there is anything new to draw."""
        before, applied = self.session, self.applied_count
        self._watch_process()
        if self._client is not None:
            self._converse(self._client)
        self._apply_one_mesh()
        has_checked = self.checks.step()
        return has_checked or self.session is not before or self.applied_count != applied

    def apply(self, event: Message | LocalEvent) -> None:
        """Change the session by one event, and send what follows from it.

        Raises ValueError for what cannot be sent; then the session is as before, without a job that nobody heard of.
        """
        before = self.session
        session, requests = apply(before, event)
        for request in requests:
            if self._client is not None:
                self._client.send(request)
        self.session = session
        self._ledger.follow(session, before)
        if isinstance(event, Accepted) and (job := session.job(event.job_id)) is not None:
            self._stage.accepted(job.origin)
        if isinstance(event, _ENDS_IN_VAIN):
            self._end_in_vain(before)

    def _end_in_vain(self, before: Session) -> None:
        """Give back what jobs without a result were to replace; their meshes so far are undo steps of their own."""
        vain = [job for job in self.session.jobs if job.state in ("cancelled", "failed")]
        self._stage.give_back({job.origin.request_id for job in vain})
        for job in vain:
            former = before.job_of_request(job.origin.request_id)
            if former is not None and not former.is_over and scene.name_of_object(job.origin) is not None:
                scene.push_undo(f"Any to 3D: {job.origin.prompt} ({job.state})")

    def close(self, wait: float = _STOP_PATIENCE) -> None:
        """Leave nothing behind: no socket, no picture, and no backend process that was to end with Blender."""
        self._hang_up()
        self.checks.close()
        cut_out_icons.free()
        history_icons.free()
        live_pictures.free()
        if self.process and self.process.ends_with_blender:
            self.process.stop(wait)

    def _watch_process(self) -> None:
        if self.process is not None and self.process.ended_by_itself:
            was_demo = self.process.is_demo
            reason = trouble("demo_stopped" if was_demo else "stopped", self.process.describe_exit())
            was_ours = self.process.address == self.session.address
            self.process = None
            if was_ours:
                self._hang_up()
                self.apply(BackendExited(reason))
                if was_demo:
                    self._cancel_all()
            else:
                self.complain(reason)

    def _cancel_all(self) -> None:
        """The demo has gone, and its jobs, which nobody else knows, with it."""
        for job in self.session.active_jobs:
            self.cancel(job.origin.request_id)

    def _converse(self, client: Client) -> None:
        for message in client.poll(_MESSAGES_PER_STEP):
            self.apply(message)
            self._keep_mesh(message)
            self._keep_cut_out(message)
        self.apply(Silence(client.seconds_since_heard, self.is_starting, client.obstacle))
        if self.session.connection == "refused":
            self._hang_up()

    def _keep_mesh(self, message: Message) -> None:
        job = self.session.job(getattr(message, "job_id", ""))
        if job is None:
            return
        if isinstance(message, Finished):
            self._arrivals.keep_result(job.job_id, message.mesh)
            self._ledger.picture(job, message.mesh)
        elif isinstance(message, MeshSnapshot) and not job.is_over:
            if self._arrivals.keep_frame(message) is None:
                # Watching again begins anew, with faces; nothing else would give the credit back.
                self.ask(watch_of(job.job_id, self.session.max_faces))
        elif isinstance(message, TextureSnapshot) and not job.is_over:
            self._arrivals.keep_texture(message)
        elif job.is_over:
            self._forget(job.job_id)
            self.missing -= {job.job_id}  # nothing is left to make it of again

    def _keep_cut_out(self, message: Message) -> None:
        if isinstance(message, CutOut) and self.session.job(message.job_id) is not None:
            cut_out_icons.keep(message)
            cut_out_icons.forget_all_but({job.job_id for job in self.session.jobs})

    # --- meshes -------------------------------------------------------------------------------------------------------

    def _apply_one_mesh(self) -> None:
        waiting = self._arrivals.take_due()
        while waiting:
            job_id = waiting.pop(0)
            job = self.session.job(job_id)
            outcome = self._show(job) if job else Outcome.MISSING
            if outcome is Outcome.BUSY:
                self._arrivals.put_off([job_id])
            elif outcome is Outcome.MISSING:
                self.missing |= {job_id}
            else:
                break
        self._arrivals.put_off(waiting)

    def _show(self, job: Job) -> Outcome:
        self._stage.place(job.origin)
        result = self._arrivals.result(job.job_id)
        outcome = self._show_frame(job) if result is None else self._finish(job, result)
        if outcome is Outcome.SHOWN:
            self.applied_count += 1
            self.missing -= {job.job_id}
        return outcome

    def _show_frame(self, job: Job) -> Outcome:
        run = self.session.backend.backend_id if self.session.backend else ""
        begun = perf_counter()
        frame = self._arrivals.texture(job.job_id) or self._arrivals.frame(job.job_id)
        if frame is None:
            return Outcome.MISSING
        outcome = self._stage.show(job.origin, frame, run)
        if outcome is Outcome.SHOWN:
            if isinstance(frame, MeshSnapshot):
                self._pace_frames(perf_counter() - begun, len(frame.faces))
            self.ask(Ack(job.job_id, frame.sequence))
        return outcome

    def _pace_frames(self, seconds: float, faces: int) -> None:
        self._budget = self._budget.after(seconds, faces)
        if self._budget.max_faces != self.session.max_faces:
            self.apply(FramesPaced(self._budget.max_faces))

    def _finish(self, job: Job, result: TexturedMesh) -> Outcome:
        outcome = self._stage.finish(job.origin, result, self.session.backend)
        if outcome is Outcome.SHOWN:
            self._forget(job.job_id)
            # The only step of a job: undo takes back the whole object, not the shapes that it had on the way.
            scene.push_undo(f"Any to 3D: {job.origin.prompt}")
        return outcome

    def newest_frame(self, job_id: str) -> MeshSnapshot | None:
        """What a running job looks like, if that is known."""
        return self._arrivals.frame(job_id)

    def _forget(self, job_id: str) -> None:
        self._arrivals.forget(job_id)
        live_pictures.forget_all_but(self._arrivals.growing)

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self.keys = None
