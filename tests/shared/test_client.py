"""The client by itself: against a ROUTER that the test plays, and against nobody."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest
import zmq
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared import client as client_module
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import Client, CurveKeys
from any_to_3d.shared.wire import ProtocolError, decode, encode

WELCOME = m.Welcome(PROTOCOL_VERSION, "b1", "0.1", "fake", "cpu", "fake", ())


class Router:
    """The other end, answering only when it is told to."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.address = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.peer = b""

    def receive(self, seconds: float = 3.0) -> m.Message:
        assert self.socket.poll(int(seconds * 1000)), "nothing was sent"
        self.peer, *frames = self.socket.recv_multipart()
        return decode(frames)

    def send(self, *frames: bytes) -> None:
        self.socket.send_multipart([self.peer, *frames])

    def close(self) -> None:
        self.socket.close()
        self.context.term()


@pytest.fixture
def router() -> Iterator[Router]:
    router = Router()
    yield router
    router.close()


@pytest.fixture
def client(router: Router) -> Iterator[Client]:
    client = Client(router.address, "me")
    yield client
    client.close()


def greeted(client: Client, router: Router) -> None:
    """Poll until the client's Hello was sent, and receive it."""
    deadline = time.monotonic() + 3
    while not router.socket.poll(10):
        assert client.poll() == []
        assert time.monotonic() < deadline
    assert router.receive() == m.Hello(PROTOCOL_VERSION, "me")


def arrived(client: Client, seconds: float = 2.0) -> list[m.Message]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if messages := client.poll():
            return messages
        client.wait(0.01)
    return []


def test_the_client_says_hello_by_itself_and_delivers_the_welcome(client: Client, router: Router) -> None:
    greeted(client, router)
    router.send(*encode(WELCOME))
    assert arrived(client) == [WELCOME]
    assert client.seconds_since_heard < 1


def test_an_unchanged_welcome_is_delivered_once_and_a_changed_one_again(client: Client, router: Router) -> None:
    greeted(client, router)
    for backend_id in ("b1", "b1", "b2"):
        router.send(*encode(replace(WELCOME, backend_id=backend_id)))
    received = []
    while len(received) < 2:
        received += arrived(client)
    assert [welcome.backend_id for welcome in received + arrived(client, 0.2)] == ["b1", "b2"]


def test_a_welcome_that_was_asked_for_is_delivered_even_if_nothing_changed(client: Client, router: Router) -> None:
    greeted(client, router)
    router.send(*encode(WELCOME))
    assert arrived(client) == [WELCOME]
    client.send(m.Hello(PROTOCOL_VERSION, "me"))
    router.receive()
    router.send(*encode(WELCOME))
    assert arrived(client) == [WELCOME]


def test_silence_is_counted_from_the_first_question_without_answer(client: Client, router: Router) -> None:
    greeted(client, router)
    time.sleep(0.3)
    client.poll()
    waited = client.seconds_since_heard
    assert waited >= 0.3
    router.send(*encode(m.Started("j1")))
    assert arrived(client) == [m.Started("j1")]
    assert client.seconds_since_heard < waited


def test_a_client_that_slept_does_not_take_the_backend_for_dead(client: Client, router: Router) -> None:
    greeted(client, router)
    router.send(*encode(WELCOME))
    time.sleep(0.5)
    slept = client.seconds_since_heard
    assert arrived(client) == [WELCOME]
    assert client.seconds_since_heard < slept


def test_after_an_outage_the_same_welcome_is_delivered_again(
    client: Client, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "OUTAGE_SECONDS", 0.2)
    greeted(client, router)
    router.send(*encode(WELCOME))
    assert arrived(client) == [WELCOME]
    client._next_ping = 0.0
    greeted(client, router)
    time.sleep(0.3)
    router.send(*encode(WELCOME))
    assert arrived(client) == [WELCOME]


def test_a_message_sent_before_there_is_a_connection_arrives_once_there_is(router: Router) -> None:
    client = Client(router.address, "me")
    client.send(m.Cancel("j1"))
    heard = []
    for _ in range(100):
        client.poll()
        if router.socket.poll(10):
            heard.append(router.receive())
        if m.Cancel("j1") in heard:
            break
    client.close()
    assert heard.count(m.Cancel("j1")) == 1


def test_closing_sends_what_was_queued(client: Client, router: Router) -> None:
    greeted(client, router)
    client.send(m.Cancel("j1"))
    client.close()
    client.close()
    assert router.receive() == m.Cancel("j1")


def test_what_cannot_be_read_is_delivered_as_a_problem(client: Client, router: Router) -> None:
    greeted(client, router)
    router.send(b"\xc1garbage")
    (rejected,) = arrived(client)
    assert rejected.problem.code == "protocol"
    assert rejected.problem.message.startswith("the backend sent something unreadable: ")


def test_poll_returns_at_most_so_many_messages_in_order(client: Client, router: Router) -> None:
    greeted(client, router)
    for number in range(5):
        router.send(*encode(m.Started(f"j{number}")))
    received: list[m.Message] = []
    deadline = time.monotonic() + 5
    while len(received) < 5 and time.monotonic() < deadline:
        some = client.poll(2)
        assert len(some) <= 2
        received += some
        client.wait(0.01)
    assert [event.job_id for event in received] == ["j0", "j1", "j2", "j3", "j4"]


@pytest.fixture
def lonely_client() -> Iterator[Client]:
    """A client of an address where nobody listens."""
    client = Client("tcp://127.0.0.1:9", "me")
    yield client
    client.close()


def test_polling_nobody_neither_blocks_nor_starts_a_thread(lonely_client: Client) -> None:
    client, threads = lonely_client, threading.active_count()
    before = time.monotonic()
    for _ in range(20):
        assert client.poll() == []
    client.send(m.ListJobs())
    assert time.monotonic() - before < 2
    assert threading.active_count() == threads
    assert client.seconds_since_heard > 0
    before = time.monotonic()
    client.close()
    assert time.monotonic() - before < 2


def test_too_many_unsent_messages_are_refused(lonely_client: Client) -> None:
    for _ in range(1000):
        lonely_client.send(m.ListJobs())
    with pytest.raises(ProtocolError, match="1000 messages wait"):
        lonely_client.send(m.ListJobs())


def test_an_impossible_address_is_named() -> None:
    with pytest.raises(ValueError, match=r"cannot connect to 'nonsense'.*tcp://host:port"):
        Client("nonsense", "me")


def test_a_key_that_is_none_is_told_from_a_bad_address() -> None:
    with pytest.raises(ValueError, match="any-to-3d keys"):
        Client("tcp://127.0.0.1:9", "me", CurveKeys("é" * 40, "x" * 40, "x" * 40))


def test_a_dropped_client_in_a_reference_cycle_is_freed_without_waiting() -> None:
    """As after an exception whose traceback refers to the client: the collector takes socket and context together."""

    def drop() -> weakref.ref[Client]:
        client = Client("tcp://127.0.0.1:9", "me")
        client.poll()
        client.send(m.ListJobs())
        client.itself = client
        return weakref.ref(client)

    dropped = drop()
    collector = threading.Thread(target=gc.collect, daemon=True)
    collector.start()
    collector.join(10)
    assert not collector.is_alive(), "the garbage collector waits for ever"
    assert dropped() is None
