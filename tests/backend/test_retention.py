"""Which jobs a rule deletes, and which it never does."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.pins import unpin
from any_to_3d.backend.pruning import prune
from any_to_3d.backend.retention import FIRST_SWEEP_SECONDS, SWEEP_SECONDS, Retention, Rule, to_delete
from any_to_3d.backend.store import JobStore, StoredJob
from any_to_3d.shared import messages as m
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


def test_what_is_too_old_goes() -> None:
    assert names(Rule(days=30), stored(1, 31), stored(2, 29), stored(3, 40)) == ["j1", "j3"]


def test_the_first_accepted_go_until_the_rest_is_small_enough_whatever_the_clock_said_then() -> None:
    jobs = (stored(1, 1), stored(2, 3), stored(3, -2), stored(4, 4))
    assert names(Rule(gigabytes=2.5), *jobs) == ["j1", "j2"]
    assert names(Rule(gigabytes=4.0), *jobs) == []
    assert names(Rule(days=3.5, gigabytes=2.5), *jobs) == ["j4", "j1"]
    assert names(Rule(gigabytes=0), *jobs) == ["j1", "j2", "j3", "j4"]


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
    retention = Retention(store, Rule(days=5), 0.0, NOW)
    first = FIRST_SWEEP_SECONDS
    retention.sweep(first - 1, NOW)
    left = [f"j{number}" for number in range(1, 6)]
    for gone in ("j3", "j4"):
        retention.sweep(first, NOW + first)
        left.remove(gone)
        assert [each.job_id for each in store.load()[0]] == left
        assert not store.folder_of(gone).exists()
    store.pin_of("j2").unlink()
    age(store, "j2", 10)
    retention.sweep(first + SWEEP_SECONDS / 2, NOW + SWEEP_SECONDS)
    assert store.find("j2") is not None
    retention.sweep(first + SWEEP_SECONDS, NOW + SWEEP_SECONDS)
    assert store.find("j2") is None


def test_without_a_rule_nothing_is_looked_at(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(JobStore, "stored_jobs")
    Retention(store, Rule(), 0.0, NOW).sweep(FIRST_SWEEP_SECONDS, NOW)


def test_a_job_pinned_or_continued_since_it_was_chosen_is_kept(store: JobStore) -> None:
    store.admit(job("j6", "r6", state="finished"))
    store.save_result("j6", textured())
    retention = Retention(store, Rule(gigabytes=0), 0.0, NOW)
    retention.sweep(FIRST_SWEEP_SECONDS, NOW)
    store.pin_of("j4").touch()
    store.admit(replace(job("j7"), submit=replace(request("r7"), source=Continue("j6"))))
    for _ in range(3):
        retention.sweep(FIRST_SWEEP_SECONDS, NOW)
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
    Retention(store, Rule(days=5), 0.0, NOW).sweep(FIRST_SWEEP_SECONDS, NOW)
    assert "retention=failed" in caplog.text


@pytest.mark.parametrize("jump_days", [400.0, -400.0])
def test_a_clock_that_jumps_and_stays_wrong_makes_no_young_job_old(store: JobStore, jump_days: float) -> None:
    retention, jump = Retention(store, Rule(days=15), 1000.0, NOW), jump_days * DAY
    # Written since the jump: as old, for who trusts the clock of files alone, as the clock has jumped.
    os.utime(store.folder_of("j4") / "result.npz", (NOW + jump,) * 2)
    for hours in range(1, 24 * 5, 6):
        retention.sweep(1000.0 + hours * 3600, NOW + jump + hours * 3600)
    assert {job.job_id for job in store.load()[0]} == {"j1", "j2", "j3", "j4", "j5"}


def test_with_a_clock_that_has_jumped_forwards_old_jobs_go_when_their_time_has_really_passed(store: JobStore) -> None:
    retention, jump = Retention(store, Rule(days=15), 0.0, NOW), 400 * DAY
    for days in range(1, 7):
        retention.sweep(days * DAY, NOW + jump + days * DAY)
        retention.sweep(days * DAY, NOW + jump + days * DAY)
    assert {job.job_id for job in store.load()[0]} == {"j1", "j2", "j5"}


def test_what_no_folder_or_no_record_is_left_of_is_counted_and_goes(store: JobStore, tmp_path: Path) -> None:
    store.admit(job("j6", "r6", state="cancelled"))
    store.admit(job("j7", "r7", state="finished"))
    store.folder_of("j7").rmdir()
    for name in ("crashed", "moved", "wanted"):
        store.job_folder(name)
    for name in ("moved", "wanted"):
        (store.folder_of(name) / "result.npz").write_bytes(b"x" * 1000)
    store.pin_of("wanted").touch()
    lines = list(prune(store, Rule(days=15), NOW, takes_unrecorded=False, is_dry=True))
    assert [line for line in lines if line.startswith(("j7", "crashed"))] == [
        "j7 finished, its files are gone, 0.000 GB",
        "crashed no record, 0.000 GB",
    ]
    assert "1 records had no folder any more; 1 of them would go" in lines
    assert "1 empty folders had no record; they would go" in lines
    assert "1 folders with files have no record, 0.000 GB; --unrecorded deletes them" in lines
    assert store.folder_of("crashed").exists()
    list(prune(store, Rule(days=15), NOW, takes_unrecorded=False, is_dry=False))
    assert (store.folder_of("moved").exists(), store.folder_of("crashed").exists()) == (True, False)
    assert store.find("j7") is None
    assert store.find("j6") is not None, "its folder is as young as the test"
    list(prune(store, Rule(), NOW, takes_unrecorded=True, is_dry=False))
    assert (store.folder_of("moved").exists(), store.folder_of("wanted").exists()) == (False, True)
    assert store.find("j3") is not None, "no rule was given for jobs with a record"


def test_a_request_with_pictures_counts_with_its_job(store: JobStore) -> None:
    picture = m.WeightedPrompt(m.ImagePrompt(b"x" * 10**6))
    store.admit(replace(job("j6"), submit=replace(request("r6"), prompts=(picture,)), state="cancelled"))
    assert 10**6 < store.stored_jobs()[-1].bytes < 1.1 * 10**6


def test_a_job_that_a_saved_file_refers_to_goes_only_if_that_is_said(store: JobStore) -> None:
    store.keep_for_file("j3")
    rule = Rule(days=5)
    lines = list(prune(store, rule, NOW, takes_unrecorded=False, is_dry=True))
    assert lines[0].startswith("j4 ")
    assert "1 jobs, 0.000 GB, stay because a saved .blend refers to them; see --even-in-files" in lines
    retention = Retention(store, rule, 0.0, NOW)
    for _ in range(5):
        retention.sweep(FIRST_SWEEP_SECONDS, NOW + FIRST_SWEEP_SECONDS)
    assert (store.find("j3") is None, store.find("j4") is None) == (False, True)
    list(prune(store, rule, NOW, takes_unrecorded=False, is_dry=False, heeds_files=False))
    assert {job.job_id for job in store.load()[0]} == {"j1", "j2", "j5"}, "pins and what waits are heeded all the same"


def test_unpinning_a_job_lets_it_go_though_a_file_refers_to_it(store: JobStore) -> None:
    store.keep_for_file("j3")
    assert store.is_kept("j3")
    unpin(store.folder, "j3")
    assert not store.is_kept("j3")
