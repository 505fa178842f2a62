"""Records and results on a real disk."""

import errno
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgpack
import numpy as np
import pytest
from any_to_3d.backend import store as store_module
from any_to_3d.backend import store_schema
from any_to_3d.backend.fake_course import even_course
from any_to_3d.backend.fake_generation import FakeMoment
from any_to_3d.backend.jobs_at_hand import REMEMBERED
from any_to_3d.backend.store import JobStore, StoreInUse, open_default
from any_to_3d.shared import messages as m
from requests_and_jobs import job, textured


def test_jobs_are_read_back_as_they_were_saved_oldest_first(tmp_path: Path) -> None:
    failed = job("j2", "r2", state="failed", attempts=2, problem=m.Problem("internal", "It broke.", "Report it."))
    jobs = [job("j1", notice="'blorb' is ignored", state="finished", seconds=2.5), failed, job("j3", "r3")]
    store = JobStore(tmp_path)
    for each in jobs:
        store.save(each)
    store.close()
    assert JobStore(tmp_path).load() == (jobs, [])


def test_saving_again_updates_the_record_and_keeps_its_place(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1"))
    store.save(job("j2", "r2"))
    store.save(job("j1", state="running", attempts=1))
    assert [(each.job_id, each.state) for each in store.load()[0]] == [("j1", "running"), ("j2", "queued")]


def test_a_record_survives_a_process_that_is_killed_right_after_it(tmp_path: Path) -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from any_to_3d.backend.store import JobStore\n"
        "from requests_and_jobs import job, textured\n"
        "store = JobStore(Path(sys.argv[1])); store.save(job('j1')); store.save_result('j1', textured())\n"
        "os._exit(9)\n"
    )
    code = subprocess.run([sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)]).returncode
    store = JobStore(tmp_path)
    assert code == 9
    assert store.load()[0] == [job("j1")]
    assert (store.load_result("j1").vertices == textured().vertices).all()


def test_a_result_is_read_back_with_types_and_values(tmp_path: Path) -> None:
    store, mesh = JobStore(tmp_path), textured()
    store.save_result("j1", mesh)
    read = store.load_result("j1")
    for name in ("vertices", "faces", "uvs", "uv_faces", "albedo"):
        assert getattr(read, name).dtype == getattr(mesh, name).dtype
        assert (getattr(read, name) == getattr(mesh, name)).all()
    assert [path.name for path in store.job_folder("j1").iterdir()] == ["result.npz"]


