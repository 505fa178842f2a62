"""What happens when a process dies: worker, server, parent; and what is there afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from any_to_3d.backend import serving
from any_to_3d.backend.keys import create_keys
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import CurveKeys
from live_backend import PATIENCE, Backend, Talker, wait_until


def test_a_job_survives_one_death_of_its_worker_and_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.submit(seconds=1.5)
        talker.until(lambda event: isinstance(event, m.Progress) and event.phase == "geometry")
        (worker,) = backend.workers()
        worker.kill()
        talker.of(m.Started)
        resumed = talker.of(m.Progress)
        assert resumed.phase != "coarse", "the job began anew"
        talker.of(m.Finished)
        assert backend.workers()[0].pid != worker.pid


def test_a_job_whose_worker_dies_in_the_same_place_again_and_again_fails_and_the_next_one_runs(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.submit(seconds=0.3, crash_at=5)
        problem = talker.of(m.Failed).problem
        assert (problem.code, problem.message) == (
            "internal",
            "The worker process ended 3 times while it ran this job (exit code 11).",
        )
        talker.submit(seconds=0.1)
        talker.of(m.Finished)


def test_a_client_notices_a_killed_server_and_finds_its_job_again_in_the_next_one(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        first = talker.of(m.Welcome)
        done = talker.submit(seconds=0.1)
        talker.of(m.Finished)
        job_id = talker.submit(seconds=0.9)
        talker.until(lambda event: isinstance(event, m.Progress) and event.phase == "geometry")
        (worker,) = backend.workers()
        backend.kill()
        dead = time.monotonic()
        while talker.client.seconds_since_heard < 2.5:
            talker.silence(0.1)
        assert time.monotonic() - dead < 5
        wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the worker's end")
        with Backend(tmp_path, port=backend.port):
            again = talker.of(m.Welcome)
            assert again.backend_id != first.backend_id
            assert talker.client.seconds_since_heard < 2.5
            talker.send(m.Watch(job_id))
            assert talker.of(m.Finished).job_id == job_id
            assert not [e for e in talker.heard[talker.heard.index(again) :] if getattr(e, "phase", "") == "coarse"]
            talker.send(m.Watch(done))
            assert talker.of(m.Finished).job_id == done


def test_a_shutdown_that_is_allowed_cancels_the_jobs_and_ends_server_and_worker(tmp_path: Path) -> None:
    with Backend(tmp_path, "--allow-shutdown") as backend, Talker(backend.address) as talker:
        talker.submit(seconds=30)
        talker.of(m.Progress)
        (worker,) = backend.workers()
        talker.send(m.Shutdown())
        talker.of(m.Cancelled)
        assert backend.process.wait(PATIENCE) == 0
        assert not psutil.pid_exists(worker.pid)
        assert not backend.port_file.exists()


def test_a_server_ends_with_the_process_it_was_started_for(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with Backend(tmp_path, "--parent-pid", str(parent.pid)) as backend:
        parent.kill()
        parent.wait()
        assert backend.process.wait(PATIENCE) == 0


def test_a_terminated_server_leaves_its_job_for_the_next_one(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(seconds=0.8)
        talker.of(m.Progress)
        backend.process.terminate()
        assert backend.process.wait(PATIENCE) == 0
        with Backend(tmp_path, port=backend.port):
            talker.of(m.Welcome)
            talker.send(m.Watch(job_id))
            talker.of(m.Finished)


def test_a_job_outlives_any_number_of_servers_that_were_ended_in_order(tmp_path: Path) -> None:
    port = 0
    for number in range(3):
        with Backend(tmp_path, port=port) as backend, Talker(backend.address) as talker:
            port = backend.port
            if number == 0:
                job_id = talker.submit(seconds=2)
            else:
                talker.send(m.Watch(job_id))
            talker.of(m.Progress if number < 2 else m.Finished)


def test_ctrl_c_in_a_terminal_ends_server_and_workers_without_a_traceback(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.submit(seconds=30)
        talker.of(m.Progress)
        # A terminal sends it to every process of the group.
        for process in (*backend.workers(), psutil.Process(backend.process.pid)):
            process.send_signal(signal.SIGINT)
        assert backend.process.wait(PATIENCE) == 0
        assert "Traceback" not in backend.log.read_text()


def test_a_parent_that_goes_between_two_looks_at_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    is_orphaned = serving._orphan_test(os.getpid())
    assert not is_orphaned()

    def gone(process: psutil.Process) -> str:
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "status", gone)
    assert is_orphaned()


def serve(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "any_to_3d.backend", "serve", "--profile", "fake", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "200"})


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend:
        done = serve("--port", str(backend.port), "--data", str(tmp_path / "other"))
    assert done.returncode == 1
    assert done.stderr == (
        f"any-to-3d: port {backend.port} of 127.0.0.1 is in use, perhaps by another backend: "
        "end that program, or pass --port with another number (0 takes any free one)\n"
    )


def test_a_data_folder_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with Backend(tmp_path):
        done = serve("--port", "0", "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "is in use by another backend; end it or pass --data FOLDER" in done.stderr


def test_an_address_beyond_this_computer_needs_keys(tmp_path: Path) -> None:
    done = serve("--address", "tcp://0.0.0.0:0", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "needs --keys" in done.stderr


def test_with_keys_only_a_listed_client_is_answered(tmp_path: Path) -> None:
    server, client = create_keys(tmp_path / "keys")
    _, stranger = create_keys(tmp_path / "strangers")
    good, other = CurveKeys.read(client), CurveKeys.read(stranger)
    wrong = CurveKeys(good.server_public, other.client_public, other.client_secret)
    with Backend(tmp_path, "--keys", str(server)) as backend:
        with Talker(backend.address, good) as talker:
            talker.of(m.Welcome)
        for keys in (None, wrong):
            with Talker(backend.address, keys) as talker:
                assert talker.silence(0.7) == []


def test_keys_are_never_replaced_and_never_made_by_halves(tmp_path: Path) -> None:
    (tmp_path / "client.key").write_text("mine")
    with pytest.raises(FileExistsError, match="pass --folder"):
        create_keys(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["client.key"]


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "client.key"
    path.write_text('server_public = "short"\n')
    with pytest.raises(ValueError, match=r"client\.key: no 40-character key for server_public"):
        CurveKeys.read(path)
