"""A worker's heartbeat: a thread of its own beats while Python can run at all, however long the computation takes.

A step, a compilation or a download of minutes lets the thread beat. A process that is stopped, or that holds Python's
global lock for ever, does not: nothing that it does can be waited for or cancelled, so it is to be ended.
"""

import threading
import time
from collections.abc import Iterator

import zmq

BEAT_SECONDS = 1.0
HUNG_SECONDS = 8.0
"""Without a beat. Imports of big libraries hold the lock for a second or two; a hung worker is to be noticed in ten."""

ABSENCE_SECONDS = 3.0
"""A watcher that has not looked for so long was itself asleep, as on a laptop whose lid was closed."""


class PulseWatch:
    """Told of beats and asked for a verdict; begins with the first beat. Times are seconds from any one clock."""

    def __init__(self) -> None:
        self._beat: float | None = None
        self._looked = 0.0

    def beat(self, now: float) -> None:
        """A sign of life came."""
        self._beat = now

    def is_hung(self, now: float) -> bool:
        """Whether the beats have stopped; to be asked several times a second."""
        if self._beat is None:
            return False
        if now - self._looked > ABSENCE_SECONDS:
            self._beat = now
        self._looked = now
        return now - self._beat > HUNG_SECONDS


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
