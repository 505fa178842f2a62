"""How much one client may ask: a real server, and clients that ask for more."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import zmq
from any_to_3d.backend.access.limits import Limits
from any_to_3d.shared import messages as m
from any_to_3d.shared.wire import decode, encode
from live_backend import Backend, Talker, wait_until
from requests_and_jobs import request
from strangers import seconds_until_served

SOON = 1.5


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend"), "--max-waiting", "3") as backend:
        yield backend


@pytest.fixture
def talker(backend: Backend) -> Iterator[Talker]:
    with Talker(backend.address) as talker:
        talker.of(m.Welcome)
        yield talker


@pytest.fixture
def bare(backend: Backend) -> Iterator[zmq.Socket]:
    """A client that sends what it likes, as fast as it can."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger, socket.sndhwm, socket.rcvhwm = 0, 0, 0
        socket.connect(backend.address)
        yield socket


def refusals(backend: Backend, reason: str) -> int:
    lines = [line for line in backend.log.read_text().splitlines() if " refused " in line]
    return sum(int(word.split("=")[1]) for line in lines for word in line.split() if word.startswith(f"{reason}="))


def test_a_client_that_sends_too_much_is_told_so_once_a_second_and_slows_nobody(
    backend: Backend, bare: zmq.Socket
) -> None:
    burst = int(Limits().message_burst)
    hello = encode(m.Hello("1.0", "eager"))
    for _ in range(2 * burst):
        bare.send_multipart(hello)
    assert seconds_until_served(backend.address, None) < SOON
    answers = []
    while bare.poll(1500):
        answers.append(decode(bare.recv_multipart()))
    told = [answer.problem for answer in answers if isinstance(answer, m.Rejected)]
    assert 1 <= len(told) <= 10
    assert (told[0].code, told[0].message[:26]) == ("unavailable", "You send too much: 200 mes")
    assert burst <= sum(isinstance(answer, m.Welcome) for answer in answers) < 2 * burst


def test_unreadable_messages_are_counted_and_logged_a_few_times_only(backend: Backend, bare: zmq.Socket) -> None:
    for _ in range(1000):
        bare.send_multipart([b"\xffgarbage"])
    answers = 0
    while answers < 1000 and bare.poll(3000):
        answers += decode(bare.recv_multipart()).problem.code == "protocol"
    assert answers == 1000
    assert sum(" unreadable=" in line for line in backend.log.read_text().splitlines()) <= 3
    wait_until(lambda: refusals(backend, "unreadable") == 1000, "the count in the log")


def test_more_waiting_jobs_than_allowed_are_refused_with_a_sentence(talker: Talker) -> None:
    jobs = [talker.submit(seconds=30) for _ in range(4)]
    talker.send(request("one-too-many"))
    rejected = talker.of(m.Rejected)
    assert (rejected.request_id, rejected.problem.code) == ("one-too-many", "unavailable")
    assert rejected.problem.message == "You have 3 jobs waiting; at most 3 are allowed."
    for job_id in reversed(jobs):
        talker.send(m.Cancel(job_id))
    for _ in jobs:
        talker.of(m.Cancelled)


def test_a_client_that_reads_nothing_grows_the_server_by_little(
    backend: Backend, bare: zmq.Socket, tmp_path: Path
) -> None:
    server = psutil.Process(backend.process.pid)
    before = server.memory_info().rss
    for _ in range(int(Limits().message_burst) - 10):
        bare.send_multipart(encode(m.ListJobs()))
    assert seconds_until_served(backend.address, None) < SOON
    assert server.memory_info().rss - before < 64 * 2**20


def test_a_question_of_any_length_gets_an_answer_of_a_sentence(backend: Backend, bare: zmq.Socket) -> None:
    long = "x" * 100_000
    for asked in (m.Watch(long), m.Submit("r", (), recipe=long), request("r", **{long: 1.0}), m.Hello(long, long)):
        bare.send_multipart(encode(asked))
        assert bare.poll(3000)
        problem = decode(bare.recv_multipart()).problem
        assert len(problem.message) < 200
