"""Peers that mean harm, or another server: nothing is let in, and a proper client is served all the same."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import zmq
from any_to_3d.backend import listening
from any_to_3d.backend.addresses import Address
from any_to_3d.backend.keys import create_keys
from any_to_3d.backend.listening import HANDSHAKE_MILLISECONDS, bind, hang_up_on_everybody, listen_again
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.wire import encode
from live_backend import Backend, Talker, wait_until
from strangers import GREETING_BYTES, half_open, said_to, seconds_until_served
from tcp_proxy import Proxy

SOON = 1.5

HTTP = b"GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
ZMTP_1 = b"\x01\x00" + b"\x06\x00Hello"
"""An anonymous peer of 2010, and a frame."""
ZMTP_2 = b"\xff" + bytes(7) + b"\x01\x7f\x01\x05\x00\x00" + b"\x00\x05Hello"
ZMTP_3_NULL = (
    b"\xff" + bytes(7) + b"\x01\x7f\x03\x00NULL" + bytes(48) + b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CurveKeys]:
    server, client = create_keys(tmp_path_factory.mktemp("keys"))
    return server, CurveKeys.read(client)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Path, CurveKeys]) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend"), "--keys", str(keys[0])) as backend:
        yield backend


@pytest.fixture(autouse=True)
def proper_client_is_served(backend: Backend, keys: tuple[Path, CurveKeys]) -> Iterator[None]:
    """After each test: service is unharmed."""
    yield
    assert seconds_until_served(backend.address, keys[1]) < SOON
    assert backend.process.poll() is None


def is_hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def jobs(backend: Backend, keys: CurveKeys) -> int:
    with Talker(backend.address, keys) as talker:
        talker.send(m.ListJobs())
        return len(talker.of(m.Jobs).jobs)


@pytest.mark.parametrize("words", [HTTP, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ZMTP_1, ZMTP_2, ZMTP_3_NULL])
def test_other_protocols_hear_the_greeting_of_the_library_and_not_a_byte_more(backend: Backend, words: bytes) -> None:
    heard = said_to(backend.port, words)
    assert len(heard) <= GREETING_BYTES
    assert b"1." not in heard
    assert b"any" not in heard


@pytest.mark.parametrize("kind", [zmq.PUB, zmq.SUB, zmq.REQ, zmq.PUSH, zmq.DEALER, zmq.ROUTER, zmq.PAIR])
def test_foreign_sockets_without_a_key_hear_nothing(backend: Backend, kind: int) -> None:
    with zmq.Context() as context, context.socket(kind) as foreign:
        foreign.linger = 0
        foreign.connect(backend.address)
        if kind == zmq.SUB:
            foreign.subscribe(b"")
        elif kind not in (zmq.ROUTER, zmq.PAIR):
            foreign.send_multipart(encode(m.Hello("1.0", "foreign")), zmq.NOBLOCK)
        time.sleep(0.3)
        assert kind in (zmq.PUB, zmq.PUSH) or not foreign.poll(0)


def test_wrong_keys_hear_nothing(backend: Backend, keys: tuple[Path, CurveKeys]) -> None:
    listed = keys[1]
    public, secret = (key.decode() for key in zmq.curve_keypair())
    unlisted = CurveKeys(listed.server_public, public, secret)
    stolen_public = CurveKeys(listed.server_public, listed.client_public, secret)
    of_another = CurveKeys(public, listed.client_public, listed.client_secret)
    for wrong in (None, unlisted, stolen_public, of_another):
        with Talker(backend.address, wrong) as talker:
            assert talker.silence(0.4) == []


def test_a_tampered_message_is_not_read_and_ends_the_connection(backend: Backend, keys: tuple[Path, CurveKeys]) -> None:
    before = jobs(backend, keys[1])

    def flip(data: bytes) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 1])

    with Proxy(backend.port) as proxy, Talker(proxy.address, keys[1]) as talker:
        talker.of(m.Welcome)
        proxy.to_backend = flip
        talker.send(m.Submit("tampered", (m.WeightedPrompt(m.TextPrompt("a red car")),)))
        talker.client.poll()
        wait_until(lambda: proxy.hung_up > 0, "the backend to hang up", 5)
        assert not [message for message in talker.silence(0.3) if isinstance(message, m.Accepted)]
    assert jobs(backend, keys[1]) == before


def test_a_message_that_is_sent_twice_on_a_connection_is_read_once_and_ends_it(
    backend: Backend, keys: tuple[Path, CurveKeys]
) -> None:
    with Proxy(backend.port) as proxy, Talker(proxy.address, keys[1]) as talker:
        talker.of(m.Welcome)
        proxy.to_backend = lambda data: data + data
        talker.send(m.ListJobs())
        talker.client.poll()
        wait_until(lambda: proxy.hung_up > 0, "the backend to hang up", 5)
        proxy.to_backend = bytes
        assert sum(isinstance(message, m.Jobs) for message in talker.silence(1.0)) <= 1


def test_a_conversation_that_is_played_again_is_not_listened_to(backend: Backend, keys: tuple[Path, CurveKeys]) -> None:
    with Proxy(backend.port) as proxy, Talker(proxy.address, keys[1]) as talker:
        talker.submit(seconds=0.1)
        talker.of(m.Finished)
        record = bytes(proxy.recorded)
    before = jobs(backend, keys[1])
    heard = said_to(backend.port, record)
    # The greeting and the first answer of the handshake, which holds nothing but a fresh key.
    assert len(heard) <= GREETING_BYTES + 2 + 168
    assert jobs(backend, keys[1]) == before


def test_thousands_of_half_open_connections_keep_nobody_out_and_are_hung_up_on(
    backend: Backend, keys: tuple[Path, CurveKeys]
) -> None:
    server = psutil.Process(backend.process.pid)
    before = server.num_fds()
    strangers = half_open(backend.port, 2000)
    try:
        wait_until(lambda: server.num_fds() >= before + 2000, "the connections to be accepted")
        assert seconds_until_served(backend.address, keys[1]) < SOON
        wait_until(lambda: server.num_fds() < before + 50, "them to be hung up on", HANDSHAKE_MILLISECONDS / 1000 + 5)
    finally:
        for stranger in strangers:
            stranger.close()


def test_a_job_is_there_when_a_cut_connection_is_mended(backend: Backend, keys: tuple[Path, CurveKeys]) -> None:
    """Longer than heartbeats live, so both sides call each other dead; a minute of it is a slow test of its own."""
    with Proxy(backend.port) as proxy, Talker(proxy.address, keys[1]) as talker:
        talker.submit(seconds=9)
        talker.of(m.Progress)
        proxy.cut()
        time.sleep(5.5)
        proxy.mend()
        talker.of(m.Progress)
        talker.of(m.Finished)


@pytest.mark.skipif(
    not hasattr(psutil, "RLIMIT_NOFILE"), reason="needs limits of open files that can be set from outside"
)
def test_more_connections_than_files_may_be_open_do_not_end_the_server(tmp_path: Path) -> None:
    """libzmq ends the process where it cannot open a file; before it comes to that, every connection is dropped."""
    server_file, client_file = create_keys(tmp_path / "keys")
    keys = CurveKeys.read(client_file)
    with Backend(tmp_path, "--keys", str(server_file)) as backend:
        with Talker(backend.address, keys) as talker:
            job_id = talker.submit(seconds=6)
            talker.of(m.Progress)
            psutil.Process(backend.process.pid).rlimit(psutil.RLIMIT_NOFILE, (400, 400))
            strangers = half_open(backend.port, 600)
            wait_until(lambda: "overload open_files=" in backend.log.read_text(), "the overload to be noticed")
            assert seconds_until_served(backend.address, keys) < 2 * SOON
            for stranger in strangers:
                stranger.close()
            # The one that was connected comes back by itself, and its watch is still there.
            assert talker.of(m.Finished).job_id == job_id
        assert backend.process.poll() is None


def test_a_message_that_never_ends_is_ended_when_everybody_is_hung_up_on() -> None:
    """libzmq bounds a frame and not their number; the server notices its memory, see tests/backend/test_access.py."""
    megabyte = b"\x03" + (2**20).to_bytes(8, "big") + bytes(2**20)  # a long frame, with more to come
    process = psutil.Process()
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        port = bind(router, Address("127.0.0.1", 0)).port
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(ZMTP_3_NULL)
            before = process.memory_info().rss
            for _ in range(150):
                stranger.sendall(megabyte)
            wait_until(lambda: process.memory_info().rss > before + 100 * 2**20, "the memory to be used up")
            hang_up_on_everybody(router)
            stranger.setblocking(False)
            wait_until(lambda: not router.poll(10) and is_hung_up(stranger), "the stranger to be hung up on")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as again:
            assert again.recv(1) == b"\xff"


def test_an_address_that_somebody_takes_meanwhile_is_listened_at_once_it_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "REBIND_SECONDS", 0.2)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        port = bind(router, Address("127.0.0.1", 0)).port
        monkeypatch.setattr(listening, "can_open_files", lambda number: False)
        assert not hang_up_on_everybody(router)
        monkeypatch.undo()
        with socket.create_server(("127.0.0.1", port)):
            assert not listen_again(router)
        wait_until(lambda: listen_again(router), "the address to be free")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            assert client.recv(1) == b"\xff"
