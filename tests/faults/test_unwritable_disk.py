"""A server whose files may not grow, as on a full disk, by the kernel's own limit."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker, wait_until
from requests_and_jobs import request
from test_killed_processes import is_right

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")


@contextmanager
def full_disk(backend: Backend) -> Iterator[None]:
    """No file of the server's may become longer than a page; those of its worker may."""
    server = psutil.Process(backend.process.pid)
    before = server.rlimit(psutil.RLIMIT_FSIZE)
    server.rlimit(psutil.RLIMIT_FSIZE, (4096, before[1]))
    yield
    server.rlimit(psutil.RLIMIT_FSIZE, before)


def test_a_result_is_delivered_though_the_disk_is_full_and_on_disk_when_it_is_not(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(credit=0, seconds=0.9)
        talker.of(m.Progress)
        with full_disk(backend):
            assert is_right(talker.of(m.Finished))
            warned = talker.until(lambda message: isinstance(message, m.Welcome) and message.warning)
            assert "New jobs are refused: the data folder" in warned.warning
            assert "free some space" in warned.warning
            talker.send(request("refused", seconds=0.0))
            assert talker.of(m.Rejected).problem.code == "unavailable"
            assert not (tmp_path / "data" / "jobs" / job_id / "result.npz").exists()
        wait_until((tmp_path / "data" / "jobs" / job_id / "result.npz").exists, "the result on disk")
        talker.until(lambda message: isinstance(message, m.Welcome) and not message.warning)
        backend.kill()
        with Backend(tmp_path, port=backend.port):
            talker.of(m.Welcome)
            talker.send(m.Watch(job_id))
            assert is_right(talker.of(m.Finished))
            talker.submit(asked=request("refused", seconds=0.0))
            talker.of(m.Finished)
