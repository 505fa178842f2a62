"""The worker process: one socket to the server, one engine, one job at a time. Started by ``pool``, never by people."""

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import zmq

from ..shared.mesh import MeshSnapshot, TextureSnapshot
from ..shared.messages import Failed, Problem, Progress
from ..shared.wire import ProtocolError
from .access.told_texts import told, without_folders
from .announcement import MEMORY_STEP
from .catalogue import ProfileName
from .engine import Engine
from .log_format import log_to_stderr
from .models.default_folder import chosen_models_folder
from .problems import problem_of
from .pulse import start_beating
from .worker import Wish, run_job
from .worker_messages import (
    FROM_WORKER,
    TO_WORKER,
    FinishJob,
    FreeModels,
    Memory,
    PauseJob,
    Ready,
    Run,
    StopJob,
    ToWorker,
    WantSnapshot,
)

log = logging.getLogger(__name__)

WAIT_MILLISECONDS = 2000

AboutJob = StopJob | PauseJob | FinishJob | WantSnapshot


class Inbox:
    """What the server said; a job's messages are taken out of turn, the others keep their order."""

    def __init__(self, socket: zmq.Socket) -> None:
        self._socket = socket
        self._later: deque[ToWorker] = deque()

    def next(self, meanwhile: Callable[[], None] = lambda: None) -> ToWorker:
        """The oldest message; waits for one, and calls ``meanwhile`` every few seconds."""
        while not self._later and not self._socket.poll(WAIT_MILLISECONDS):
            meanwhile()
        return self._later.popleft() if self._later else TO_WORKER.decode(self._socket.recv_multipart())

    def about(self, job_id: str) -> Iterator[AboutJob]:
        """What has arrived about this job; never waits. The next job may have been sent already: it is kept."""
        while self._socket.poll(0):
            self._later.append(TO_WORKER.decode(self._socket.recv_multipart()))
        waiting, self._later = self._later, deque()
        for message in waiting:
            if isinstance(message, AboutJob) and message.job_id == job_id:
                yield message
            else:
                self._later.append(message)


class MemoryReport:
    """Tells the server how much memory the device has, whenever that has changed by more than a little."""

    def __init__(self, socket: zmq.Socket, engine: Engine) -> None:
        self._socket, self._engine = socket, engine
        self._told = Memory(0, 0)

    def __call__(self) -> None:
        memory = self._engine.memory()
        if abs(memory.free - self._told.free) >= MEMORY_STEP or memory.total != self._told.total:
            self._told = memory
            self._socket.send_multipart(FROM_WORKER.encode(memory))


class InboxControl:
    """A Control that reads the server's wishes each time it is asked."""

    def __init__(self, inbox: Inbox, job: Run) -> None:
        self._inbox = inbox
        self._job = job
        self._wish: Wish = "go on"
        self._wanted_faces: int | None = None
        self._wanted_texture = 0

    def wish(self) -> Wish:
        self._read()
        return self._wish

    def wanted_faces(self) -> int | None:
        self._read()
        return self._wanted_faces

    def wanted_texture(self) -> int:
        return self._wanted_texture

    def snapshot_left(self) -> None:
        """A snapshot was sent, which answers the wish for one."""
        self._wanted_faces = None

    def _read(self) -> None:
        for message in self._inbox.about(self._job.job_id):
            match message:
                case StopJob():
                    self._wish = "cancel"
                case PauseJob(_, attempt) if attempt == self._job.attempt and self._wish != "cancel":
                    self._wish = "pause"
                case FinishJob() if self._wish == "go on":
                    self._wish = "finish"
                case WantSnapshot(_, faces, texture):
                    self._wanted_faces, self._wanted_texture = faces, texture


def build_engine(
    profile: ProfileName, device: str, models_folder: str, threads: int, is_compiling: bool = True
) -> Engine:
    """The engine of a profile; only the real ones import torch."""
    if profile == "fake":
        from .fake_generation import FakeEngine

        return FakeEngine()
    from .xbind_engine import XBindEngine

    return XBindEngine(profile, device, models_folder, threads, is_compiling=is_compiling)


