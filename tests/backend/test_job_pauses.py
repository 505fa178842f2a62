"""Pause, resume and finishing early as tables of the job queue: what happened, and what must be done about it."""

from dataclasses import replace

import pytest
from any_to_3d.backend import queue_messages as q
from any_to_3d.backend.jobs import JobQueue
from any_to_3d.shared import messages as m
from any_to_3d.shared.starting_points import Continue
from requests_and_jobs import job, request, textured

A, B = b"client a", b"client b"
RUNNING = job(state="running", attempts=1)
PAUSED = replace(RUNNING, is_paused=True)
RESUMED = replace(RUNNING, attempts=2)
GONE_ON = [q.Record(RESUMED), q.Start(0, RESUMED), q.Publish(m.Started("j1"))]
HURRIED = replace(RUNNING, finishes_early=True)


def submit(queue: JobQueue, number: int = 1) -> list[q.Action]:
    return queue.handle(q.SubmitArrived(A, job(f"j{number}", f"r{number}")))


@pytest.fixture
def queue() -> JobQueue:
    """With one worker, which runs j1."""
    queue = JobQueue(range(1))
    queue.handle(q.WorkerReady(0))
    submit(queue)
    return queue


@pytest.fixture
def pausing(queue: JobQueue) -> JobQueue:
    queue.handle(q.PauseArrived("j1"))
    return queue


@pytest.fixture
def paused(pausing: JobQueue) -> JobQueue:
    pausing.handle(q.WorkerSaid(0, m.Paused("j1")))
    return pausing


def test_the_worker_is_asked_once_to_pause_the_attempt_that_runs(queue: JobQueue) -> None:
    assert queue.handle(q.PauseArrived("j1")) == [q.Rest(0, "j1", 1)]
    assert queue.handle(q.PauseArrived("j1")) == []


def test_a_paused_job_is_recorded_before_it_is_announced(pausing: JobQueue) -> None:
    assert pausing.handle(q.WorkerSaid(0, m.Paused("j1"))) == [q.Record(PAUSED), q.Publish(m.Paused("j1"))]
    assert pausing.handle(q.ListArrived(B))[0].message.jobs[0].is_paused
    assert pausing.handle(q.PauseArrived("j1")) == []


def test_a_job_that_waits_or_has_ended_or_is_unknown_is_not_paused(queue: JobQueue) -> None:
    submit(queue, 2)
    queue.handle(q.WorkerSaid(0, m.Cancelled("j1")))
    submit(queue, 3)
    for job_id in ("j1", "j3", "nobody"):
        for stimulus in (q.PauseArrived, q.ResumeArrived):
            assert queue.handle(stimulus(job_id)) == []


def test_jobs_that_wait_go_on_waiting_while_one_is_paused_and_it_is_no_work(paused: JobQueue) -> None:
    assert submit(paused, 2)[-1] == q.Publish(m.Queued("j2", 1))
    assert paused.running_jobs() == {}
    assert paused.handle(q.WorkerSilent(0, 60.0)) == []


def test_a_paused_job_goes_on_in_its_worker_once(paused: JobQueue) -> None:
    assert paused.handle(q.ResumeArrived("j1")) == GONE_ON
    assert paused.handle(q.ResumeArrived("j1")) == []


def test_a_resume_before_the_worker_has_answered_starts_the_job_when_it_does(pausing: JobQueue) -> None:
    assert pausing.handle(q.ResumeArrived("j1")) == []
    assert pausing.handle(q.StopOverdue("j1")) == []
    assert pausing.handle(q.WorkerSaid(0, m.Paused("j1"))) == GONE_ON


def test_a_pause_of_the_resumed_attempt_names_it(paused: JobQueue) -> None:
    paused.handle(q.ResumeArrived("j1"))
    assert paused.handle(q.PauseArrived("j1")) == [q.Rest(0, "j1", 2)]


def test_a_job_that_ended_before_it_could_pause_has_ended(pausing: JobQueue) -> None:
    finished = m.Finished("j1", textured(), 1.0)
    assert pausing.handle(q.WorkerSaid(0, finished))[-1] == q.Publish(finished)
    assert pausing.handle(q.StopOverdue("j1")) == []


