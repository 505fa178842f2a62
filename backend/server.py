"""The server loop: ROUTER frames to the job queue, its actions to outbox, store and workers. One thread, no torch."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from typing import assert_never

import zmq

from ..shared import PROTOCOL_VERSION
from ..shared.mesh import MeshSnapshot
from ..shared.messages import (
    Ack,
    Cancel,
    Event,
    Failed,
    Finished,
    FreeMemory,
    Hello,
    ListJobs,
    Move,
    Problem,
    Rejected,
    Reply,
    Request,
    Shutdown,
    Submit,
    Watch,
    Welcome,
)
from ..shared.wire import ProtocolError, decode, encode
from .access.limits import too_many_waiting
from .access.overload import Overload
from .access.reception import Reception, Refused
from .access.refusals import Refusals
from .access.terms import Terms
from .access.visible_jobs import answer_as_if_unknown, job_asked_for
from .addresses import is_loopback
from .announcement import Announcement
from .jobs import JobQueue
from .listening import hang_up_on_everybody
from .outbox import Outbox
from .pool import Pool
from .queue_messages import (
    Action,
    CancelArrived,
    Closing,
    JobsRestored,
    Kill,
    Leaving,
    ListArrived,
    MoveArrived,
    Publish,
    Record,
    SaveResult,
    SendResult,
    Start,
    Stimulus,
    Stop,
    StopOverdue,
    SubmitArrived,
    Tell,
    WatchArrived,
    WorkerDied,
    WorkerReady,
    WorkerSaid,
    WorkerSilent,
)
from .silence import SilenceWatch
from .store import JobStore
from .submit_check import SubmitCheck
from .worker_messages import FreeModels, FromWorker, Memory, Ready, Run, StopJob, WantSnapshot

log = logging.getLogger(__name__)

TURN_MILLISECONDS = 100
MESSAGES_PER_TURN = 100
STOP_SECONDS = 1.2
"""A worker that has not stopped a job by then is ended; Cancel is promised within two seconds."""

FORGET_LOST_SECONDS = 60.0
FORGET_SILENT_SECONDS = 3600.0


class Server:
    """Bound to its socket, store, pool and check; ``run`` serves until ``stop``, a permitted Shutdown or an orphaning.

    ``is_orphaned`` tells whether the process that this server was started for has gone.
    """

    def __init__(
        self,
        router: zmq.Socket,
        pool: Pool,
        store: JobStore,
        check: SubmitCheck,
        welcome: Welcome,
        allow_shutdown: bool = False,
        is_orphaned: Callable[[], bool] = lambda: False,
        terms: Terms | None = None,
    ) -> None:
        terms = terms or Terms()
        self._router, self._pool, self._store, self._check = router, pool, store, check
        self._announcement = Announcement(welcome)
        self._allow_shutdown = allow_shutdown
        self._is_orphaned = is_orphaned
        self._refusals = Refusals()
        self._reception = Reception(terms.gate, terms.limits, self._refusals)
        self._overload = Overload()
        self._queue = JobQueue(pool.workers, terms.has_shared_jobs)
        self._outbox = Outbox()
        self._silence = SilenceWatch()
        self._overdue: dict[str, float] = {}
        self._snapshot_asked: set[str] = set()
        self._heard: dict[bytes, float] = {}
        self._lost: dict[bytes, float] = {}
        self._is_stopping = False

    def stop(self) -> None:
        """End ``run`` at its next turn; jobs stay on disk and go on when a server opens the same folder."""
        self._is_stopping = True

    def run(self) -> None:
        """Serve until told to end."""
        jobs, complaints = self._store.load()
        for complaint in complaints:
            log.warning("%s", complaint)
        self._handle(JobsRestored(tuple(jobs)))
        while not self._is_stopping:
            self._turn()
        self._handle(Leaving())
        self._flush()

    def _turn(self) -> None:
        poller = zmq.Poller()
        for socket in (self._router, *self._pool.sockets()):
            poller.register(socket, zmq.POLLIN)
        poller.poll(TURN_MILLISECONDS)
        self._receive_requests()
        for worker, message in self._pool.receive():
            self._hear_worker(worker, message)
        for death in self._pool.deaths():
            self._announcement.worker_died(death.worker, death.reason)
            self._handle(WorkerDied(death.worker, death.reason))
        self._end_overdue()
        self._report_silence()
        self._ask_for_snapshots()
        self._forget_clients()
        self._flush()
        self._refusals.report(time.monotonic())
        if reason := self._overload.reason(time.monotonic()):
            log.error("overload %s: every connection is dropped", reason)
            hang_up_on_everybody(self._router)
        if self._is_orphaned():
            log.info("parent=gone")
            self.stop()

    # --- requests -----------------------------------------------------------------------------------------------------

    def _receive_requests(self) -> None:
        for _ in range(MESSAGES_PER_TURN):
            try:
                client, *frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            # With the frames of one message comes the address of its sender, and who it is.
            self._receive(client.bytes, frames or [client], frames)

    def _receive(self, client: bytes, marked: Sequence[zmq.Frame], frames: Sequence[zmq.Frame]) -> None:
        now = time.monotonic()
        admission = self._reception.admit(client, marked, now)
        if isinstance(admission, Refused):
            if admission.problem is not None:
                self._reject(client, "", admission.problem)
            return
        if admission.is_new_owner:
            self._outbox.forget(client)
        self._heard[client] = now
        self._lost.pop(client, None)
        try:
            request = decode([frame.buffer for frame in frames])
        except ProtocolError as error:
            self._refusals.add("unreadable", f"client={client.hex()[:8]} {error}", now)
            self._reject(client, "", Problem("protocol", f"The backend cannot read this message: {error}."))
            return
        self._answer(client, request, _peer(marked[-1]), admission.owner)

    def _answer(self, client: bytes, request: Request | Reply | Event, peer: str, owner: str) -> None:
        job_id = job_asked_for(request)
        if job_id is not None and self._queue.is_hidden(job_id, owner):
            if (answer := answer_as_if_unknown(request)) is not None:
                self._outbox.put(client, answer)
            return
        match request:
            case Hello():
                self._greet(client, request)
            case Submit():
                self._submit(client, request, owner)
            case Watch():
                self._outbox.watch(client, request)
                self._handle(WatchArrived(client, request.job_id, request.cut_outs))
            case Ack(job_id, sequence):
                self._outbox.ack(client, job_id, sequence)
            case Cancel(job_id):
                self._handle(CancelArrived(job_id))
            case Move(job_id, place):
                self._handle(MoveArrived(job_id, place))
            case ListJobs():
                self._handle(ListArrived(client, owner))
            case Shutdown():
                self._shut_down(client, peer)
            case FreeMemory():
                self._free_memory(client)
            case _:
                name = type(request).__name__
                self._reject(client, "", Problem("protocol", f"{name} is not a request; only a backend sends it."))

    def _greet(self, client: bytes, hello: Hello) -> None:
        ours, theirs = PROTOCOL_VERSION, hello.protocol_version
        if theirs.split(".")[0] != ours.split(".")[0]:
            message = f"This backend speaks protocol {ours}, the client speaks {theirs[:20]}."
            hint = "Install the add-on and the backend of the same release."
            self._reject(client, "", Problem("protocol", message, hint))
            return
        self._outbox.put(client, self._announcement.now())

    def _submit(self, client: bytes, submit: Submit, owner: str) -> None:
        notice = ""
        if self._queue.known_request(submit.request_id, owner) is None:
            verdict = self._check(submit)
            waiting = self._queue.waiting_of(owner)
            problem = verdict.problem or too_many_waiting(self._reception.limits, waiting, submit)
            if problem is not None:
                self._reject(client, submit.request_id, problem)
                return
            notice = verdict.notice
        self._handle(SubmitArrived(client, submit, f"j{uuid.uuid4().hex[:16]}", notice, owner))

    def _shut_down(self, client: bytes, peer: str) -> None:
        if not self._allow_shutdown or not is_loopback(peer):
            hint = "Start it with --allow-shutdown, and ask from the same computer."
            self._reject(client, "", Problem("bad_request", "This backend may not be ended by a client.", hint))
            return
        log.info("shutdown=asked")
        self._handle(Closing())
        self.stop()

    def _free_memory(self, client: bytes) -> None:
        idle = set(self._pool.workers) - set(self._queue.running_jobs().values())
        for worker in idle:
            self._pool.send(worker, FreeModels())
        if not idle:
            message = "Every device runs a job, which needs the networks."
            self._reject(client, "", Problem("unavailable", message, "Wait for its end, or cancel it."))

    def _reject(self, client: bytes, request_id: str, problem: Problem) -> None:
        self._outbox.put(client, Rejected(request_id, problem))

    # --- workers ------------------------------------------------------------------------------------------------------

    def _hear_worker(self, worker: int, message: FromWorker) -> None:
        self._silence.heard(worker, time.monotonic())
        if isinstance(message, Ready):
            self._announcement.worker_is_ready(worker, message)
            log.info(
                "worker=%d ready device=%s kernels=%s %s", worker, message.device, message.kernels, message.warning
            )
            self._handle(WorkerReady(worker))
            return
        if isinstance(message, Memory):
            self._announcement.worker_has_memory(worker, message)
            return
        if isinstance(message, MeshSnapshot):
            self._snapshot_asked.discard(message.job_id)
        self._handle(WorkerSaid(worker, message))

    def _ask_for_snapshots(self) -> None:
        running = self._queue.running_jobs()
        self._snapshot_asked &= running.keys()
        for job_id, worker in running.items():
            faces = self._outbox.wanted_faces(job_id)
            if faces is not None and job_id not in self._snapshot_asked:
                self._snapshot_asked.add(job_id)
                self._pool.send(worker, WantSnapshot(job_id, faces))

    def _report_silence(self) -> None:
        for worker, seconds in self._silence.to_report(self._queue.running_jobs().values(), time.monotonic()):
            log.warning("worker=%d silent=%.0fs", worker, seconds)
            self._handle(WorkerSilent(worker, seconds))

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for job_id in [job_id for job_id, deadline in self._overdue.items() if now >= deadline]:
            del self._overdue[job_id]
            self._handle(StopOverdue(job_id))

    # --- actions ------------------------------------------------------------------------------------------------------

    def _handle(self, stimulus: Stimulus) -> None:
        for action in self._queue.handle(stimulus):
            self._perform(action)

    def _perform(self, action: Action) -> None:
        match action:
            case Tell(client, message):
                self._outbox.put(client, message)
            case Publish(event):
                self._outbox.publish(event)
            case Record(job):
                self._store.save(job)
                log.info("job=%s state=%s attempts=%d", job.job_id, job.state, job.attempts)
            case SaveResult(job_id, mesh):
                self._store.save_result(job_id, mesh)
            case SendResult(client, job_id, seconds):
                self._outbox.put(client, self._stored_result(job_id, seconds))
            case Start(worker, job):
                self._snapshot_asked.discard(job.job_id)
                self._overdue.pop(job.job_id, None)
                self._silence.heard(worker, time.monotonic())
                folder = str(self._store.job_folder(job.job_id))
                self._pool.send(worker, Run(job.job_id, job.submit, folder, job.attempts))
            case Stop(worker, job_id):
                self._overdue[job_id] = time.monotonic() + STOP_SECONDS
                self._pool.send(worker, StopJob(job_id))
            case Kill(worker):
                self._pool.kill(worker)
            case _:
                assert_never(action)

    def _stored_result(self, job_id: str, seconds: float) -> Finished | Failed:
        try:
            return Finished(job_id, self._store.load_result(job_id), seconds)
        except ValueError as error:
            return Failed(job_id, Problem("internal", f"The result cannot be read: {error}.", "Generate it again."))

    # --- sending ------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        for client in self._outbox.clients():
            while client not in self._lost and (message := self._outbox.peek(client)) is not None:
                if not self._try_send(client, message):
                    break
                self._outbox.sent(client, message)

    def _try_send(self, client: bytes, message: Reply | Event) -> bool:
        try:
            frames = encode(message)
        except ProtocolError as error:
            log.error("unsendable=%s %s", type(message).__name__, error)
            return True
        try:
            self._router.send_multipart([client, *frames], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._lost[client] = time.monotonic()
            return False
        return True

    def _forget_clients(self) -> None:
        now = time.monotonic()
        gone = [client for client, since in self._lost.items() if now - since > FORGET_LOST_SECONDS]
        gone += [client for client, heard in self._heard.items() if now - heard > FORGET_SILENT_SECONDS]
        for client in gone:
            self._reception.forget(client)
        for client in gone + self._reception.gone():
            self._outbox.forget(client)
            self._lost.pop(client, None)
            self._heard.pop(client, None)


def _peer(frame: zmq.Frame) -> str:
    try:
        return str(frame.get("Peer-Address"))
    except zmq.ZMQError:
        return ""
