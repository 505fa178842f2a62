"""``any-to-3d jobs`` and ``any-to-3d status`` against a real server with the fake profile."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trimesh
from any_to_3d.backend import __main__
from any_to_3d.backend.commands.jobs import describe
from any_to_3d.backend.store import JobStore
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker
from requests_and_jobs import job, textured


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend")) as backend:
        yield backend


@pytest.fixture
def talker(backend: Backend) -> Iterator[Talker]:
    with Talker(backend.address) as talker:
        yield talker


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(__main__, "log_to_stderr", lambda level: None)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            __main__.main(arguments)
        return (ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def jobs(command: Command, backend: Backend) -> Command:
    return lambda *arguments: command("jobs", *arguments, "--address", backend.address)


def test_a_job_is_paused_shown_resumed_finished_and_exported(jobs: Command, talker: Talker, tmp_path: Path) -> None:
    job_id = talker.submit(credit=0, seconds=300)
    talker.of(m.Progress)
    assert f"{job_id} is paused" in jobs("pause", job_id[:9])[1]
    assert jobs("pause", job_id)[2] == f"any-to-3d: only a running job can be paused, and {job_id} is paused\n"
    shown = jobs("show", job_id)[1]
    assert all(text in shown for text in ("paused", "a red car", "coarse", "checkpoint: coarse, step"))
    assert f"{job_id} is running" in jobs("resume", job_id)[1]
    assert jobs("resume", job_id)[2] == f"any-to-3d: {job_id} is not paused: it is running\n"
    assert jobs("export", job_id, "--out", str(tmp_path / "a.glb"))[2].endswith("it is running\n")
    assert f"{job_id} is being finished" in jobs("finish", job_id)[1]
    talker.of(m.Finished)
    assert jobs("export", job_id, "--out", str(tmp_path / "a.glb"), "--height", "2")[0] == 0
    assert trimesh.load(tmp_path / "a.glb").extents[1] == pytest.approx(2.0)
    assert jobs("finish", job_id)[2] == f"any-to-3d: {job_id} has ended already: it is finished\n"


def test_a_job_is_cancelled_and_listed_so(jobs: Command, talker: Talker) -> None:
    job_id = talker.submit(credit=0, seconds=300)
    assert f"{job_id} has ended: cancelled" in jobs("cancel", job_id)[1]
    (line,) = [line for line in jobs("list")[1].splitlines() if job_id in line]
    assert "cancelled" in line


def test_a_job_that_is_not_there_is_named(jobs: Command, backend: Backend) -> None:
    code, _, complaint = jobs("show", "nobody")
    assert code == 1
    assert complaint.startswith("any-to-3d: which job? none is 'nobody'; 'any-to-3d jobs list' names those that")


def test_the_status_is_one_screen(command: Command, backend: Backend, talker: Talker) -> None:
    job_id = talker.submit(credit=0, seconds=300)
    talker.of(m.Progress)
    code, out, _ = command("status", "--address", backend.address)
    assert code == 0
    assert "profile fake" in out
    assert f"{job_id}  running  a red car  coarse" in out
    assert len(out.splitlines()) < 25
    talker.send(m.Cancel(job_id))
    talker.of(m.Cancelled)


def test_without_a_backend_it_is_said_how_to_start_one(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_to_3d.backend.asking.PATIENCE_SECONDS", 0.2)
    before = time.monotonic()
    code, _, complaint = command("status", "--address", "tcp://127.0.0.1:1")
    assert code == 1
    assert "start one with 'any-to-3d serve'" in complaint
    assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (m.Queued("j1", 2), "waits, 2. in the queue"),
        (m.Preparing("j1", "loading", 0.0), "loading"),
        (m.Progress("j1", "coarse", 3, 10, 0.25, {}, 1.0, None), "coarse 3/10, 25% of the job"),
        (m.Failed("j1", m.Problem("internal", "It broke.", "Mend it.")), "It broke. Mend it."),
        (m.Finished("j1", textured(), 1.25), "1 faces, made in 1.2 s"),
        (m.Cancelled("j1"), ""),
    ],
)
def test_an_event_is_a_line(event: m.Event, text: str) -> None:
    assert describe(event) == text


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = JobStore(tmp_path)
    for number in (1, 2):
        store.admit(job(f"j{number}", f"r{number}", state="finished"))
        store.save_result(f"j{number}", textured())
    store.close()
    return tmp_path


def test_pruning_spares_pinned_jobs_and_a_dry_run_all(command: Command, data: Path) -> None:
    assert command("jobs", "pin", "j1", "--data", str(data))[1] == "j1 is pinned\n"
    dry = command("jobs", "prune", "--keep-gb", "0", "--dry-run", "--data", str(data))[1]
    assert "1 jobs would go" in dry
    assert sorted(path.name for path in (data / "jobs").iterdir()) == ["j1", "j2"]
    assert "j2 finished" in command("jobs", "prune", "--keep-gb", "0", "--data", str(data))[1]
    assert [path.name for path in (data / "jobs").iterdir()] == ["j1"]
    assert command("jobs", "unpin", "j1", "--data", str(data))[0] == 0
    assert "1 jobs deleted" in command("jobs", "prune", "--older-than", "0", "--data", str(data))[1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("prune",), "say what is to go"),
        (("prune", "--keep-gb", "-1"), "choose 0 or more"),
        (("pin", "j"), "2 jobs in"),
        (("pin", "../jobs/j1"), "0 jobs in"),
    ],
)
def test_what_cannot_be_done_with_stored_jobs_says_what_is_meant(
    command: Command, data: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    code, _, said = command("jobs", *arguments, "--data", str(data))
    assert code == 1
    assert complaint in said
