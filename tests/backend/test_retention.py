"""Which jobs a rule deletes, and which it never does."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.retention import SWEEP_SECONDS, Retention, Rule, to_delete
from any_to_3d.backend.store import JobStore, StoredJob
from any_to_3d.shared.starting_points import Continue
from requests_and_jobs import job, request, textured

DAY = 86_400.0
NOW = 100 * DAY


def stored(number: int, age_days: float, gigabytes: float = 1.0, is_kept: bool = False) -> StoredJob:
    return StoredJob(f"j{number}", "finished", NOW - age_days * DAY, int(gigabytes * 1e9), is_kept)


def names(rule: Rule, *jobs: StoredJob) -> list[str]:
    return [each.job_id for each in to_delete(jobs, rule, NOW)]


def test_without_a_limit_everything_stays() -> None:
    assert names(Rule(), stored(1, 5000, 5000)) == []


def test_what_is_too_old_goes_oldest_first() -> None:
    assert names(Rule(days=30), stored(1, 31), stored(2, 29), stored(3, 40)) == ["j3", "j1"]


def test_the_oldest_go_until_the_rest_is_small_enough() -> None:
    jobs = (stored(1, 1), stored(2, 3), stored(3, 2), stored(4, 4))
    assert names(Rule(gigabytes=2.5), *jobs) == ["j4", "j2"]
    assert names(Rule(gigabytes=4.0), *jobs) == []
    assert names(Rule(days=3.5, gigabytes=2.5), *jobs) == ["j4", "j2"]
    assert names(Rule(gigabytes=0), *jobs) == ["j4", "j2", "j3", "j1"]


def test_what_is_kept_stays_and_counts() -> None:
    jobs = (stored(1, 9, is_kept=True), stored(2, 8), stored(3, 1))
    assert names(Rule(days=5), *jobs) == ["j2"]
    assert names(Rule(gigabytes=1.5), *jobs) == ["j2", "j3"]


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="choose 0 or more"):
        Rule(days=-1)


def age(store: JobStore, job_id: str, days: float) -> None:
    for path in store.folder_of(job_id).iterdir():
        os.utime(path, (NOW - days * DAY,) * 2)


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    """Four ended jobs, and one that waits and goes on from the first of them; the second is pinned."""
    store = JobStore(tmp_path)
    for number in range(1, 5):
        store.admit(job(f"j{number}", f"r{number}", state="finished"))
        store.save_result(f"j{number}", textured())
    store.pin_of("j2").touch()
    store.admit(replace(job("j5"), submit=replace(request("r5"), source=Continue("j1"))))
    (store.folder_of("j5") / "checkpoint.safetensors").write_bytes(b"x")
    for number in range(1, 6):
        age(store, f"j{number}", 10)
    return store


def test_pinned_waiting_and_continued_jobs_are_kept(store: JobStore) -> None:
    assert {each.job_id: each.is_kept for each in store.stored_jobs()} == {
        "j1": True,
        "j2": True,
        "j3": False,
        "j4": False,
        "j5": True,
    }
    assert all(each.bytes > 0 and each.touched == NOW - 10 * DAY for each in store.stored_jobs())


def test_a_server_deletes_one_job_a_turn_with_its_record_and_looks_again_in_an_hour(store: JobStore) -> None:
    retention = Retention(store, Rule(days=5))
    left = [f"j{number}" for number in range(1, 6)]
    for gone in ("j3", "j4"):
        retention.sweep(0.0, NOW)
        left.remove(gone)
        assert [each.job_id for each in store.load()[0]] == left
        assert not store.folder_of(gone).exists()
    store.pin_of("j2").unlink()
    age(store, "j2", 10)
    retention.sweep(SWEEP_SECONDS / 2, NOW)
    assert store.find("j2") is not None
    retention.sweep(SWEEP_SECONDS, NOW)
    assert store.find("j2") is None


def test_without_a_rule_nothing_is_looked_at(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(JobStore, "stored_jobs")
    Retention(store, Rule()).sweep(0.0, NOW)


def test_a_job_pinned_or_continued_since_it_was_chosen_is_kept(store: JobStore) -> None:
    store.admit(job("j6", "r6", state="finished"))
    store.save_result("j6", textured())
    retention = Retention(store, Rule(gigabytes=0))
    retention.sweep(0.0, NOW)
    store.pin_of("j4").touch()
    store.admit(replace(job("j7"), submit=replace(request("r7"), source=Continue("j6"))))
    for _ in range(3):
        retention.sweep(0.0, NOW)
    assert store.find("j3") is None
    assert (store.folder_of("j4") / "result.npz").exists()
    assert (store.folder_of("j6") / "result.npz").exists()


def test_a_file_renamed_while_it_is_measured_is_left_out(store: JobStore) -> None:
    (store.folder_of("j3") / "half.part").symlink_to(store.folder / "renamed")
    assert {each.job_id for each in store.stored_jobs()} == {f"j{number}" for number in range(1, 6)}


def test_a_folder_that_cannot_be_read_does_not_end_the_server(
    store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.close()
    Retention(store, Rule(days=5)).sweep(0.0, NOW)
    assert "retention=failed" in caplog.text
