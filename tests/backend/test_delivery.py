"""From mailboxes to sockets: what a client that takes nothing, or a thousand places in the queue, may cost."""

import pytest
import zmq
from any_to_3d.backend import delivery
from any_to_3d.backend.delivery import PLACES_AT_ONCE, PLACES_PER_SECOND, Delivery
from any_to_3d.backend.outbox import Outbox
from any_to_3d.shared import messages as m
from any_to_3d.shared.wire import decode
from requests_and_jobs import textured

JOBS = 150


class Tracker:
    """Of a message that libzmq has not written yet."""

    done = False


class Socket:
    """Takes everything, except for those who are ``full``, and says of a result what ``tracker`` says."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, object]] = []
        self.full: set[bytes] = set()
        self.tracker = Tracker()

    def send_multipart(self, frames: list, flags: int, copy: bool, track: bool) -> Tracker | None:
        if frames[0] in self.full:
            raise zmq.Again
        self.sent.append((frames[0], decode([bytes(frame) for frame in frames[1:]])))
        return self.tracker if track else None

    def to(self, client: bytes) -> list[object]:
        return [message for receiver, message in self.sent if receiver == client]


def moved_up(outbox: Outbox, by: int) -> None:
    for number in range(JOBS):
        outbox.publish(m.Queued(f"j{number}", 1000 + number - by))


def test_places_come_after_everything_else_a_part_each_turn_and_of_each_job_the_newest() -> None:
    outbox, socket = Outbox(), Socket()
    sending = Delivery(socket, outbox)
    for number in range(JOBS):
        outbox.watch(b"many", m.Watch(f"j{number}"))
    outbox.watch(b"one", m.Watch("j0"))
    moved_up(outbox, 1)
    outbox.put(b"one", m.Cancelled("another"))
    sending.flush()
    assert socket.sent[0] == (b"one", m.Cancelled("another"))
    assert len(socket.sent) == 1 + PLACES_AT_ONCE
    assert sending.is_behind
    moved_up(outbox, 2)
    sending.flush()
    assert m.Queued("j0", 998) in socket.to(b"one"), "who watches many does not keep the others waiting"
    while sending.is_behind:
        sending.flush()
    assert m.Queued("j149", 1147) in socket.to(b"many")
    assert m.Queued("j149", 1148) not in socket.to(b"many")


def test_places_are_not_told_faster_than_anybody_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(delivery.time, "monotonic", lambda: now[0])
    outbox, socket = Outbox(), Socket()
    sending = Delivery(socket, outbox)
    for number in range(JOBS):
        outbox.watch(b"many", m.Watch(f"j{number}"))
    for by in range(100):
        moved_up(outbox, by)
        sending.flush()
    assert len(socket.sent) == PLACES_PER_SECOND
    now[0] += 1 / 16
    sending.flush()
    assert len(socket.sent) == PLACES_PER_SECOND * 17 // 16


def test_one_result_at_a_time_is_given_to_a_connection_and_the_next_is_read_from_disk() -> None:
    outbox, socket, read = Outbox(), Socket(), []

    def result(job_id: str, seconds: float) -> m.Finished:
        read.append(job_id)
        return m.Finished(job_id, textured(), seconds)

    sending = Delivery(socket, outbox, result)
    for number in range(4):
        outbox.watch(b"slow", m.Watch(f"j{number}"))
        outbox.publish(m.Finished(f"j{number}", textured(), 1.0))
        sending.flush()
    assert [message.job_id for message in socket.to(b"slow")] == ["j0"]
    socket.tracker.done = True
    sending.flush()
    assert [message.job_id for message in socket.to(b"slow")] == ["j0", "j1", "j2", "j3"]
    assert read == ["j2", "j3"], "j1 came while nothing else waited"


def test_a_result_that_was_read_for_a_client_that_is_full_is_read_once() -> None:
    outbox, socket, read = Outbox(), Socket(), []

    def result(job_id: str, seconds: float) -> m.Finished:
        read.append(job_id)
        return m.Finished(job_id, textured(), seconds)

    sending = Delivery(socket, outbox, result)
    outbox.watch(b"full", m.Watch("j1"))
    outbox.publish(m.Started("j1"))
    socket.full.add(b"full")
    sending.flush()
    outbox.publish(m.Finished("j1", textured(), 1.0))
    outbox.sent(b"full", m.Started("j1"))
    for _ in range(3):
        sending.flush()
    assert read == ["j1"]
    socket.full.clear()
    sending.flush()
    assert [type(message) for message in socket.to(b"full")] == [m.Finished]
