"""The command line's jobs that stay in the data folder, and what goes on from them."""

from contextlib import closing
from pathlib import Path

import pytest
import test_command_line
from any_to_3d.backend.commands.continue_job import ContinueJob
from any_to_3d.backend.commands.generate import Generate
from any_to_3d.backend.store import JobStore
from requests_and_jobs import job
from test_command_line import FAKE, Command

any_to_3d = test_command_line.any_to_3d


def test_a_kept_job_is_continued_by_the_beginning_of_its_name(any_to_3d: Command, tmp_path: Path) -> None:
    places = ("--data", str(tmp_path / "data"), "--out")
    first = any_to_3d(
        *("generate", "--text", "a red chair", "--seed", "7", "--until", "geometry", "--keep-job"),
        *(*places, str(tmp_path / "a.glb"), *FAKE),
    )
    assert first.status == 0, first.err
    (name,) = [line.split()[3].rstrip(":") for line in first.err.splitlines() if line.startswith("kept as job")]
    done = any_to_3d("continue", name[:6], *places, str(tmp_path / "b.glb"), *FAKE)
    assert done.status == 0, done.err
    with closing(JobStore(tmp_path / "data")) as store:
        jobs, _ = store.load()
        assert [job.state for job in jobs] == ["finished", "finished"]
        assert jobs[1].info().parent == name
        assert (jobs[1].submit.prompts, jobs[1].submit.seed) == (jobs[0].submit.prompts, 7)
        assert [info.name for info in store.checkpoints(jobs[1].job_id)] == ["texture"]


def test_an_object_is_written_though_its_job_cannot_be_kept(
    any_to_3d: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError("no space is left; free some")

    monkeypatch.setattr(JobStore, "save_result", full)
    places = ("--data", str(tmp_path / "data"), "--out", str(tmp_path / "a.glb"))
    done = any_to_3d("generate", "--text", "a red chair", "--keep-job", *places, *FAKE)
    assert done.status == 0, done.err
    assert "the job could not be kept, only its object: no space is left" in done.err
    assert (tmp_path / "a.glb").stat().st_size > 0


def test_a_refused_request_leaves_nothing_in_the_data_folder(any_to_3d: Command, tmp_path: Path) -> None:
    places = ("--data", str(tmp_path / "data"), "--out", str(tmp_path / "a.glb"))
    done = any_to_3d("generate", "--text", "a chair", "--preset", "nonsense", "--keep-job", *places, *FAKE)
    assert done.status == 1
    assert list((tmp_path / "data" / "jobs").iterdir()) == []
    with closing(JobStore(tmp_path / "data")) as store:
        assert store.load() == ([], [])


def test_a_job_that_is_not_there_cannot_be_continued(any_to_3d: Command, tmp_path: Path) -> None:
    done = any_to_3d("continue", "j99", "--data", str(tmp_path / "data"), *FAKE)
    assert done.status == 1
    assert "no job begins with 'j99'" in done.err
    assert "it holds none" in done.err
    with closing(JobStore(tmp_path / "data")) as store:
        for number in (1, 2):
            store.admit(job(f"j{number}", f"r{number}", state="finished"))
    done = any_to_3d("continue", "j99", "--data", str(tmp_path / "data"), *FAKE)
    assert "the newest are j2, j1" in done.err


def test_a_continued_object_is_as_high_as_a_generated_one() -> None:
    assert ContinueJob().height == Generate().height


def test_a_state_that_lies_after_until_and_fewer_than_no_steps_leave_no_record(
    any_to_3d: Command, tmp_path: Path
) -> None:
    places = ("--data", str(tmp_path / "data"), "--out", str(tmp_path / "a.glb"))
    first = any_to_3d("generate", "--text", "a red chair", "--keep-job", *places, *FAKE)
    assert first.status == 0, first.err
    for options in (("--until", "coarse"), ("--more-steps", "-5")):
        assert any_to_3d("continue", "j", *options, *places, *FAKE).status == 1
    assert len(list((tmp_path / "data" / "jobs").iterdir())) == 1
    done = any_to_3d("continue", "j", "--text", "a blue chair", *places, *FAKE)
    assert done.status == 0, done.err
    assert "from its state 'geometry'" in done.err
