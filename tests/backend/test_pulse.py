"""When a heartbeat that stopped means that a process hangs."""

import time
from collections.abc import Iterator

import pytest
import zmq
from any_to_3d.backend import pulse
from any_to_3d.backend.pulse import HUNG_SECONDS, PulseWatch, received, start_beating


def looks(watch: PulseWatch, start: float, end: float) -> list[float]:
    """The times, ten a second, at which the watch says that the process hangs."""
    times = [start + number / 10 for number in range(int((end - start) * 10) + 1)]
    return [now for now in times if watch.is_hung(now)]


def test_a_process_that_has_never_beaten_still_loads() -> None:
    assert looks(PulseWatch(), 0.0, 600.0) == []


def test_a_process_that_beats_is_well_and_one_that_stops_is_noticed_within_ten_seconds() -> None:
    watch = PulseWatch()
    for second in range(100, 160):
        watch.beat(float(second))
        assert looks(watch, second, second + 0.9) == []
    (first, *_) = looks(watch, 160.0, 175.0)
    assert HUNG_SECONDS < first - 159.0 < 9.0


def test_a_watcher_that_was_asleep_itself_blames_nobody_for_it() -> None:
    watch = PulseWatch()
    watch.beat(1.0)
    assert looks(watch, 1.0, 5.0) == []
    assert looks(watch, 3600.0, 3607.0) == []
    assert looks(watch, 3607.0, 3610.0) != []


@pytest.fixture
def socket() -> Iterator[zmq.Socket]:
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        yield socket


def test_a_thread_beats_while_python_runs(socket: zmq.Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.01)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    start_beating(f"tcp://127.0.0.1:{port}")
    heard, deadline = 0, time.monotonic() + 10
    while heard < 3 and time.monotonic() < deadline:
        heard += len(list(received(socket)))
        time.sleep(0.01)
    assert heard >= 3
