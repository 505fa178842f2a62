"""The worker's side of its socket, without a process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq
from any_to_3d.backend.engine import Plan
from any_to_3d.backend.fake_generation import FakeEngine, FakeMoment
from any_to_3d.backend.worker_messages import (
    FROM_WORKER,
    TO_WORKER,
    FinishJob,
    FreeModels,
    Memory,
    PauseJob,
    Ready,
    Run,
    StopJob,
    ToWorker,
    WantSnapshot,
)
from any_to_3d.backend.worker_process import Inbox, InboxControl, run_and_send, serve_jobs
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.messages import Failed, Submit
from requests_and_jobs import request, textured


@pytest.fixture
def ends() -> Iterator[tuple[zmq.Socket, Inbox]]:
    with zmq.Context() as context, context.socket(zmq.PAIR) as server, context.socket(zmq.PAIR) as worker:
        server.bind("inproc://worker")
        worker.connect("inproc://worker")
        yield server, Inbox(worker)


def say(server: zmq.Socket, *messages: object) -> None:
    for message in messages:
        server.send_multipart(TO_WORKER.encode(message))


def run(job_id: str) -> Run:
    return Run(job_id, request(), "folder")


def test_a_stopped_job_is_cancelled_and_the_job_sent_after_it_is_kept(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    say(server, run("j1"), StopJob("j1"), run("j2"), WantSnapshot("j2", 300))
    assert inbox.next() == run("j1")
    assert InboxControl(inbox, run("j1")).wish() == "cancel"
    assert inbox.next() == run("j2")
    control = InboxControl(inbox, run("j2"))
    assert control.wish() == "go on"
    assert control.wanted_faces() == 300


def test_a_wish_for_a_snapshot_holds_until_one_has_left(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    control = InboxControl(inbox, run("j1"))
    assert control.wanted_faces() is None
    say(server, WantSnapshot("j1", 300), WantSnapshot("j1", 200))
    assert control.wanted_faces() == control.wanted_faces() == 200
    control.snapshot_left()
    assert control.wanted_faces() is None


def test_a_pause_of_an_earlier_attempt_does_not_pause_this_one(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    second = Run("j1", request(), "folder", attempt=2)
    say(server, PauseJob("j1", 1))
    assert InboxControl(inbox, second).wish() == "go on"
    say(server, PauseJob("j1", 2))
    assert InboxControl(inbox, second).wish() == "pause"


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ((FinishJob("j1"), PauseJob("j1", 1)), "pause"),
        ((PauseJob("j1", 1), FinishJob("j1")), "pause"),
        ((PauseJob("j1", 1), StopJob("j1")), "cancel"),
        ((StopJob("j1"), PauseJob("j1", 1), FinishJob("j1")), "cancel"),
        ((FinishJob("j1"),), "finish"),
    ],
)
def test_a_cancel_goes_before_a_pause_and_a_pause_before_an_early_finish(
    ends: tuple[zmq.Socket, Inbox], said: tuple[ToWorker, ...], wish: str
) -> None:
    server, inbox = ends
    say(server, *said)
    assert InboxControl(inbox, run("j1")).wish() == wish


def test_a_stop_of_an_earlier_job_does_not_stop_this_one(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    say(server, StopJob("j1"))
    assert InboxControl(inbox, run("j2")).wish() == "go on"


def test_weights_that_were_put_in_place_meanwhile_end_the_warning(
    ends: tuple[zmq.Socket, Inbox], tmp_path: Path
) -> None:
    server, inbox = ends
    engine, missing = FakeEngine(sleep=lambda seconds: None), [FileNotFoundError("no unet")]

    def load() -> None:
        if missing:
            raise missing.pop()

    plan = engine.plan

    def plan_or_end(submit: Submit, source: Path | None = None) -> Plan:
        if submit.request_id == "end":
            raise SystemExit
        return plan(submit)

    engine.load, engine.plan = load, plan_or_end
    say(server, Run("j1", request(), str(tmp_path)), Run("j2", request("end"), str(tmp_path)))
    with pytest.raises(SystemExit):
        serve_jobs(inbox._socket, engine)
    said = []
    while server.poll(0):
        said.append(FROM_WORKER.decode(server.recv_multipart()))
    assert [each.warning for each in said if isinstance(each, Ready)] == [
        "no unet Run 'any-to-3d doctor' to see what is missing and where.",
        "",
    ]


def test_d3_models_are_freed_on_request_and_the_memory_is_told_when_it_changed(
    ends: tuple[zmq.Socket, Inbox], tmp_path: Path
) -> None:
    server, inbox = ends
    engine = FakeEngine(sleep=lambda seconds: None)
    free, unloaded = [1_000], []

    def unload() -> None:
        unloaded.append(True)
        free[0] = 9_000

    def end(submit: Submit, source: Path | None = None) -> Plan:
        raise SystemExit

    engine.unload, engine.memory, engine.plan = unload, lambda: Memory(free[0], 10_000), end
    say(server, FreeModels(), Run("j1", request(), str(tmp_path)))
    with pytest.raises(SystemExit):
        serve_jobs(inbox._socket, engine)
    said = []
    while server.poll(0):
        said.append(FROM_WORKER.decode(server.recv_multipart()))
    assert unloaded == [True]
    assert [each for each in said if isinstance(each, Memory)] == [Memory(1_000, 10_000), Memory(9_000, 10_000)]


def test_something_that_cannot_be_sent_fails_the_job_and_not_the_worker(ends: tuple[zmq.Socket, Inbox]) -> None:
    server, inbox = ends
    broken = textured().vertices.copy()
    broken[0, 0] = np.nan

    def snapshot(moment: FakeMoment, sequence: int, max_faces: int, max_texture: int) -> MeshSnapshot:
        return MeshSnapshot(moment.job_id, sequence, "coarse", 0, 1, broken, textured().faces)

    with zmq.Context() as context, context.socket(zmq.PAIR) as out, context.socket(zmq.PAIR) as back:
        out.bind("inproc://out")
        back.connect("inproc://out")
        say(server, WantSnapshot("j1", 300))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FakeMoment, "snapshot", snapshot)
            run_and_send(back, run("j1"), InboxControl(inbox, run("j1")), FakeEngine(sleep=lambda seconds: None))
        events = []
        while out.poll(0):
            events.append(FROM_WORKER.decode(out.recv_multipart()))
    assert isinstance(events[-1], Failed)
    assert events[-1].problem.code == "internal"
    assert "NaN" in events[-1].problem.message


ELSEWHERE = "https://a.org/b"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            lambda job, models: ValueError(f"no checkpoint at {job}/x.safetensors: oh"),
            "at .../jobs/j1/x.safetensors: oh",
        ),
        (lambda job, models: OSError(28, "No space left", f"{job}/x y.part"), "'.../jobs/j1/x y.part'"),
        (lambda job, models: FileNotFoundError(f"{models} lacks {models}/clip"), ".../my models lacks .../clip "),
        (
            lambda job, models: RuntimeError(f"no /opt/else/libcuda.so.1, {ELSEWHERE}"),
            f"no .../libcuda.so.1, {ELSEWHERE}",
        ),
        (lambda job, models: RuntimeError(r"no C:\\Users\\anna\\cuda.dll there"), "no .../cuda.dll there"),
        (lambda job, models: RuntimeError(r"no C:\Users\anna\cuda.dll there"), "no .../cuda.dll there"),
    ],
)
def test_clients_are_not_told_where_the_servers_files_are(
    error: Callable[[Path, Path], Exception], told: str, tmp_path: Path
) -> None:
    models = tmp_path / "my models"
    job = Run("j1", request(), str(tmp_path / "data of anna" / "jobs" / "j1"))
    failed = failed_with(error(Path(job.folder), models), job, [str(models)])[-1]
    assert isinstance(failed, Failed)
    text = f"{failed.problem.message} {failed.problem.hint}"
    assert told in text
    for secret in (str(tmp_path), "anna", "/opt", "/tmp"):
        assert secret not in text


def failed_with(error: Exception, job: Run, private_folders: list[str]) -> list[object]:
    engine = FakeEngine(sleep=lambda seconds: None)

    def plan(submit: Submit, source: Path | None = None) -> Plan:
        raise error

    engine.plan = plan
    with zmq.Context() as context, context.socket(zmq.PAIR) as out, context.socket(zmq.PAIR) as back:
        out.bind("inproc://out")
        back.connect("inproc://out")
        run_and_send(back, job, InboxControl(Inbox(back), job), engine, private_folders=private_folders)
        events = []
        while out.poll(0):
            events.append(FROM_WORKER.decode(out.recv_multipart()))
    return events


def test_what_models_lack_is_told_without_the_folder_and_logged_with_it(
    ends: tuple[zmq.Socket, Inbox], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server, inbox = ends
    engine, models = FakeEngine(sleep=lambda seconds: None), str(tmp_path / "my models")

    def load() -> None:
        raise FileNotFoundError(f"the model folder {models} is not usable: {models}/clip/config.json is missing")

    def end(submit: Submit, source: Path | None = None) -> Plan:
        raise SystemExit

    engine.load, engine.plan = load, end
    say(server, Run("j1", request(), str(tmp_path / "jobs" / "j1")))
    with pytest.raises(SystemExit):
        serve_jobs(inbox._socket, engine, private_folders=[models])
    ready = FROM_WORKER.decode(server.recv_multipart())
    assert "the model folder .../my models is not usable: .../clip/config.json is missing" in ready.warning
    assert str(tmp_path) not in ready.warning
    assert models in caplog.text
