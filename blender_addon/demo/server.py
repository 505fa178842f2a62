"""The demo's socket: it answers the protocol of PROTOCOL.md as a backend would, on this computer only."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import zmq

from ...shared import PROTOCOL_VERSION
from ...shared.messages import (
    Ack,
    Cancel,
    Event,
    FinishNow,
    Hello,
    ListJobs,
    Operation,
    Pause,
    PresetInfo,
    Problem,
    Progress,
    RecipeInfo,
    Rejected,
    Reply,
    Request,
    Resume,
    Shutdown,
    Submit,
    Watch,
    Welcome,
)
from ...shared.recording import Recording, read
from ...shared.request_check import Offer, RequestRefused, check_request
from ...shared.wire import ProtocolError, decode, encode
from .jobs import Addressed, DemoJobs
from .parent_watch import orphan_test

RECORDING = Path(__file__).with_name("recording.npz")

_TURN_MILLISECONDS = 20
_MESSAGES_PER_TURN = 100
_MAX_REQUEST_FRAME_BYTES = 64 * 2**20
_SECONDS = {"draft": 5.0, "standard": 20.0, "high": 60.0}
_OPERATIONS: tuple[Operation, ...] = ("pause", "finish_now")
_OVERRIDES = {"seconds": (0.0, 600.0)}


def serve(address: str, parent: int | None) -> None:
    """Play the recording of this add-on at ``address`` until the process ``parent`` has gone.

    Raises zmq.ZMQError where the address cannot be bound, RecordingError for a damaged recording.
    """
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    try:
        _bind(router, address)
        DemoServer(router, read(RECORDING), orphan_test(parent)).run()
    finally:
        router.close(0)
        context.term()


def offer(recording: Recording) -> Offer:
    """What the demo takes: the kinds of prompts of any backend, though it looks at none of them."""
    presets = tuple(
        PresetInfo(
            name, name.capitalize(), f"The recording, played in {seconds:.0f} seconds", _steps(recording), seconds
        )
        for name, seconds in _SECONDS.items()
    )
    recipe = RecipeInfo("xbind", "Demo", recording.phases, ("text", "image", "audio"), presets, tuple(_OVERRIDES))
    return Offer("demo", (recipe,), _OVERRIDES, _OPERATIONS)


class DemoServer:
    """Bound to its socket and its recording; ``is_orphaned`` tells whether Blender has gone."""

    def __init__(
        self,
        router: zmq.Socket,
        recording: Recording,
        is_orphaned: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._router, self._is_orphaned, self._clock = router, is_orphaned, clock
        self._offer = offer(recording)
        self._jobs = DemoJobs(recording, f"The demo shows its recording of '{recording.prompt}', whatever the prompt.")
        self._welcome = Welcome(
            protocol_version=PROTOCOL_VERSION,
            backend_id=uuid.uuid4().hex,
            backend_version=recording.backend_version,
            profile=self._offer.profile,
            device="a recording",
            kernels="none",
            recipes=self._offer.recipes,
            operations=self._offer.operations,
            warning=f"This is the demo. Nothing is generated: every prompt gives the same recorded object, "
            f"'{recording.prompt}'.",
        )

    def run(self) -> None:
        """Serve until orphaned."""
        while not self._is_orphaned():
            if self._router.poll(_TURN_MILLISECONDS):
                self._receive()
            self._send(self._jobs.due(self._clock()))

    def _receive(self) -> None:
        for _ in range(_MESSAGES_PER_TURN):
            try:
                client, *frames = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                self._send(self._answers(client, decode(frames)))
            except ProtocolError as error:
                self._send([(client, _refusal(f"The demo cannot read this message: {error}."))])

    def _answers(self, client: bytes, request: Request | Reply | Event) -> list[Addressed]:
        match request:
            case Hello():
                return [(client, self._greeting(request))]
            case Submit():
                return self._submit(client, request)
            case Watch():
                return self._jobs.watch(client, request)
            case Ack():
                self._jobs.ack(client, request)
                return []
            case Cancel(job_id):
                return self._jobs.cancel(job_id, self._clock())
            case Pause(job_id):
                return self._jobs.pause(job_id, self._clock())
            case Resume(job_id):
                return self._jobs.resume(job_id, self._clock())
            case FinishNow(job_id):
                return self._jobs.finish_now(job_id, self._clock())
            case ListJobs():
                return [(client, self._jobs.listing())]
            case Shutdown():
                problem = Problem("bad_request", "The demo may not be ended by a client.", "Stop it in Blender.")
                return [(client, Rejected("", problem))]
            case _:
                return [(client, _refusal(f"{type(request).__name__} is not a request; only a backend sends it."))]

    def _greeting(self, hello: Hello) -> Welcome | Rejected:
        theirs = hello.protocol_version
        if theirs.split(".")[0] != PROTOCOL_VERSION.split(".")[0]:
            return _refusal(f"The demo speaks protocol {PROTOCOL_VERSION}, the client speaks {theirs[:20]}.")
        return self._welcome

    def _submit(self, client: bytes, submit: Submit) -> list[Addressed]:
        try:
            check_request(submit, self._offer)
        except RequestRefused as refused:
            return [(client, Rejected(submit.request_id, refused.problem))]
        seconds = submit.overrides.get("seconds", _SECONDS[submit.preset])
        return self._jobs.submit(client, submit, seconds, self._clock())

    def _send(self, addressed: list[Addressed]) -> None:
        for client, message in addressed:
            # A router drops what is for a client that has gone, and never waits for one that has not.
            self._router.send_multipart([client, *encode(message)], zmq.NOBLOCK)


def _bind(router: zmq.Socket, address: str) -> None:
    router.router_handover = 1
    router.sndhwm = 0
    router.heartbeat_ivl = 1000
    router.heartbeat_timeout = 5000
    router.maxmsgsize = _MAX_REQUEST_FRAME_BYTES
    router.bind(address)


def _refusal(message: str) -> Rejected:
    return Rejected("", Problem("protocol", message, "Install the add-on and the backend of the same release."))


def _steps(recording: Recording) -> int:
    """Of all phases, as the recorded job counted them."""
    reports = (timed.event for timed in recording.events if isinstance(timed.event, Progress))
    return sum({report.phase: report.steps for report in reports}.values())