def test_a_missing_or_damaged_result_is_named(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    with pytest.raises(ValueError, match=r"result\.npz"):
        store.load_result("j1")
    (store.job_folder("j1") / "result.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ValueError, match="cannot be read"):
        store.load_result("j1")
    np.savez(store.job_folder("j1") / "result.npz", vertices=np.array([object()]))
    with pytest.raises(ValueError, match="cannot be read"):
        store.load_result("j1")


def test_an_unreadable_record_is_left_out_and_named(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1"))
    store.save(job("j2", "r2"))
    with store._records:
        store._records.execute("UPDATE jobs SET submit = ? WHERE job_id = 'j1'", (msgpack.packb([b"\xc1"]),))
    jobs, complaints = store.load()
    assert [each.job_id for each in jobs] == ["j2"]
    assert complaints[0].startswith("job j1 in ")


def test_a_second_backend_on_the_same_folder_is_told_what_to_do(tmp_path: Path) -> None:
    first = JobStore(tmp_path)
    with pytest.raises(StoreInUse, match="--data FOLDER"):
        JobStore(tmp_path)
    first.close()
    JobStore(tmp_path).close()


def test_the_default_folder_is_followed_by_siblings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "default_folder", lambda: tmp_path / "any-to-3d")
    first, second = open_default(), open_default()
    assert (first.folder.name, second.folder.name) == ("any-to-3d", "any-to-3d-2")


def test_jobs_that_wait_are_read_back_however_many_were_submitted_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "REMEMBERED", 2)
    store = JobStore(tmp_path)
    for number, state in enumerate(["running", "finished", "queued", "finished", "finished"]):
        store.save(job(f"j{number}", f"r{number}", state=state))
    assert [each.job_id for each in store.load()[0]] == ["j0", "j2", "j3", "j4"]


def test_a_damaged_record_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(OSError, match=r"not a database; move its jobs\.sqlite away"):
        JobStore(tmp_path)


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store._records.execute("PRAGMA max_page_count = 1")
    picture = m.Submit("r1", (m.WeightedPrompt(m.ImagePrompt(bytes(100_000))),))
    with pytest.raises(OSError, match=r"cannot be written .*full.*free some space"):
        store.save(replace(job(), submit=picture))
    assert store.load() == ([], [])


def test_a_result_that_the_disk_does_not_take_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("any_to_3d.backend.durable_file.os.fsync", no_space)
    with pytest.raises(OSError, match=r"No space left on device.*free some space"):
        JobStore(tmp_path).save_result("j1", textured())


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        JobStore(tmp_path / "file" / "data")


def test_a_folder_of_an_earlier_release_is_read_and_written(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1", state="running", attempts=1))
    with store._records:
        store._records.execute("DROP INDEX jobs_by_request")
        for name in store_schema.ADDED_COLUMNS:
            store._records.execute(f"ALTER TABLE jobs DROP COLUMN {name}")
    store.close()
    store = JobStore(tmp_path)
    assert store.load() == ([job("j1", state="running", attempts=1)], [])
    paused = job("j1", state="running", attempts=2, is_paused=True, finishes_early=True, deaths=1, saved=0.5)
    paused = replace(paused, interruptions=2)
    store.save(paused)
    assert store.find("j1") == paused


def test_only_a_job_with_a_record_has_checkpoints_whatever_text_a_client_sends(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1"))
    FakeMoment("j1", 3, even_course(10), 0, 0.0, lambda seconds: None).save(store.job_folder("j1"))
    assert store.checkpoints("j1") == (m.CheckpointInfo("checkpoint", "coarse", 4, 10),)
    for text in ("j2", "", ".", "../jobs/j1", "j1/", str(tmp_path / "jobs" / "j1")):
        assert store.checkpoints(text) == ()
        assert store.find(text) is None
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["j1"]


def test_a_request_is_found_by_its_client_and_its_id_however_many_came_after_it(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1", "first", owner="anna", state="finished"))
    store.save(job("j2", "first", owner="bert", state="finished"))
    for number in range(3, 3 + REMEMBERED):
        store.save(job(f"j{number}", f"r{number}", state="finished"))
    assert "j1" not in {each.job_id for each in store.load()[0]}, "too old to be at hand"
    assert store.find_request("first", "anna") == job("j1", "first", owner="anna", state="finished")
    assert store.find_request("first", "bert").job_id == "j2"
    assert store.find_request("first", "") is None
    plan = " ".join(str(row) for row in store._records.execute(f"EXPLAIN QUERY PLAN {store_module.FIND_REQUEST}", "ab"))
    assert "jobs_by_request" in plan, "with thousands of jobs each submit would read them all"
    store.delete("j1")
    assert store.find_request("first", "anna") is None


def test_requests_of_an_earlier_release_are_found_by_their_ids_and_a_damaged_one_costs_itself(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    for number in (1, 2):
        store.save(job(f"j{number}", f"r{number}", state="finished"))
    with store._records:
        store._records.execute("UPDATE jobs SET submit = x'c1' WHERE job_id = 'j1'")
        store._records.execute("DROP INDEX jobs_by_request")
        store._records.execute("ALTER TABLE jobs DROP COLUMN request_id")
    store.close()
    for _ in range(2):
        store = JobStore(tmp_path)
        assert store.find_request("r2", "").job_id == "j2"
        assert store.find_request("r1", "") is None
        store.close()


def test_a_database_is_brought_up_to_date_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1", state="finished"))
    with store._records:
        store._records.execute("DROP INDEX jobs_by_request")
        store._records.execute("ALTER TABLE jobs DROP COLUMN request_id")
    store.close()
    monkeypatch.setattr(store_schema, "INDEX", "a statement that fails, as on a full disk")
    with pytest.raises(OSError, match="cannot be used"):
        JobStore(tmp_path)
    with sqlite3.connect(tmp_path / "jobs.sqlite") as records:
        assert "request_id" not in {row[1] for row in records.execute("PRAGMA table_info(jobs)")}
    records.close()
    monkeypatch.undo()
    assert JobStore(tmp_path).find_request("r1", "").job_id == "j1"


def test_the_room_of_deleted_records_is_given_back_also_by_a_file_of_an_earlier_release(tmp_path: Path) -> None:
    for name, mode in (("new", "INCREMENTAL"), ("old", "NONE")):
        store = JobStore(tmp_path / name)
        if mode == "NONE":
            store._records.execute("PRAGMA auto_vacuum = NONE")
            store._records.execute("VACUUM")
        picture = m.WeightedPrompt(m.ImagePrompt(b"x" * 2**20))
        for number in range(12):
            asked = job(f"j{number}", f"r{number}")
            store.save(replace(asked, submit=replace(asked.submit, prompts=(picture,))))
        file = tmp_path / name / "jobs.sqlite"
        store._records.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        before = file.stat().st_size
        for number in range(10):
            store.delete(f"j{number}")
        store.shrink()
        assert before > 12 * 2**20
        assert file.stat().st_size < 3 * 2**20
        assert len(store.load()[0]) == 2
        store.delete("j10")
        store.give_back()
        (free,) = store._records.execute("PRAGMA freelist_count").fetchone()
        assert free == 0, "from now on bit by bit"
        store.close()
