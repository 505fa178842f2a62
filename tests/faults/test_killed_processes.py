"""Worker, server and client killed, or stopped, in the middle of something: nothing is lost, nothing stays stuck."""

import os
import signal
import time
from pathlib import Path

import pytest
from any_to_3d.backend.fake_generation import textured_torus
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker
from requests_and_jobs import request

SLOW = {"seconds": 1.2, "steps": 20.0, "prepare_seconds": 0.1, "export_seconds": 0.2}
HUNG_IN = 10.0


def is_right(finished: m.Finished, seed: int = 0) -> bool:
    expected = textured_torus(0.6, 0.2, seed)
    names = ("vertices", "faces", "uvs", "uv_faces", "albedo")
    return all(getattr(finished.mesh, name).tobytes() == getattr(expected, name).tobytes() for name in names)


def reached(phase: str) -> object:
    return lambda event: isinstance(event, m.Progress) and event.phase == phase


@pytest.mark.parametrize("phase", ["coarse", "texture"])
def test_a_killed_worker_costs_the_job_nothing_but_time(tmp_path: Path, phase: str) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.submit(**SLOW)
        talker.until(reached(phase))
        backend.workers()[0].kill()
        assert is_right(talker.of(m.Finished))


@pytest.mark.slow
def test_a_worker_that_hangs_is_noticed_in_ten_seconds_ended_and_its_job_goes_on(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(seconds=6.0)
        talker.of(m.Progress)
        (worker,) = backend.workers()
        os.kill(worker.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        talker.of(m.Started)
        assert time.monotonic() - stopped < HUNG_IN
        assert is_right(talker.of(m.Finished))
        assert f"job={job_id}" in backend.log.read_text()
        assert "hung: no heartbeat for 8 s" in backend.log.read_text()


def test_the_queue_and_its_order_outlive_a_killed_server(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        jobs = [
            talker.submit(
                credit=0,
                asked=request(
                    f"r{number}",
                    **SLOW,
                ),
            )
            for number in range(4)
        ]
        talker.of(m.Progress)
        backend.kill()
        with Backend(tmp_path, port=backend.port):
            talker.of(m.Welcome)
            for job_id in jobs:
                talker.send(m.Watch(job_id, credit=0))
            ended = [talker.of(m.Finished).job_id for _ in jobs]
    assert ended == jobs


def test_a_request_sent_again_after_the_server_was_killed_is_the_same_job(tmp_path: Path) -> None:
    asked = request("once", seconds=0.1)
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(asked=asked)
        backend.kill()
        with Backend(tmp_path, port=backend.port):
            talker.of(m.Welcome)
            assert talker.submit(asked=asked) == job_id
            talker.of(m.Finished)
            talker.send(m.ListJobs())
            assert [job.job_id for job in talker.of(m.Jobs).jobs] == [job_id]


def test_a_job_whose_client_went_away_ends_and_is_there_for_the_next_one(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend:
        with Talker(backend.address) as talker:
            job_id = talker.submit(seconds=0.6)
            talker.of(m.Progress)
        time.sleep(1.0)
        with Talker(backend.address) as talker:
            talker.send(m.Watch(job_id))
            assert is_right(talker.of(m.Finished))


def test_a_server_killed_while_it_waits_for_a_pause_comes_back_with_the_job_running(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(credit=0, seconds=0.6, stall_at=41)
        talker.until(lambda event: isinstance(event, m.Progress) and event.step == 40)
        talker.silence(0.3)
        talker.send(m.Pause(job_id))
        talker.silence(0.3)
        backend.kill()
        with Backend(tmp_path, port=backend.port):
            talker.of(m.Welcome)
            talker.send(m.Watch(job_id, pauses=True))
            talker.of(m.Started)
            talker.send(m.Cancel(job_id))
            talker.of(m.Cancelled)
    assert not [event for event in talker.heard if isinstance(event, m.Paused)]
