"""The server loop: what clients and workers say becomes stimuli of the job queue. One thread, no torch."""

import logging
import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import zmq

from ..shared import PROTOCOL_VERSION
from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import (
    TERMINAL_EVENTS,
    Accepted,
    Ack,
    Cancel,
    Checkpoints,
    Event,
    FinishNow,
    FreeMemory,
    Hello,
    Keep,
    ListCheckpoints,
    ListJobs,
    Move,
    Pause,
    Problem,
    Progress,
    Rejected,
    Reply,
    Request,
    Resume,
    Shutdown,
    Submit,
    Watch,
    Welcome,
)
from ..shared.wire import ProtocolError, decode
from .access.limits import too_many_waiting
from .access.overload import Overload
from .access.reception import Reception, Refused
from .access.refusals import Refusals
from .access.terms import Terms
from .access.visible_jobs import answer_as_if_unknown, job_asked_for
from .addresses import is_loopback
from .announcement import Announcement
from .continuation import NothingToContinue, gone_back, with_parents_prompt
from .delivery import Delivery
from .dispatch import Dispatch
from .jobs import JobQueue
from .listening import hang_up_on_everybody, listen_again
from .metrics import NO_METRICS, Figures, Metrics
from .outbox import Outbox
from .pool import Pool
from .queue_messages import (
    CancelArrived,
    Closing,
    FinishArrived,
    Job,
    JobsRestored,
    Leaving,
    ListArrived,
    MoveArrived,
    PauseArrived,
    Publish,
    ResumeArrived,
    Stimulus,
    StopOverdue,
    SubmitArrived,
    WatchArrived,
    WorkerDied,
    WorkerReady,
    WorkerSaid,
    WorkerSaved,
    WorkerSilent,
)
from .retention import KEEP_EVERYTHING, Retention, Rule, elapsed
from .safekeeping import Safekeeping
from .silence import SilenceWatch
from .store import JobStore, reason_for_clients
from .submit_check import SubmitCheck
from .worker_messages import (
    FreeModels,
    FromWorker,
    Memory,
    Ready,
    Saved,
)

log = logging.getLogger(__name__)

