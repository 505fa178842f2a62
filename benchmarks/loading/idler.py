"""A client that asks to be told about every job and then reads nothing of it, while its connection stays alive."""

import uuid
from collections.abc import Iterable

import zmq
from any_to_3d.shared.messages import Watch
from any_to_3d.shared.wire import encode


class Idler:
    """Takes what fits into the smallest buffers, and no more."""

    def __init__(self, address: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.routing_id = b"c" + uuid.uuid4().bytes
        self._socket.linger = 0
        self._socket.rcvhwm = 1
        self._socket.rcvbuf = 4096
        self._socket.heartbeat_ivl = 1000
        self._socket.connect(address)
        self._watched: set[str] = set()

    def watch(self, jobs: Iterable[str]) -> None:
        """Ask for everything about those of the jobs that are new, with snapshots. It reads no answer."""
        for job_id in set(jobs) - self._watched:
            try:
                self._socket.send_multipart(encode(Watch(job_id, credit=4, cut_outs=True, pauses=True)), zmq.NOBLOCK)
            except zmq.Again:
                return
            self._watched.add(job_id)

    def close(self) -> None:
        self._socket.close(0)
        self._context.term()
