"""Pause, resume, finish now and the list of checkpoints on a real server with the fake profile."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from any_to_3d.backend.catalogue import OPERATIONS
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from live_backend import Backend, Talker


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend")) as backend:
        yield backend


@pytest.fixture
def talker(backend: Backend) -> Iterator[Talker]:
    with Talker(backend.address) as talker:
        yield talker


def watch(talker: Talker, job_id: str) -> None:
    talker.send(m.Watch(job_id, credit=0, pauses=True))


def paused(talker: Talker, **settings: float) -> str:
    job_id = talker.submit(credit=0, **settings)
    watch(talker, job_id)
    talker.of(m.Progress)
    talker.send(m.Pause(job_id))
    talker.of(m.Paused)
    return job_id


def test_the_welcome_says_what_else_can_be_asked_for(talker: Talker) -> None:
    assert set(OPERATIONS) >= {"pause", "finish_now", "checkpoints"}
    assert talker.of(m.Welcome).operations == OPERATIONS


def test_a_job_pauses_within_two_seconds_and_nothing_happens_until_it_is_resumed(talker: Talker) -> None:
    job_id = talker.submit(seconds=1.2)
    watch(talker, job_id)
    talker.of(m.Progress)
    before = time.monotonic()
    talker.send(m.Pause(job_id))
    talker.of(m.Paused)
    assert time.monotonic() - before < 2
    assert not [each for each in talker.silence(1.5) if not isinstance(each, m.Welcome | MeshSnapshot)]
    talker.send(m.ListJobs())
    assert [job.is_paused for job in talker.of(m.Jobs).jobs if job.job_id == job_id] == [True]
    talker.send(m.Resume(job_id))
    talker.of(m.Started)
    talker.of(m.Finished)


def test_a_second_watcher_sees_that_the_job_rests_and_another_job_waits_for_it(
    backend: Backend, talker: Talker
) -> None:
    job_id = paused(talker, seconds=30)
    waiting = talker.submit(seconds=0.1)
    assert talker.of(m.Queued) == m.Queued(waiting, 1)
    with Talker(backend.address) as other:
        watch(other, job_id)
        assert other.of(m.Paused) == m.Paused(job_id)
        other.send(m.Cancel(job_id))
        other.of(m.Cancelled)
    assert talker.until(lambda each: isinstance(each, m.Finished)).job_id == waiting


def test_a_job_finishes_early_with_a_valid_mesh_and_says_so(talker: Talker) -> None:
    job_id = talker.submit(credit=0, seconds=60, export_seconds=0.1)
    talker.of(m.Progress)
    talker.send(m.FinishNow(job_id))
    finished = talker.of(m.Finished)
    finished.mesh.validate()
    assert [each for each in talker.heard if isinstance(each, m.Progress) and "Finished early" in each.notice]


def test_a_paused_job_is_resumed_to_be_finished(talker: Talker) -> None:
    job_id = paused(talker, seconds=60)
    talker.send(m.FinishNow(job_id))
    assert talker.of(m.Finished).job_id == job_id


def test_the_stored_states_of_a_job_are_listed_oldest_first(talker: Talker) -> None:
    job_id = talker.submit(seconds=0.1, steps=4)
    talker.of(m.Finished)
    talker.send(m.ListCheckpoints(job_id))
    listed = talker.of(m.Checkpoints)
    assert [(each.phase, each.step, each.steps) for each in listed.checkpoints] == [
        ("coarse", 4, 4),
        ("geometry", 4, 4),
        ("texture", 4, 4),
    ]
    talker.send(m.ListCheckpoints("nobody"))
    assert talker.of(m.Checkpoints) == m.Checkpoints("nobody", ())


def welcome(talker: Talker) -> m.Welcome:
    talker.send(m.Hello("1.0", "test"))
    return talker.of(m.Welcome)


def test_a_paused_job_comes_back_paused_after_the_server_was_killed(tmp_path: Path) -> None:
    with Backend(tmp_path) as backend, Talker(backend.address) as talker:
        job_id = paused(talker, seconds=1.2)
        backend.kill()
        with Backend(tmp_path, port=backend.port) as again:
            talker.of(m.Welcome)
            watch(talker, job_id)
            before = talker.of(m.Progress)
            assert (before.phase, 0 < before.overall < 1) == ("coarse", True), "it is told how far it is"
            talker.of(m.Paused)
            talker.silence(1.0)
            assert again.workers() == []
            assert welcome(talker).device == "paused", "a device that nobody starts is not starting"
            talker.send(m.Resume(job_id))
            assert talker.of(m.Finished).job_id == job_id
            assert welcome(talker).device == "cpu"
