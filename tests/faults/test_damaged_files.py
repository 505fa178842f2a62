"""Damaged databases, checkpoints and results: what is told, and that everything else goes on."""

from pathlib import Path

import pytest
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker
from test_killed_processes import is_right


@pytest.mark.parametrize("cut", [0.5, 0.999])
def test_a_cut_off_checkpoint_costs_a_phase_and_no_byte_of_the_result(tmp_path: Path, cut: float) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = talker.submit(credit=0, seconds=30.0, steps=20)
        talker.send(m.Watch(job_id, credit=0, pauses=True))
        talker.until(lambda event: isinstance(event, m.Progress) and event.step >= 2)
        talker.send(m.Pause(job_id))
        talker.of(m.Paused)
        (path,) = (tmp_path / "data" / "jobs" / job_id).glob("checkpoint.safetensors")
        path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
        talker.send(m.ListCheckpoints(job_id))
        assert talker.of(m.Checkpoints).checkpoints == ()
        talker.send(m.FinishNow(job_id))
        assert is_right(talker.of(m.Finished))


def test_a_damaged_result_fails_its_own_job_alone(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        broken, gone, whole = (talker.submit(credit=0, seconds=0.0) for _ in range(3))
        for _ in range(3):
            talker.of(m.Finished)
        jobs = tmp_path / "data" / "jobs"
        (jobs / broken / "result.npz").write_bytes(b"PK\x03\x04 not really")
        (jobs / gone / "result.npz").unlink()
        for job_id, code in ((broken, "internal"), (gone, "unavailable")):
            talker.send(m.Watch(job_id))
            failed = talker.of(m.Failed)
            assert (failed.job_id, failed.problem.code) == (job_id, code)
        talker.send(m.Watch(whole))
        assert is_right(talker.of(m.Finished))


def test_a_truncated_database_keeps_the_server_from_starting_and_says_what_to_do(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        talker.submit(seconds=0.0)
        talker.of(m.Finished)
    records = tmp_path / "data" / "jobs.sqlite"
    for leftover in tmp_path.glob("data/jobs.sqlite-*"):
        leftover.unlink()
    records.write_bytes(records.read_bytes()[:5000])
    with pytest.raises(AssertionError, match=r"move its jobs\.sqlite away to begin anew"):
        Backend(tmp_path)