def test_cancelling_a_paused_job_ends_it_at_once_and_the_next_one_starts(paused: JobQueue) -> None:
    submit(paused, 2)
    record, publish, _, start, *_ = paused.handle(q.CancelArrived("j1"))
    assert (record, publish) == (q.Record(replace(RUNNING, state="cancelled")), q.Publish(m.Cancelled("j1")))
    assert start.job.job_id == "j2"


def test_cancelling_a_job_that_is_about_to_pause_ends_it_with_the_workers_answer(pausing: JobQueue) -> None:
    assert pausing.handle(q.CancelArrived("j1")) == [q.Stop(0, "j1")]
    assert pausing.handle(q.PauseArrived("j1")) == []
    assert pausing.handle(q.WorkerSaid(0, m.Paused("j1"))) == [
        q.Record(replace(RUNNING, state="cancelled")),
        q.Publish(m.Cancelled("j1")),
    ]


def test_a_worker_that_does_not_come_to_pause_is_ended_and_the_job_rests_as_it_was_stored(pausing: JobQueue) -> None:
    assert pausing.handle(q.StopOverdue("j1")) == [q.Kill(0)]
    died = pausing.handle(q.WorkerDied(0, "killed by SIGKILL"))
    assert died == [q.Record(PAUSED), q.Publish(m.Paused("j1")), q.Retire(0)]
    assert pausing.handle(q.ResumeArrived("j1"))[:3] == GONE_ON


def test_a_worker_that_dies_while_its_job_rests_is_replaced_when_the_job_goes_on(paused: JobQueue) -> None:
    assert paused.handle(q.WorkerDied(0, "killed by SIGKILL")) == [q.Retire(0)]
    assert paused.handle(q.ResumeArrived("j1"))[:3] == GONE_ON


def test_a_paused_job_comes_back_paused_with_its_own_worker_after_a_restart() -> None:
    queue = JobQueue(range(2))
    waiting = job("j2", "r2")
    actions = queue.handle(q.JobsRestored((PAUSED, waiting)))
    assert actions[0] == q.Retire(0)
    assert [action.worker for action in actions if isinstance(action, q.Start)] == [1]
    assert queue.handle(q.WatchArrived(A, "j1", pauses=True)) == [
        q.Tell(A, m.Started("j1")),
        q.Tell(A, m.Paused("j1")),
    ]
    assert queue.handle(q.ResumeArrived("j1"))[:3] == GONE_ON


SECOND = replace(PAUSED, job_id="j2", submit=request("r2"))


@pytest.fixture
def crowded() -> JobQueue:
    """With one worker, in which j1 rests, and none for j2, which was paused as well before the restart."""
    queue = JobQueue(range(1))
    assert queue.handle(q.JobsRestored((PAUSED, SECOND))) == [q.Retire(0)]
    return queue


def test_a_paused_job_for_which_there_is_no_worker_any_more_comes_back_paused(crowded: JobQueue) -> None:
    told = [q.Tell(A, m.Started("j2")), q.Tell(A, m.Paused("j2"))]
    assert crowded.handle(q.WatchArrived(A, "j2", pauses=True)) == told
    assert crowded.counts()["paused"] == 2
    assert crowded.handle(q.CancelArrived("j1"))[-1] == q.Publish(m.Cancelled("j1"))
    assert crowded.handle(q.WatchArrived(A, "j2", pauses=True)) == told
    assert crowded.handle(q.ResumeArrived("j2"))[-3:-1] == [
        q.Start(0, replace(PAUSED, job_id="j2", submit=request("r2"), is_paused=False, attempts=2)),
        q.Publish(m.Started("j2")),
    ]


@pytest.mark.parametrize(("stimulus", "is_early"), [(q.ResumeArrived, False), (q.FinishArrived, True)])
def test_such_a_job_waits_for_the_worker_once_it_is_to_go_on(
    crowded: JobQueue, stimulus: type[q.Stimulus], is_early: bool
) -> None:
    waiting = replace(SECOND, state="queued", is_paused=False, finishes_early=is_early)
    assert crowded.handle(stimulus("j2")) == [q.Record(waiting), q.Publish(m.Queued("j2", 1))]
    assert crowded.handle(q.ResumeArrived("j2")) == []
    crowded.handle(q.CancelArrived("j1"))
    assert crowded.running_jobs() == {"j2": 0}


