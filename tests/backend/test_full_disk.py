"""A disk that takes nothing: what is told, what is refused, and that nothing is lost once it takes something again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend.safekeeping import RETRY_SECONDS, Safekeeping
from any_to_3d.backend.store import JobStore, ResultGone
from any_to_3d.backend.worker_messages import Ready
from any_to_3d.shared import messages as m
from requests_and_jobs import job, request, textured
from test_server_turns import Table


class Disk:
    """Refuses every write of any store while it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        for name in ("save", "save_result"):
            monkeypatch.setattr(JobStore, name, self._guarded(getattr(JobStore, name)))

    def _guarded(self, write: object) -> object:
        def guarded(store: JobStore, *arguments: object) -> None:
            if self.is_full:
                raise OSError("no space is left; free some")
            write(store, *arguments)

        return guarded


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    context = zmq.Context()
    yield Table(context, tmp_path)
    context.destroy(0)


def test_what_the_disk_did_not_take_is_written_as_soon_as_it_does_results_first(disk: Disk, tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.admit(job())
    keeping, disk.is_full = Safekeeping(store), True
    finished = replace(job(), state="finished")
    keeping.save_result("j1", textured())
    keeping.save(finished)
    assert keeping.complaint == "no space is left; free some"
    assert keeping.result("j1").vertices.tobytes() == textured().vertices.tobytes()
    keeping.retry(0.0)
    disk.is_full = False
    keeping.retry(RETRY_SECONDS / 2)
    assert store.find("j1") == job()
    keeping.retry(RETRY_SECONDS)
    assert keeping.complaint == ""
    assert store.find("j1") == finished
    store.load_result("j1").validate()


def test_a_finished_job_is_not_recorded_as_such_while_its_result_is_not_on_disk(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path)
    store.admit(job(state="running", attempts=1))
    keeping, disk.is_full = Safekeeping(store), True
    keeping.save_result("j1", textured())
    disk.is_full = False
    keeping.save(job(state="finished"))
    assert store.find("j1").state == "running"
    keeping.retry(0.0)
    assert store.find("j1").state == "finished"


def test_a_new_job_is_refused_and_the_one_that_runs_goes_on_and_is_delivered(table: Table, disk: Disk) -> None:
    table.pool.said.append((0, Ready("cpu", "fake")))
    accepted = table.ask(request("r1"))[0]
    table.ask(m.Watch(accepted.job_id))
    disk.is_full = True
    (refusal,) = table.ask(request("r2"))
    assert (refusal.request_id, refusal.problem.code) == ("r2", "unavailable")
    assert "no space is left" in refusal.problem.message
    finished = m.Finished(accepted.job_id, textured(), 1.0)
    table.pool.said.append((0, finished))
    (told,) = table.turn()
    assert isinstance(told, m.Finished)
    (welcome,) = table.ask(m.Hello("1.0", "me"))
    assert welcome.warning == "New jobs are refused: no space is left; free some."
    disk.is_full = False
    table.server._keeping._retry_at = 0.0
    table.turn()
    assert table.ask(m.Hello("1.0", "me"))[0].warning == ""
    assert isinstance(table.ask(request("r2"))[0], m.Accepted)
    table.server._store.load_result(accepted.job_id).validate()


def test_a_folder_that_cannot_be_written_refuses_the_job_and_leaves_no_record(table: Table, tmp_path: Path) -> None:
    (tmp_path / "jobs").rmdir()
    (tmp_path / "jobs").write_text("not a folder")
    (refusal,) = table.ask(request("r1"))
    assert refusal.problem.code == "unavailable"
    assert table.server._store.load() == ([], [])


def test_a_result_that_was_deleted_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ResultGone, match="has been deleted"):
        JobStore(tmp_path).load_result("j1")


def test_a_defect_that_one_request_meets_is_answered_and_the_others_are_served(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(submit: m.Submit) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(table.server, "_check", fail)
    (refusal,) = table.ask(request("r1"))
    assert (refusal.request_id, refusal.problem.code) == ("r1", "internal")
    assert isinstance(table.ask(m.ListJobs())[0], m.Jobs)


def test_a_job_whose_record_is_not_taken_leaves_no_folder(disk: Disk, tmp_path: Path) -> None:
    store, disk.is_full = JobStore(tmp_path), True
    with pytest.raises(OSError, match="no space is left"):
        store.admit(job())
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_full_disk_is_logged_once_and_clients_are_not_told_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(folder: Path, *arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device", str(folder))

    store = JobStore(tmp_path)
    keeping = Safekeeping(store)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        keeping.save_result("j1", textured())
        for turn in range(1, 4):
            keeping.retry(turn * RETRY_SECONDS)
    assert "No space left on device" in keeping.complaint
    assert "free some space" in keeping.complaint
    assert str(tmp_path) not in keeping.complaint
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert str(tmp_path) in errors[0]
    keeping.retry(9 * RETRY_SECONDS)
    assert keeping.complaint == ""


@pytest.mark.parametrize(("damage", "code"), [(Path.unlink, "unavailable"), (Path.touch, "internal")])
def test_a_result_that_cannot_be_delivered_is_told_without_a_path(
    table: Table, tmp_path: Path, damage: Callable[[Path], None], code: str
) -> None:
    table.pool.said.append((0, Ready("cpu", "fake")))
    job_id = table.ask(request("r1"))[0].job_id
    table.pool.said.append((0, m.Finished(job_id, textured(), 1.0)))
    table.turn()
    result = tmp_path / "jobs" / job_id / "result.npz"
    result.write_bytes(b"")
    damage(result)
    (failed,) = [each for each in table.ask(m.Watch(job_id)) if isinstance(each, m.Failed)]
    assert failed.problem.code == code
    assert str(tmp_path) not in failed.problem.message
