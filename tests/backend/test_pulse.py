"""When a heartbeat that stopped means that a process hangs."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import zmq
from any_to_3d.backend import pulse
from any_to_3d.backend.pulse import BUSY_SECONDS, HUNG_SECONDS, PulseWatch, Vitals, received, start_beating, vitals_of
from live_backend import wait_until

IDLE = Vitals(1.0, wants_to_run=False)


def looks(watch: PulseWatch, start: float, end: float) -> list[float]:
    """The times, ten a second, at which the watch says that the process hangs."""
    times = [start + number / 10 for number in range(int((end - start) * 10) + 1)]
    return [now for now in times if watch.is_hung(now)]


def test_a_process_that_has_never_beaten_still_loads() -> None:
    assert looks(PulseWatch(lambda: IDLE), 0.0, 600.0) == []


def test_a_process_that_beats_is_well_and_one_that_does_nothing_any_more_is_noticed_within_ten_seconds() -> None:
    watch = PulseWatch(lambda: IDLE)
    for second in range(100, 160):
        watch.beat(float(second))
        assert looks(watch, second, second + 0.9) == []
    (first, *_) = looks(watch, 160.0, 175.0)
    assert HUNG_SECONDS < first - 159.0 < 9.0


@pytest.mark.parametrize("later", [Vitals(1.0, wants_to_run=True), Vitals(1.5, wants_to_run=False)])
def test_a_process_that_computes_or_waits_for_its_turn_is_given_more_time_but_not_for_ever(later: Vitals) -> None:
    vitals = iter([IDLE, *[later] * 2000])
    watch = PulseWatch(lambda: next(vitals))
    assert looks(watch, 0.0, 0.0) == []
    watch.beat(0.0)
    (first, *_) = looks(watch, 0.0, BUSY_SECONDS + 1)
    assert first > BUSY_SECONDS


def test_a_watcher_that_was_asleep_itself_blames_nobody_for_it() -> None:
    watch = PulseWatch(lambda: IDLE)
    watch.beat(1.0)
    assert looks(watch, 1.0, 5.0) == []
    assert looks(watch, 3600.0, 3607.0) == []
    assert looks(watch, 3607.0, 3610.0) != []


def test_the_vitals_of_a_process_are_its_own_and_of_none_harmless() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    asleep = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        wait_until(lambda: vitals_of(busy.pid).cpu_seconds > 0.2, "some work")
        assert vitals_of(busy.pid).wants_to_run
        wait_until(lambda: not vitals_of(asleep.pid).wants_to_run, "the sleep")
    finally:
        for process in (busy, asleep):
            process.kill()
            process.wait()
    assert vitals_of(busy.pid) == Vitals(0.0, wants_to_run=True)


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
