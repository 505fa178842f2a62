"""A worker's heartbeat: a thread of its own beats while Python can run at all, however long the computation takes.

A step, a compilation or a download of minutes lets the thread beat. A process that is stopped, or locked up while it
holds Python's global lock, does not: nothing that it does can be waited for or cancelled, so it is to be ended.
A process that merely gets no processor, on a computer with too much to do, does not beat either, and is no less alive:
so one that computes, or would if it could, is given more time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import zmq

BEAT_SECONDS = 1.0
HUNG_SECONDS = 8.0
"""Without a beat, of a process that does nothing at all: a hung worker is to be noticed in ten."""

BUSY_SECONDS = 120.0
"""Likewise of one that computes: it may load a library with the lock held, and wait long for its turn meanwhile."""

IDLE_CPU_SECONDS = 0.1
"""Less than this since the last beat is nothing at all."""

ABSENCE_SECONDS = 3.0
"""A watcher that has not looked for so long was itself asleep, as on a laptop whose lid was closed."""


@dataclass(frozen=True)
class Vitals:
    """Of a process: the processor time that it has used, and whether it wants some, or waits for a disk."""

    cpu_seconds: float
    wants_to_run: bool


def vitals_of(pid: int) -> Vitals:
    """As the system tells them; of a process that has gone, those of one that is well: its end is noticed elsewhere."""
    try:
        process = psutil.Process(pid)
        times, state = process.cpu_times(), process.status()
    except psutil.Error:
        return Vitals(0.0, wants_to_run=True)
    return Vitals(times.user + times.system, state in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP))


class PulseWatch:
    """Told of beats and asked for a verdict; begins with the first beat. Times are seconds from any one clock."""

    def __init__(self, look: Callable[[], Vitals]) -> None:
        self._look = look
        self._beat: float | None = None
        self._cpu_seconds = 0.0
        self._looked = 0.0

    def beat(self, now: float) -> None:
        """A sign of life came."""
        self._beat, self._cpu_seconds = now, self._look().cpu_seconds

    def is_hung(self, now: float) -> bool:
        """Whether the beats have stopped and nothing excuses it; to be asked several times a second."""
        if self._beat is None:
            return False
        if now - self._looked > ABSENCE_SECONDS:
            self.beat(now)
        self._looked = now
        silence = now - self._beat
        if silence <= HUNG_SECONDS:
            return False
        vitals = self._look()
        is_idle = vitals.cpu_seconds - self._cpu_seconds < IDLE_CPU_SECONDS and not vitals.wants_to_run
        return is_idle or silence > BUSY_SECONDS


def start_beating(address: str) -> None:
    """Beat towards this address until the process ends."""
    threading.Thread(target=_beat_for_ever, args=(address,), name="pulse", daemon=True).start()


def received(socket: zmq.Socket) -> Iterator[None]:
    """One for each beat that has arrived."""
    while socket.poll(0):
        socket.recv()
        yield


def _beat_for_ever(address: str) -> None:
    socket: zmq.Socket = zmq.Context.instance().socket(zmq.PUSH)
    socket.linger = 0
    socket.connect(address)
    while True:
        # Beats that nobody takes are not to pile up.
        if socket.poll(0, zmq.POLLOUT):
            socket.send(b"")
        time.sleep(BEAT_SECONDS)