TURN_MILLISECONDS = 100
TURN_MILLISECONDS_BEHIND = 10
MESSAGES_PER_TURN = 100
REQUEST_SECONDS_PER_TURN = 0.02
"""Each accepted job waits for the disk; the answers to the others are not to wait for a hundred of them."""


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
        retention: Rule = KEEP_EVERYTHING,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        terms = terms or Terms()
        self._router, self._pool, self._store, self._check = router, pool, store, check
        self._keeping = Safekeeping(store)
        self._announcement = Announcement(welcome)
        self._allow_shutdown = allow_shutdown
        self._is_orphaned = is_orphaned
        self._refusals = Refusals()
        self._reception = Reception(terms.gate, terms.limits, self._refusals)
        self._overload = Overload()
        self._queue = JobQueue(pool.workers, terms.has_shared_jobs)
        self._outbox = Outbox()
        self._silence = SilenceWatch()
        self._dispatch = Dispatch(self._outbox, store, self._keeping, pool, self._silence, self._announcement)
        self._delivery = Delivery(router, self._outbox, self._dispatch.stored_result)
        self._retention, self._metrics = Retention(store, retention, elapsed(), time.time()), metrics
        self._worker_deaths = 0
        self._is_stopping = False
        self._is_deaf = False

    def stop(self) -> None:
        """End ``run`` at its next turn; jobs stay on disk and go on when a server opens the same folder."""
        self._is_stopping = True

    def run(self) -> None:
        """Serve until told to end."""
        jobs, complaints = self._store.load()
        for complaint in complaints:
            log.warning("%s", complaint)
        self._handle(JobsRestored(tuple(jobs), tuple(filter(None, map(self._rested_at, jobs)))))
        while not self._is_stopping:
            self._turn()
        self._handle(Leaving())
        self._keeping.retry(math.inf)
        self._delivery.flush()

    def _rested_at(self, job: Job) -> Progress | None:
        """How far a job was when it was paused, as its files say."""
        stored = self._store.checkpoints(job.job_id) if job.is_paused else ()
        if not stored:
            return None
        last = stored[-1]
        return Progress(job.job_id, last.phase, last.step, last.steps, job.saved, {}, 0.0, None)

    def _turn(self) -> None:
        poller = zmq.Poller()
        for socket in (self._router, *self._pool.sockets()):
            poller.register(socket, zmq.POLLIN)
        poller.poll(TURN_MILLISECONDS_BEHIND if self._delivery.is_behind else TURN_MILLISECONDS)
        self._receive_requests()
        for worker, message in self._pool.receive():
            self._hear_worker(worker, message)
        for death in self._pool.deaths():
            self._worker_deaths += 1
            self._announcement.worker_died(death.worker, death.reason)
            self._handle(WorkerDied(death.worker, death.reason))
        self._end_overdue()
        self._report_silence()
        self._dispatch.ask_for_snapshots(self._queue.running_jobs())
        self._keeping.retry(time.monotonic())
        self._announcement.storage_complains(self._keeping.complaint)
        self._send()
        self._refusals.report(time.monotonic())
        self._hang_up_or_listen_again()
        self._retention.sweep(elapsed(), time.time())
        self._metrics.show(self._figures)
        if self._is_orphaned():
            log.info("parent=gone")
            self.stop()

    def _hang_up_or_listen_again(self) -> None:
        if self._is_deaf:
            self._is_deaf = not listen_again(self._router)
            if not self._is_deaf:
                log.info("listening=again")
        elif reason := self._overload.reason(time.monotonic()):
            log.error("overload %s: every connection is dropped", reason)
            self._is_deaf = not hang_up_on_everybody(self._router)
            if self._is_deaf:
                log.error("listening=failed the address cannot be had again yet; every turn tries")

    def _figures(self) -> Figures:
        memory, is_writable = self._announcement.now().memory, not self._keeping.complaint
        return Figures(self._queue.counts(), self._delivery.clients, self._worker_deaths, is_writable, memory)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _receive_requests(self) -> None:
        until = time.monotonic() + REQUEST_SECONDS_PER_TURN
        for _ in range(MESSAGES_PER_TURN):
            if time.monotonic() > until:
                return
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
        self._delivery.heard(client)
        try:
            request = decode([frame.buffer for frame in frames])
        except ProtocolError as error:
            self._refusals.add("unreadable", f"client={client.hex()[:8]} {error}", now)
            self._reject(client, "", Problem("protocol", f"The backend cannot read this message: {error}."))
            return
        self._answer_safely(client, request, _peer(marked[-1]), admission.owner)

    def _answer_safely(self, client: bytes, request: Request | Reply | Event, peer: str, owner: str) -> None:
        """A defect that one client's request brings to light is not to end the jobs of all."""
        try:
            self._answer(client, request, peer, owner)
        except Exception:
            log.exception("client=%s request=%s", client.hex()[:8], type(request).__name__)
            request_id = request.request_id if isinstance(request, Submit) else ""
            hint = "This is a defect: please report it with the backend's log."
            self._reject(client, request_id, Problem("internal", "The backend failed at this request.", hint))

    def _answer(self, client: bytes, request: Request | Reply | Event, peer: str, owner: str) -> None:
        job_id = job_asked_for(request)
        # Those that ended long ago are on disk only.
        job = None if job_id is None else self._queue.job(job_id) or self._store.find(job_id)
        if job is not None and self._queue.is_hidden(job, owner):
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
                self._handle(WatchArrived(client, request.job_id, request.cut_outs, request.pauses, job))
            case Ack(job_id, sequence):
                self._outbox.ack(client, job_id, sequence)
            case Cancel(job_id):
                self._handle(CancelArrived(job_id))
            case Pause(job_id):
                self._handle(PauseArrived(job_id))
            case Resume(job_id):
                self._handle(ResumeArrived(job_id))
            case FinishNow(job_id):
                self._handle(FinishArrived(job_id))
            case ListCheckpoints(job_id):
                self._outbox.put(client, Checkpoints(job_id, self._store.checkpoints(job_id)))
            case Keep(job_id) if job is not None:
                self._store.keep_for_file(job_id)
            case Keep():
                pass
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
        job = Job(f"j{uuid.uuid4().hex[:16]}", submit, owner=owner)
        if self._queue.known_request(submit.request_id, owner) is None:
            if (earlier := self._store.find_request(submit.request_id, owner)) is not None:
                self._outbox.put(client, Accepted(submit.request_id, earlier.job_id, earlier.notice))
                return
            admitted = self._admit(job)
            if isinstance(admitted, Problem):
                self._reject(client, submit.request_id, admitted)
                return
            job = admitted
        self._handle(SubmitArrived(client, job))

    def _admit(self, job: Job) -> Job | Problem:
        """The job as it is on disk from now on, or why it is refused."""
        try:
            submit = with_parents_prompt(
                job.submit, self._store, lambda parent: self._queue.is_hidden(parent, job.owner)
            )
            verdict = self._check(submit)
            waiting = self._queue.waiting_of(job.owner)
            problem = verdict.problem or too_many_waiting(self._reception.limits, waiting, submit)
            if problem is not None:
                return problem
            notice = " ".join(filter(None, (verdict.notice, gone_back(job.submit, submit))))
            job = replace(job, submit=submit, notice=notice)
            self._store.admit(job)
            log.info("job=%s state=queued attempts=0", job.job_id)
        except NothingToContinue as missing:
            return missing.problem
        except OSError as error:
            log.warning("job=%s refused=%s", job.job_id, error)
            message = f"The backend cannot store this job: {reason_for_clients(error)}."
            return Problem("unavailable", message, "Submit it again then.")
        return job

    def _shut_down(self, client: bytes, peer: str) -> None:
        if not self._allow_shutdown or not is_loopback(peer):
            hint = "Start it with --allow-shutdown, and ask from the same computer."
            self._reject(client, "", Problem("bad_request", "This backend may not be ended by a client.", hint))
            return
        log.info("shutdown=asked")
        self._handle(Closing())
        self.stop()

    def _free_memory(self, client: bytes) -> None:
        for worker in self._queue.idle_workers():
            self._pool.send(worker, FreeModels())
        if len(self._queue.running_jobs()) == len(self._pool.workers):
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
        if isinstance(message, Saved):
            self._handle(WorkerSaved(worker, message.job_id, message.overall))
            return
        if isinstance(message, MeshSnapshot | TextureSnapshot):
            self._dispatch.snapshot_came(message.job_id)
        self._handle(WorkerSaid(worker, message))

    def _report_silence(self) -> None:
        for worker, seconds in self._silence.to_report(self._queue.running_jobs().values(), time.monotonic()):
            log.warning("worker=%d silent=%.0fs", worker, seconds)
            self._handle(WorkerSilent(worker, seconds))

    def _end_overdue(self) -> None:
        for job_id in self._dispatch.overdue(time.monotonic()):
            self._handle(StopOverdue(job_id))

    def _handle(self, stimulus: Stimulus) -> None:
        for action in self._queue.handle(stimulus):
            self._dispatch.perform(action)
            if isinstance(action, Publish) and isinstance(action.event, TERMINAL_EVENTS):
                # Who cancelled a job is not to wait until the disk has noted that the next one begins.
                self._send()

    def _send(self) -> None:
        # Before anything is sent: a client that is let in no more gets nothing that waited for it.
        self._forget_clients()
        self._delivery.flush()

    def _forget_clients(self) -> None:
        absent = self._delivery.absent()
        for client in absent:
            self._reception.forget(client)
        self._delivery.forget([*absent, *self._reception.gone()])


def _peer(frame: zmq.Frame) -> str:
    try:
        return str(frame.get("Peer-Address"))
    except zmq.ZMQError:
        return ""
