"""Single turns of the server with a scripted pool: what would take minutes, or a broken worker, on a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend import dispatch, server
from any_to_3d.backend.access.overload import Overload
from any_to_3d.backend.pool import Death
from any_to_3d.backend.queue_messages import Job
from any_to_3d.backend.server import Server
from any_to_3d.backend.serving import build_check
from any_to_3d.backend.silence import SilenceWatch
from any_to_3d.backend.store import JobStore
from any_to_3d.backend.worker_messages import FreeModels, FromWorker, Memory, Ready, ToWorker
from any_to_3d.shared import messages as m
from any_to_3d.shared.wire import decode, encode
from requests_and_jobs import request

WELCOME = m.Welcome("1.0", "b1", "0.1", "fake", "starting", "starting", ())


class ScriptedPool:
    """One worker that says what the test puts into ``said`` and dies when the test says so."""

    workers = (0,)

    def __init__(self) -> None:
        self.sent: list[ToWorker] = []
        self.said: list[tuple[int, FromWorker]] = []
        self.died: list[Death] = []
        self.retired: list[int] = []

    def sockets(self) -> list[zmq.Socket]:
        return []

    def send(self, worker: int, message: ToWorker) -> None:
        self.sent.append(message)

    def receive(self) -> list[tuple[int, FromWorker]]:
        said, self.said = self.said, []
        return said

    def deaths(self) -> list[Death]:
        died, self.died = self.died, []
        return died

    def kill(self, worker: int) -> None:
        self.died.append(Death(worker, "killed by SIGKILL"))

    def retire(self, worker: int) -> None:
        self.retired.append(worker)

    def close(self) -> None:
        pass


class Table:
    """A server, its pool, and one client's socket."""

    def __init__(self, context: zmq.Context, folder: Path) -> None:
        router, self.client = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        router.bind("inproc://server")
        self.client.connect("inproc://server")
        self.pool = ScriptedPool()
        self.server = Server(router, self.pool, JobStore(folder), build_check("fake"), WELCOME)

    def ask(self, message: m.Request) -> list[m.Message]:
        """Send, let the server take a turn, and return what it answered."""
        self.client.send_multipart(encode(message))
        return self.turn()

    def turn(self) -> list[m.Message]:
        self.server._turn()
        answers = []
        while self.client.poll(100):
            answers.append(decode(self.client.recv_multipart()))
        return answers


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    context = zmq.Context()
    yield Table(context, tmp_path)
    context.destroy(0)


def test_a_worker_that_ended_while_it_loaded_is_in_the_welcome_until_one_is_ready(table: Table) -> None:
    table.pool.died.append(Death(0, "exit code 1"))
    table.turn()
    (welcome,) = table.ask(m.Hello("1.0", "me"))
    assert (
        welcome.warning == "A worker ended while it loaded (exit code 1) and is started again; see the backend's log."
    )
    table.pool.said.append((0, Ready("cpu", "numba")))
    table.turn()
    assert table.ask(m.Hello("1.0", "me"))[0].warning == ""


def test_a_step_without_end_is_told_to_those_who_wait_for_it(table: Table) -> None:
    table.pool.said.append((0, Ready("cpu", "numba")))
    accepted = table.ask(request())[0]
    table.ask(m.Watch(accepted.job_id))
    table.server._silence = SilenceWatch(0.0)
    (told,) = table.turn()
    assert isinstance(told, m.Preparing)
    assert "without a sign of life" in told.what
    assert "Cancel ends it" in told.what


def test_a_server_that_cannot_listen_again_goes_on_and_tries_every_turn(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = iter([False, False, True])
    monkeypatch.setattr(server, "hang_up_on_everybody", lambda router: next(tries))
    monkeypatch.setattr(server, "listen_again", lambda router: next(tries))
    table.server._overload = Overload(lambda: 99, lambda: 100, lambda: 0.0)
    caplog.set_level("INFO", server.log.name)
    for _ in range(3):
        table.turn()
    said = [record.getMessage().split(" ")[0] for record in caplog.records]
    assert [word for word in said if word.startswith(("overload", "listening"))] == [
        "overload",
        "listening=failed",
        "listening=again",
    ]


def test_d3_the_devices_memory_is_in_the_welcome_and_rounded_so_that_it_changes_seldom(table: Table) -> None:
    table.pool.said += [(0, Ready("cuda:0 (A card)", "triton")), (0, Memory(5_000, 24_000))]
    table.turn()
    assert table.ask(m.Hello("1.0", "me"))[0].memory == (m.DeviceMemory("cuda:0 (A card)", 4_992, 24_000),)
    table.pool.died.append(Death(0, "exit code 1"))
    table.turn()
    assert table.ask(m.Hello("1.0", "me"))[0].memory == ()


def test_d3_an_idle_worker_is_told_to_free_its_models(table: Table) -> None:
    table.pool.said.append((0, Ready("cpu", "numba")))
    assert table.ask(m.FreeMemory()) == []
    assert table.pool.sent == [FreeModels()]


def test_d3_a_worker_with_a_job_keeps_its_models_and_the_client_is_told(table: Table) -> None:
    table.pool.said.append((0, Ready("cpu", "numba")))
    table.turn()
    table.ask(request())
    (refusal,) = table.ask(m.FreeMemory())
    assert refusal.problem.code == "unavailable"
    assert "runs a job" in refusal.problem.message
    assert FreeModels() not in table.pool.sent


def test_a_worker_whose_job_rests_has_no_memory_left_to_free(table: Table) -> None:
    table.pool.said.append((0, Ready("cpu", "numba")))
    accepted = table.ask(request())[0]
    table.ask(m.Pause(accepted.job_id))
    table.pool.said.append((0, m.Paused(accepted.job_id)))
    table.turn()
    assert table.ask(m.FreeMemory()) == []
    assert FreeModels() not in table.pool.sent


def test_a_worker_that_does_not_come_to_pause_is_ended_and_not_started_again(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PAUSE_SECONDS", 0.0)
    table.pool.said.append((0, Ready("cpu", "numba")))
    accepted = table.ask(request())[0]
    table.ask(m.Watch(accepted.job_id, pauses=True))
    table.ask(m.Pause(accepted.job_id))
    assert table.turn() == [m.Paused(accepted.job_id)]
    assert table.pool.retired == [0]


def test_who_cancelled_a_job_hears_of_it_before_the_next_ones_start_is_on_disk(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.pool.said.append((0, Ready("cpu", "fake")))
    first, second = (table.ask(request(f"r{number}"))[0].job_id for number in (1, 2))
    table.ask(m.Watch(first))
    table.ask(m.Cancel(first))
    saved, save = [], table.server._store.save

    def slow_save(job: Job) -> None:
        saved.append((job.job_id, job.state, bool(table.client.poll(100))))
        save(job)

    monkeypatch.setattr(table.server._store, "save", slow_save)
    table.pool.said.append((0, m.Cancelled(first)))
    table.turn()
    assert saved == [(first, "cancelled", False), (second, "running", True)]
