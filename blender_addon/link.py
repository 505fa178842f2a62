"""One step of the conversation with a backend: messages into the session and meshes into the scene, all from one call.

The link owns the socket and the started backend process, display.py the newest mesh of each job. It has no thread and
no timer: ``pump.py`` calls ``step`` from Blender's own timer, scripts call it through ``bpy.ops.any_to_3d.wait``.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from time import monotonic

import bpy

from ..shared.client import Client, CurveKeys
from ..shared.messages import (
    Accepted,
    Cancelled,
    CutOut,
    Failed,
    Finished,
    Message,
    Rejected,
    Request,
    Submit,
    Welcome,
)
from . import cut_out_icons, live_pictures
from .connection.backend_process import BackendProcess, LaunchOptions
from .connection.checks import Checks
from .display import Display
from .errors import Trouble, trouble
from .history import icons as history_icons
from .history.ledger import Ledger
from .history.references import References
from .objects import replacement, scene
from .objects.placement import Placement
from .objects.source_mesh import PreparedSource
from .properties import Values
from .request.beginning import Beginning
from .session import apply
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
    """The add-on's one connection. ``session`` is what the panel draws; ``display`` puts meshes into the scene.

    keys: of the present connection, None where there is none or it is not encrypted.
    """

    def __init__(self) -> None:
        self.session = Session()
        self.process: BackendProcess | None = None
        self.checks = Checks()
        self.keys: CurveKeys | None = None
        self._client: Client | None = None
        self._client_id = uuid.uuid4().hex
        self._started_at = float("-inf")
        self._stage = Stage()
        self.display = Display(self._stage)
        self._ledger = Ledger()
        self._references = References()

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
        self.apply(Asked(submit, title, parts, beginning=Beginning(source=placement.replaces)))
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
        self.display.show_again()

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
        awaited = [job for job in jobs if not job.is_over or self.display.has_result(job.job_id)]
        there = [job for job in jobs if job.job_id not in self.display.missing]
        self._stage.undone(there, {job.origin.request_id for job in awaited})
        self._ledger.write_again()
        self.display.show_again()

    def file_loaded(self) -> None:
        """Find the jobs of the new file; objects that had no surface yet belonged to the old one."""
        self._stage.file_loaded()
        self._ledger.read_again()
        self.apply(Attached(scene.unfinished()))
        self._await_retextures()
        self.display.show_again()
        self.file_saved()

    def file_saved(self) -> None:
        """The file on disk refers to its jobs: tell the backend, which is to keep them."""
        for reference in self._references.to_tell(self.session.backend):
            self.ask(reference)

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

    # --- one tick -----------------------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether there is nobody to hear from and nothing to show."""
        is_alone = self._client is None and not (self.process and self.process.is_alive)
        return is_alone and not self.display.has_more and self.checks.is_idle

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen by itself: answered or in trouble, no job awake, every mesh shown."""
        awake = [job for job in self.session.active_jobs if not job.rests]
        if self.session.connection in ("connecting", "connected"):
            return self.session.connection == "connected" and not awake and not self.display.has_more
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
        before, shown = self.session, self.display.shown_count
        self._watch_process()
        if self._client is not None:
            self._converse(self._client)
        for told in self.display.show_one(self.session):
            if isinstance(told, FramesPaced):
                self.apply(told)
            else:
                self.ask(told)
        has_checked = self.checks.step()
        return has_checked or self.session is not before or self.display.shown_count != shown

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
            if isinstance(message, Welcome):
                self.file_saved()
        self.apply(Silence(client.seconds_since_heard, self.is_starting, client.obstacle))
        if self.session.connection == "refused":
            self._hang_up()

    def _keep_mesh(self, message: Message) -> None:
        job = self.session.job(getattr(message, "job_id", ""))
        if job is None:
            return
        wanted = self.display.keep(job, message, self.session.max_faces)
        if wanted is not None:
            self.ask(wanted)
        if isinstance(message, Finished):
            self._ledger.picture(job, message.mesh)

    def _keep_cut_out(self, message: Message) -> None:
        if isinstance(message, CutOut) and self.session.job(message.job_id) is not None:
            cut_out_icons.keep(message)
            cut_out_icons.forget_all_but({job.job_id for job in self.session.jobs})

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self.keys = None