def serve_jobs(socket: zmq.Socket, engine: Engine, pulse: str = "", private_folders: Sequence[str] = ()) -> None:
    """Load the models, then run what arrives, for ever; from then on a heartbeat goes to the address ``pulse``.

    private_folders: of which clients are not to be told.
    """
    ready = _load(engine, private_folders)
    if pulse:
        start_beating(pulse)
    socket.send_multipart(FROM_WORKER.encode(ready))
    inbox = Inbox(socket)
    report_memory = MemoryReport(socket, engine)
    while True:
        report_memory()
        message = inbox.next(report_memory)
        if isinstance(message, FreeModels):
            engine.unload()
        if not isinstance(message, Run):
            continue
        run_and_send(socket, message, InboxControl(inbox, message), engine, report_memory, private_folders)
        if ready.warning:
            ready = _load(engine, private_folders)
            socket.send_multipart(FROM_WORKER.encode(ready))


def _load(engine: Engine, private_folders: Sequence[str]) -> Ready:
    try:
        engine.load()
    except Exception as error:
        # The worker stays: the next job tries again, so that weights can be put in place meanwhile.
        problem = problem_of(error)
        warning = f"{problem.message} {problem.hint}".strip()
        log.warning("models=unloaded %s", warning)
        return Ready(engine.device, engine.kernels, without_folders(warning, private_folders))
    return Ready(engine.device, engine.kernels)


def run_and_send(
    socket: zmq.Socket,
    job: Run,
    control: InboxControl,
    engine: Engine,
    report_memory: Callable[[], None] = lambda: None,
    private_folders: Sequence[str] = (),
) -> None:
    """Run one job and send its events, the last of them terminal; no text in them says where private folders are."""
    log.info("job=%s started attempt=%d", job.job_id, job.attempt)
    # <data folder>/jobs/<job id>
    private = (*private_folders, str(Path(job.folder).parent.parent))
    for event in run_job(job, engine, control):
        if isinstance(event, Failed):
            log.warning("job=%s failed=%s", job.job_id, event.problem.message)
        event = told(event, private)
        try:
            frames = FROM_WORKER.encode(event)
        except ProtocolError as error:
            event = Failed(job.job_id, Problem("internal", f"The generator made what cannot be sent: {error}"))
            socket.send_multipart(FROM_WORKER.encode(event))
            break
        socket.send_multipart(frames, copy=False)
        if isinstance(event, MeshSnapshot | TextureSnapshot):
            control.snapshot_left()
        elif isinstance(event, Progress):
            report_memory()
    log.info("job=%s ended=%s", job.job_id, type(event).__name__)


def _end_with_server() -> None:
    """End at once when the pipe from the server closes, even in the middle of a long computation."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description="A worker of the any-to-3d backend; started by it.")
    parser.add_argument("address")
    parser.add_argument("pulse")
    parser.add_argument("device")
    parser.add_argument("profile", choices=get_args(ProfileName))
    parser.add_argument("--models-folder", default="")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    log_to_stderr()
    # Ctrl-C reaches the terminal's whole process group; when a worker ends is for the server to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_server, daemon=True).start()
    socket = zmq.Context().socket(zmq.PAIR)
    socket.linger = 0
    socket.connect(arguments.address)
    profile, device, is_compiling = arguments.profile, arguments.device, not arguments.no_compile
    engine = build_engine(profile, device, arguments.models_folder, arguments.threads, is_compiling)
    serve_jobs(socket, engine, arguments.pulse, private_folders(arguments.models_folder))


def private_folders(models_folder: str) -> tuple[str, ...]:
    """Where this process finds its models, libraries and temporary files, and its user's own files."""
    package, temporary = str(Path(__file__).parents[1]), tempfile.gettempdir()
    usual = str(chosen_models_folder())
    return tuple(filter(None, (models_folder, usual, package, temporary, sys.prefix, str(Path.home()))))


if __name__ == "__main__":
    main()
