"""Worker processes, one per device: started, talked to, watched, ended and started again."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import zmq

from ..shared.wire import ProtocolError
from .pulse import HUNG_SECONDS, PulseWatch, received, vitals_of
from .worker_messages import FROM_WORKER, TO_WORKER, FromWorker, Ready, ToWorker

log = logging.getLogger(__name__)

RESTART_SECONDS = (0.0, 1.0, 5.0, 30.0)
"""The pause before the first, second ... restart in a row; a worker that became ready starts the count anew."""

MESSAGES_PER_TURN = 50


@dataclass(frozen=True)
class WorkerOptions:
    """What every worker process is started with; plain text, so that it fits on a command line."""

    profile: str
    models_folder: str = ""
    threads: int = 0
    is_compiling: bool = True


@dataclass(frozen=True)
class Death:
    """A worker process ended; ``reason`` is for people."""

    worker: int
    reason: str


class Pool(Protocol):
    """Where jobs run. Workers are numbered from 0 and keep their number when their process is replaced."""

    @property
    def workers(self) -> Sequence[int]: ...
    def sockets(self) -> list[zmq.Socket]:
        """Sockets to poll for something to ``receive``."""
        ...

    def send(self, worker: int, message: ToWorker) -> None: ...
    def receive(self) -> list[tuple[int, FromWorker]]: ...
    def deaths(self) -> list[Death]:
        """Workers that ended since the last call; each is started again by itself."""
        ...

    def kill(self, worker: int) -> None: ...
    def retire(self, worker: int) -> None:
        """End the worker's process, if there is one, and start none before something is sent to it."""
        ...

    def close(self) -> None: ...


class LocalPool:
    """One child process per device on this computer."""

    def __init__(self, context: zmq.Context, devices: Sequence[str], options: WorkerOptions) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="a3d-"))
        self._places = [_Place(context, number, device, options, self._folder) for number, device in enumerate(devices)]

    @property
    def workers(self) -> range:
        return range(len(self._places))

    def sockets(self) -> list[zmq.Socket]:
        return [place.socket for place in self._places if place.socket is not None]

    def send(self, worker: int, message: ToWorker) -> None:
        self._places[worker].send(message)

    def receive(self) -> list[tuple[int, FromWorker]]:
        return [(number, message) for number, place in enumerate(self._places) for message in place.receive()]

    def deaths(self) -> list[Death]:
        reasons = [(number, place.supervise()) for number, place in enumerate(self._places)]
        return [Death(number, reason) for number, reason in reasons if reason is not None]

    def kill(self, worker: int) -> None:
        self._places[worker].kill()

    def retire(self, worker: int) -> None:
        self._places[worker].retire()

    def close(self) -> None:
        for place in self._places:
            place.kill()
        for place in self._places:
            place.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Place:
    """A device and the process that serves it at the moment, with a socket of its own for each process."""

    def __init__(self, context: zmq.Context, number: int, device: str, options: WorkerOptions, folder: Path) -> None:
        self.socket: zmq.Socket | None = None
        self._pulse_socket: zmq.Socket | None = None
        self._pulse: PulseWatch | None = None
        self._context, self._number, self._device, self._options, self._folder = (
            context,
            number,
            device,
            options,
            folder,
        )
        self._process: subprocess.Popen | None = None
        self._unsent: deque[ToWorker] = deque()
        self._starts_in_a_row = 0
        self._start_at = 0.0
        self._is_retired = False
        self._hung = ""

    def send(self, message: ToWorker) -> None:
        self._is_retired = False
        self._unsent.append(message)
        self._start_when_due()
        self._flush()

    def receive(self) -> list[FromWorker]:
        self._flush()
        messages: list[FromWorker] = []
        while self.socket is not None and len(messages) < MESSAGES_PER_TURN:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            try:
                messages.append(FROM_WORKER.decode([frame.buffer for frame in frames]))
            except ProtocolError as error:
                log.error("worker=%d unreadable=%s", self._number, error)
        if any(isinstance(message, Ready) for message in messages):
            self._starts_in_a_row = 0
        return messages

    def supervise(self) -> str | None:
        """Start the process when it is time to; why it ended, if it just did."""
        if self._process is None:
            self._start_when_due()
            return None
        code = self._process.poll()
        if code is None:
            self._feel_pulse()
            return None
        reason = self._hung or _describe_exit(code)
        self._abandon()
        pause = RESTART_SECONDS[min(self._starts_in_a_row, len(RESTART_SECONDS) - 1)]
        self._starts_in_a_row += 1
        self._start_at = time.monotonic() + pause
        log.warning("worker=%d device=%s ended=%s restart_in=%.0fs", self._number, self._device, reason, pause)
        return reason

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def retire(self) -> None:
        """Its end is not reported: nobody's work was lost with it."""
        self._is_retired = True
        self.close()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            # A process in the middle of a driver's call may take longer; the others are not to wait for it.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._abandon()

    def _start_when_due(self) -> None:
        if self._process is None and not self._is_retired and time.monotonic() >= self._start_at:
            self._start()

    def _start(self) -> None:
        self.socket, self._pulse_socket = self._context.socket(zmq.PAIR), self._context.socket(zmq.PULL)
        self.socket.linger = 0
        name = f"w{self._number}-{time.monotonic_ns()}"
        address = _bind(self.socket, self._folder / name)
        pulse = _bind(self._pulse_socket, self._folder / f"{name}-pulse")
        options = self._options
        command = [sys.executable, "-m", f"{__package__}.worker_process", address, pulse, self._device, options.profile]
        command += [f"--threads={options.threads}", f"--models-folder={options.models_folder}"]
        command += [] if options.is_compiling else ["--no-compile"]
        # The worker holds the other end of this pipe: when the server ends, however it ends, so does the worker.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr)
        self._pulse, self._hung = PulseWatch(partial(vitals_of, self._process.pid)), ""
        log.info("worker=%d pid=%d device=%s", self._number, self._process.pid, self._device)

    def _feel_pulse(self) -> None:
        assert self._pulse is not None
        assert self._pulse_socket is not None
        now = time.monotonic()
        for _ in received(self._pulse_socket):
            self._pulse.beat(now)
        if not self._hung and self._pulse.is_hung(now):
            self._hung = f"hung: no heartbeat for {HUNG_SECONDS:.0f} s"
            log.error("worker=%d device=%s %s", self._number, self._device, self._hung)
            self.kill()

    def _flush(self) -> None:
        """Send what can be sent now: until the process has connected, zmq would make the whole server wait for it."""
        while self._unsent and self.socket is not None:
            try:
                self.socket.send_multipart(TO_WORKER.encode(self._unsent[0]), zmq.NOBLOCK)
            except zmq.Again:
                return
            self._unsent.popleft()

    def _abandon(self) -> None:
        for socket in (self.socket, self._pulse_socket):
            if socket is not None:
                socket.close(0)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self.socket, self._pulse_socket, self._process = None, None, None
        self._unsent.clear()


def _bind(socket: zmq.Socket, path: Path) -> str:
    """Bind where only this user can connect; Windows' zmq may lack such sockets, its loopback is the next best."""
    if zmq.has("ipc") and os.name == "posix":
        address = f"ipc://{path}"
        socket.bind(address)
        return address
    return f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
