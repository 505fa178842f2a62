"""Clients that do not read, and what they find when they do."""

import time
from pathlib import Path

import pytest
from any_to_3d.backend import delivery
from any_to_3d.backend.delivery import Delivery
from any_to_3d.backend.outbox import Outbox
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import Client
from live_backend import Backend, Talker
from requests_and_jobs import textured


class FullSocket:
    """A client's connection that takes nothing until it is told to."""

    def __init__(self) -> None:
        self.takes = False
        self.sent: list[object] = []

    def send_multipart(self, frames: list[object], flags: int, copy: bool, track: bool) -> None:
        if not self.takes:
            raise delivery.zmq.Again
        self.sent.append(frames)


def test_a_result_waits_for_a_client_that_takes_nothing_for_however_long() -> None:
    outbox, socket = Outbox(), FullSocket()
    sending = Delivery(socket, outbox)
    outbox.watch(b"a", m.Watch("j1"))
    for step in range(1000):
        outbox.publish(m.Progress("j1", "coarse", step, 1000, 0.0, {}, 1.0, None))
        sending.flush()
    outbox.publish(m.Finished("j1", textured(), 1.0))
    sending.flush()
    assert socket.sent == []
    socket.takes = True
    sending.flush()
    assert len(socket.sent) == 1, "of the progress nothing is left: the job has ended"


def test_a_client_that_stopped_reading_slows_nobody_and_finds_state_progress_and_result(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        lazy = Client(backend.address, "lazy")
        job_id = talker.submit(seconds=1.0)
        lazy.send(m.Watch(job_id, credit=4))
        for number in range(500):
            lazy.send(m.ListJobs())
            if number % 50 == 0:
                talker.silence(0.01)
        before = time.monotonic()
        talker.send(m.ListJobs())
        talker.of(m.Jobs)
        assert time.monotonic() - before < 2
        talker.of(m.Finished)
        kinds, deadline = set(), time.monotonic() + 10
        while m.Finished not in kinds and time.monotonic() < deadline:
            kinds |= {type(message) for message in lazy.poll()}
            lazy.wait(0.05)
        lazy.close()
        assert {m.Started, m.Finished} <= kinds


@pytest.mark.parametrize("away", [0.5, 1.5])
def test_who_was_away_is_told_what_it_missed_when_it_watches_again(tmp_path: Path, away: float) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(seconds=1.0, prepare_seconds=0.0)
        talker.of(m.Started)
        talker.client.close()
        time.sleep(away)
        with Talker(backend.address) as again:
            again.send(m.Watch(job_id))
            first = again.until(lambda message: not isinstance(message, m.Welcome))
            assert isinstance(first, m.Started if away < 1 else m.Started | m.Finished)
            if isinstance(first, m.Started):
                again.of(m.Finished)