def test_such_a_job_can_be_cancelled_and_leaves_the_other_as_it_is(crowded: JobQueue) -> None:
    ended = replace(SECOND, state="cancelled", is_paused=False)
    assert crowded.handle(q.CancelArrived("j2")) == [q.Record(ended), q.Publish(m.Cancelled("j2"))]
    assert crowded.handle(q.ResumeArrived("j1"))[:3] == GONE_ON


def test_a_server_that_ends_leaves_a_paused_job_as_it_is(paused: JobQueue) -> None:
    assert paused.handle(q.Leaving()) == []
    assert paused.handle(q.Closing()) == [
        q.Record(replace(RUNNING, state="cancelled")),
        q.Publish(m.Cancelled("j1")),
    ]


def test_a_new_watcher_is_told_of_the_pause_last_and_only_if_it_asked_for_pauses(paused: JobQueue) -> None:
    progress = m.Progress("j1", "coarse", 3, 10, 0.1, {}, 2.0, 9.0)
    paused.handle(q.ResumeArrived("j1"))
    paused.handle(q.WorkerSaid(0, progress))
    paused.handle(q.PauseArrived("j1"))
    paused.handle(q.WorkerSaid(0, m.Paused("j1")))
    told = [q.Tell(B, event) for event in (m.Started("j1"), progress, m.Paused("j1"))]
    assert paused.handle(q.WatchArrived(B, "j1", pauses=True)) == told
    assert paused.handle(q.WatchArrived(B, "j1")) == told[:2]


def test_finishing_early_is_recorded_before_the_worker_is_asked_once(queue: JobQueue) -> None:
    assert queue.handle(q.FinishArrived("j1")) == [q.Record(HURRIED), q.Hurry(0, "j1")]
    assert queue.handle(q.FinishArrived("j1")) == []


def test_a_job_that_was_to_finish_early_is_to_do_so_in_the_next_worker_too(queue: JobQueue) -> None:
    queue.handle(q.FinishArrived("j1"))
    (start,) = [action for action in queue.handle(q.WorkerDied(0, "killed")) if isinstance(action, q.Start)]
    assert start.job.finishes_early


def test_a_paused_job_is_resumed_to_finish_early(paused: JobQueue) -> None:
    resumed = replace(RESUMED, finishes_early=True)
    assert paused.handle(q.FinishArrived("j1"))[:2] == [q.Record(resumed), q.Start(0, resumed)]


def test_finishing_early_takes_back_a_pause_that_was_only_asked_for(pausing: JobQueue) -> None:
    pausing.handle(q.FinishArrived("j1"))
    resumed = replace(RESUMED, finishes_early=True)
    assert pausing.handle(q.WorkerSaid(0, m.Paused("j1")))[:2] == [q.Record(resumed), q.Start(0, resumed)]


def test_a_waiting_job_that_is_to_finish_early_does_so_when_it_is_its_turn(queue: JobQueue) -> None:
    submit(queue, 2)
    waiting = job("j2", "r2", finishes_early=True)
    assert queue.handle(q.FinishArrived("j2")) == [q.Record(waiting)]
    (start,) = [a for a in queue.handle(q.WorkerSaid(0, m.Cancelled("j1"))) if isinstance(a, q.Start)]
    assert start.job.finishes_early


def test_a_job_that_is_being_cancelled_or_has_ended_is_not_finished(queue: JobQueue) -> None:
    queue.handle(q.CancelArrived("j1"))
    assert queue.handle(q.FinishArrived("j1")) == []
    queue.handle(q.WorkerSaid(0, m.Cancelled("j1")))
    assert queue.handle(q.FinishArrived("j1")) == []


def test_an_ended_job_that_went_on_from_another_keeps_its_name_but_no_mesh(queue: JobQueue) -> None:
    branch = replace(request("r2"), source=Continue("j1", "coarse"), prompts=())
    queue.handle(q.SubmitArrived(A, q.Job("j2", branch)))
    queue.handle(q.CancelArrived("j2"))
    info = queue.handle(q.ListArrived(A))[0].message.jobs[-1]
    assert (info.job_id, info.parent, info.title) == ("j2", "j1", "j1 continued")
