"""Worker processes that do not do what they should."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend.pool import LocalPool, WorkerOptions
from any_to_3d.backend.worker_messages import Ready, Run
from any_to_3d.shared.messages import Finished
from live_backend import wait_until
from requests_and_jobs import request

JOB = Run("j1", request(seconds=0.1), "/tmp")


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as context:
        yield context


def test_a_worker_that_dies_before_it_connects_never_makes_the_server_wait(context: zmq.Context) -> None:
    pool = LocalPool(context, ["cpu"], WorkerOptions("nonsense"))
    try:
        before = time.monotonic()
        pool.send(0, JOB)
        assert pool.receive() == []
        assert time.monotonic() - before < 2, "zmq waits for as long as nobody connects"
        reported = []
        wait_until(lambda: bool(reported.extend(pool.deaths()) or reported), "the death")
        assert [(death.worker, death.reason) for death in reported] == [(0, "exit code 2")]
    finally:
        pool.close()


def test_a_retired_worker_has_no_process_until_something_is_sent_to_it(context: zmq.Context, tmp_path: Path) -> None:
    pool = LocalPool(context, ["cpu"], WorkerOptions("fake"))
    try:
        wait_until(lambda: (pool.deaths(), pool.receive())[1] != [], "the worker")
        pool.retire(0)
        for _ in range(3):
            assert pool.deaths() == []
        assert pool.sockets() == []
        pool.send(0, Run("j1", request(seconds=0.0), str(tmp_path)))
        heard: list[object] = []
        wait_until(lambda: bool(heard.extend(pool.receive()) or heard), "the new process")
    finally:
        pool.close()


def test_restarts_in_a_row_slow_down(context: zmq.Context) -> None:
    pool = LocalPool(context, ["cpu"], WorkerOptions("nonsense"))
    try:
        times: list[float] = []
        wait_until(lambda: bool(times.extend(time.monotonic() for _ in pool.deaths()) or len(times) >= 3), "deaths")
        assert times[2] - times[1] > 1.0
    finally:
        pool.close()


def test_a_job_sent_before_the_process_is_up_runs_and_an_ended_pool_leaves_no_process(
    context: zmq.Context, tmp_path: object
) -> None:
    pool = LocalPool(context, ["cpu"], WorkerOptions("fake"))
    pool.send(0, Run("j1", request(seconds=0.1), str(tmp_path)))
    said: list[object] = []

    def is_finished() -> bool:
        said.extend(message for _, message in pool.receive())
        return any(isinstance(message, Finished) for message in said)

    wait_until(is_finished, "the job")
    assert isinstance(said[0], Ready)
    process = pool._places[0]._process
    pool.close()
    assert process.poll() is not None
    assert not pool._folder.exists()
