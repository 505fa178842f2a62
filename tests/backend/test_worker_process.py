"""The worker's side of its socket, without a process."""

from collections.abc import Iterator

import numpy as np
import pytest
import zmq
from any_to_3d.backend.fake_generation import FakeEngine, FakeMoment
from any_to_3d.backend.worker_messages import FROM_WORKER, TO_WORKER, Run, StopJob, WantSnapshot
from any_to_3d.backend.worker_process import Inbox, InboxControl, run_and_send
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.messages import Failed
from requests_and_jobs import request, textured


@pytest.fixture
def ends() -> Iterator[tuple[zmq.Socket, Inbox]]:
    with zmq.Context() as context, context.socket(zmq.PAIR) as server, context.socket(zmq.PAIR) as worker:
        server.bind("inproc://worker")
        worker.connect("inproc://worker")
        yield server, Inbox(worker)


def say(server: zmq.Socket, *messages: object) -> None:
    for message in messages:
        server.send_multipart(TO_WORKER.encode(message))


def run(job_id: str) -> Run:
    return Run(job_id, request(), "folder")


def test_a_stopped_job_is_cancelled_and_the_job_sent_after_it_is_kept(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    say(server, run("j1"), StopJob("j1"), run("j2"), WantSnapshot("j2", 300))
    assert inbox.next() == run("j1")
    assert InboxControl(inbox, "j1").cancelled()
    assert inbox.next() == run("j2")
    control = InboxControl(inbox, "j2")
    assert not control.cancelled()
    assert control.wanted_faces() == 300


def test_a_wish_for_a_snapshot_holds_until_one_has_left(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    control = InboxControl(inbox, "j1")
    assert control.wanted_faces() is None
    say(server, WantSnapshot("j1", 300), WantSnapshot("j1", 200))
    assert control.wanted_faces() == control.wanted_faces() == 200
    control.snapshot_left()
    assert control.wanted_faces() is None


def test_a_stop_of_an_earlier_job_does_not_stop_this_one(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    say(server, StopJob("j1"))
    assert not InboxControl(inbox, "j2").cancelled()


def test_something_that_cannot_be_sent_fails_the_job_and_not_the_worker(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    broken = textured().vertices.copy()
    broken[0, 0] = np.nan

    def snapshot(moment: FakeMoment, sequence: int, max_faces: int) -> MeshSnapshot:
        return MeshSnapshot(moment.job_id, sequence, "coarse", 0, 1, broken, textured().faces)

    with zmq.Context() as context, context.socket(zmq.PAIR) as out, context.socket(zmq.PAIR) as back:
        out.bind("inproc://out")
        back.connect("inproc://out")
        say(server, WantSnapshot("j1", 300))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FakeMoment, "snapshot", snapshot)
            run_and_send(back, run("j1"), InboxControl(inbox, "j1"), FakeEngine(sleep=lambda seconds: None))
        events = []
        while out.poll(0):
            events.append(FROM_WORKER.decode(out.recv_multipart()))
    assert isinstance(events[-1], Failed)
    assert events[-1].problem.code == "internal"
    assert "NaN" in events[-1].problem.message
