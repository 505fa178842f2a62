"""The job queue as tables: what happened, and what must be done about it, in order."""

from dataclasses import replace

from any_to_3d.backend import queue_messages as q
from any_to_3d.backend.jobs import JobQueue
from any_to_3d.backend.jobs_at_hand import REMEMBERED
from any_to_3d.backend.second_chances import MAX_DEATHS, MAX_INTERRUPTIONS
from any_to_3d.shared import messages as m
from requests_and_jobs import job, snapshot, textured

A, B = b"client a", b"client b"
OOM = m.Problem("out_of_memory", "The device ran out of memory.")


def ready_queue(workers: int = 1) -> JobQueue:
    queue = JobQueue(range(workers))
    for worker in range(workers):
        queue.handle(q.WorkerReady(worker))
    return queue


def submit(queue: JobQueue, number: int = 1, client: bytes = A) -> list[q.Action]:
    return queue.handle(q.SubmitArrived(client, job(f"j{number}", f"r{number}")))


def running(number: int = 1, attempts: int = 1) -> q.Job:
    return job(f"j{number}", f"r{number}", state="running", attempts=attempts)


def test_a_job_is_accepted_and_then_started() -> None:
    assert submit(ready_queue()) == [
        q.Tell(A, m.Accepted("r1", "j1")),
        q.Record(running()),
        q.Start(0, running()),
        q.Publish(m.Started("j1")),
    ]


def test_a_job_given_to_a_worker_that_still_loads_says_so() -> None:
    actions = submit(JobQueue(range(1)))
    assert actions[-1] == q.Publish(m.Preparing("j1", "starting a worker and loading models", 0.0))


def test_the_second_job_waits_and_is_told_its_place() -> None:
    queue = ready_queue()
    submit(queue, 1)
    assert submit(queue, 2) == [
        q.Tell(A, m.Accepted("r2", "j2")),
        q.Publish(m.Queued("j2", 1)),
    ]


def test_two_workers_run_two_jobs() -> None:
    queue = ready_queue(2)
    submit(queue, 1)
    submit(queue, 2)
    assert queue.running_jobs() == {"j1": 0, "j2": 1}


def test_the_same_request_twice_is_the_same_job() -> None:
    queue = ready_queue()
    submit(queue)
    again = queue.handle(q.SubmitArrived(B, job("another", "r1")))
    assert again == [q.Tell(B, m.Accepted("r1", "j1"))]


def test_a_result_is_saved_and_recorded_before_it_is_announced_and_the_next_job_starts() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    finished = m.Finished("j1", textured(), 3.5)
    assert queue.handle(q.WorkerSaid(0, finished)) == [
        q.SaveResult("j1", finished.mesh),
        q.Record(replace(running(), state="finished", seconds=3.5)),
        q.Publish(finished),
        q.Record(running(2)),
        q.Start(0, running(2)),
        q.Publish(m.Started("j2")),
    ]


def test_a_failure_is_recorded_with_its_problem() -> None:
    queue = ready_queue()
    submit(queue)
    failed = m.Failed("j1", OOM)
    assert queue.handle(q.WorkerSaid(0, failed)) == [
        q.Record(replace(running(), state="failed", problem=OOM)),
        q.Publish(failed),
    ]


def test_cancelling_a_waiting_job_ends_it_at_once_and_moves_the_others_up() -> None:
    queue = ready_queue()
    for number in (1, 2, 3):
        submit(queue, number)
    assert queue.handle(q.CancelArrived("j2")) == [
        q.Record(job("j2", "r2", state="cancelled")),
        q.Publish(m.Cancelled("j2")),
        q.Publish(m.Queued("j3", 1)),
    ]


def test_a_waiting_job_changes_its_place_and_everybody_whose_place_changed_is_told() -> None:
    queue = ready_queue()
    for number in range(1, 5):
        submit(queue, number)
    to_the_front = [q.Publish(m.Queued(f"j{number}", place)) for place, number in enumerate((4, 2, 3), start=1)]
    assert queue.handle(q.MoveArrived("j4", 1)) == to_the_front
    beyond_the_end = [q.Publish(m.Queued(f"j{number}", place)) for place, number in enumerate((2, 3, 4), start=1)]
    assert queue.handle(q.MoveArrived("j4", 99)) == beyond_the_end
    assert queue.handle(q.MoveArrived("j2", -5)) == []
    queue.handle(q.MoveArrived("j3", 1))
    queue.handle(q.WorkerSaid(0, m.Cancelled("j1")))
    assert queue.running_jobs() == {"j3": 0}


def test_moving_a_job_that_does_not_wait_changes_nothing() -> None:
    queue = ready_queue()
    submit(queue, 1)
    assert queue.handle(q.MoveArrived("j1", 1)) == []
    assert queue.handle(q.MoveArrived("nobody", 1)) == []


def test_cancelling_a_running_job_asks_its_worker_once() -> None:
    queue = ready_queue()
    submit(queue)
    assert queue.handle(q.CancelArrived("j1")) == [q.Stop(0, "j1")]
    assert queue.handle(q.CancelArrived("j1")) == []
    assert queue.handle(q.WorkerSaid(0, m.Cancelled("j1"))) == [
        q.Record(replace(running(), state="cancelled")),
        q.Publish(m.Cancelled("j1")),
    ]


def test_a_job_whose_worker_still_loads_is_cancelled_at_once_and_the_next_one_follows_it() -> None:
    queue = JobQueue(range(1))
    submit(queue, 1)
    submit(queue, 2)
    assert queue.handle(q.CancelArrived("j1"))[:4] == [
        q.Stop(0, "j1"),
        q.Record(replace(running(), state="cancelled")),
        q.Publish(m.Cancelled("j1")),
        q.Record(running(2)),
    ]
    assert queue.handle(q.StopOverdue("j1")) == []
    assert queue.handle(q.WorkerSaid(0, m.Cancelled("j1"))) == []
    assert queue.running_jobs() == {"j2": 0}


def test_a_worker_that_does_not_stop_is_ended_and_its_death_is_the_cancellation() -> None:
    queue = ready_queue()
    submit(queue)
    queue.handle(q.CancelArrived("j1"))
    assert queue.handle(q.StopOverdue("j1")) == [q.Kill(0)]
    assert queue.handle(q.WorkerDied(0, "killed")) == [
        q.Record(replace(running(), state="cancelled")),
        q.Publish(m.Cancelled("j1")),
    ]


def test_an_overdue_stop_of_a_job_that_ended_meanwhile_kills_nobody() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    queue.handle(q.CancelArrived("j1"))
    queue.handle(q.WorkerSaid(0, m.Cancelled("j1")))
    assert queue.handle(q.StopOverdue("j1")) == []


def test_cancelling_an_unknown_or_ended_job_does_nothing() -> None:
    queue = ready_queue()
    assert queue.handle(q.CancelArrived("nothing")) == []
    submit(queue)
    queue.handle(q.WorkerSaid(0, m.Failed("j1", OOM)))
    assert queue.handle(q.CancelArrived("j1")) == []


def test_no_snapshot_of_a_job_that_is_being_cancelled_is_published() -> None:
    queue = ready_queue()
    submit(queue)
    frame = snapshot()
    assert queue.handle(q.WorkerSaid(0, frame))[0].event is frame
    queue.handle(q.CancelArrived("j1"))
    assert queue.handle(q.WorkerSaid(0, snapshot())) == []


def test_a_job_whose_worker_died_is_resumed() -> None:
    queue = ready_queue()
    submit(queue)
    resumed = replace(running(attempts=2), deaths=1)
    assert queue.handle(q.WorkerDied(0, "killed by SIGKILL")) == [
        q.Record(job(state="queued", attempts=1, deaths=1)),
        q.Record(resumed),
        q.Start(0, resumed),
        q.Publish(m.Started("j1")),
        q.Publish(m.Preparing("j1", "starting a worker and loading models", 0.0)),
    ]


def test_a_job_whose_worker_died_too_often_fails_and_the_next_one_starts() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    for _ in range(MAX_DEATHS - 1):
        queue.handle(q.WorkerDied(0, "killed by SIGKILL"))
    record, publish, *rest = queue.handle(q.WorkerDied(0, "killed by SIGKILL"))
    problem = record.job.problem
    assert problem.code == "internal"
    assert problem.message == "The worker process ended 3 times while it ran this job (killed by SIGKILL)."
    assert publish == q.Publish(m.Failed("j1", problem))
    assert rest[1] == q.Start(0, running(2))


def test_only_a_checkpoint_that_brings_the_job_further_makes_its_deaths_forgotten() -> None:
    queue = ready_queue()
    submit(queue)
    for saved, deaths in ((0.3, 1), (0.3, 2)):
        (*_, record, start, _, _) = queue.handle(q.WorkerDied(0, "killed"))
        assert (record.job.deaths, start.job.deaths) == (deaths, deaths)
        recorded = queue.handle(q.WorkerSaved(0, "j1", saved))
        # The second time the resumed job stores again what it had: it dies in the same place.
        assert [action.job.deaths for action in recorded] == ([0] if deaths == 1 else [])
        if deaths == 1:
            queue.handle(q.WorkerDied(0, "killed"))
    assert queue.handle(q.WorkerDied(0, "killed"))[0].job.state == "failed"


def test_a_new_checkpoint_makes_the_backends_own_ends_forgotten() -> None:
    queue = JobQueue(range(1))
    queue.handle(q.JobsRestored((replace(running(1), interruptions=5),)))
    assert queue.handle(q.WorkerSaved(0, "j1", 0.1))[0].job.interruptions == 0


def test_an_idle_workers_death_concerns_no_job() -> None:
    assert ready_queue().handle(q.WorkerDied(0, "killed")) == []


def test_what_a_replaced_worker_says_about_another_job_is_ignored() -> None:
    queue = ready_queue()
    submit(queue, 1)
    assert queue.handle(q.WorkerSaid(0, m.Cancelled("j7"))) == []


def test_watching_tells_the_present_state() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    progress = m.Progress("j1", "coarse", 3, 10, 0.1, {}, 2.0, 9.0)
    queue.handle(q.WorkerSaid(0, progress))
    assert queue.handle(q.WatchArrived(B, "j1")) == [q.Tell(B, m.Started("j1")), q.Tell(B, progress)]
    assert queue.handle(q.WatchArrived(B, "j2")) == [q.Tell(B, m.Queued("j2", 1))]


def test_a_late_watcher_that_wants_them_is_told_the_newest_cut_out_of_each_part() -> None:
    queue = ready_queue()
    submit(queue)
    old, other, new = (m.CutOut("j1", part, data, "GrabCut") for part, data in ((0, b"a"), (1, b"b"), (0, b"c")))
    for cut_out in (old, other, new):
        assert queue.handle(q.WorkerSaid(0, cut_out)) == [q.Publish(cut_out)]
    progress = m.Preparing("j1", "sampling", 0.5)
    queue.handle(q.WorkerSaid(0, progress))
    told = [q.Tell(B, event) for event in (m.Started("j1"), new, other, progress)]
    assert queue.handle(q.WatchArrived(B, "j1", cut_outs=True)) == told
    assert queue.handle(q.WatchArrived(B, "j1")) == [told[0], told[-1]]


def test_watching_an_ended_job_tells_its_end_again() -> None:
    queue = ready_queue()
    for number in (1, 2, 3):
        submit(queue, number)
    queue.handle(q.CancelArrived("j3"))
    queue.handle(q.WorkerSaid(0, m.Finished("j1", textured(), 3.5)))
    queue.handle(q.WorkerSaid(0, m.Failed("j2", OOM)))
    assert queue.handle(q.WatchArrived(B, "j1")) == [q.SendResult(B, "j1", 3.5)]
    assert queue.handle(q.WatchArrived(B, "j2")) == [q.Tell(B, m.Failed("j2", OOM))]
    assert queue.handle(q.WatchArrived(B, "j3")) == [q.Tell(B, m.Cancelled("j3"))]


def test_watching_an_unknown_job_is_answered_as_its_failure() -> None:
    (tell,) = ready_queue().handle(q.WatchArrived(A, "lost"))
    assert tell.message.problem.code == "unavailable"
    assert "'lost'" in tell.message.problem.message


def test_jobs_that_waited_or_ran_when_the_server_ended_go_on() -> None:
    queue = JobQueue(range(1))
    done = job("j0", "r0", state="finished", seconds=1.0)
    actions = queue.handle(q.JobsRestored((done, running(1), job("j2", "r2"))))
    assert q.Start(0, replace(running(1, attempts=2), interruptions=1)) in actions
    assert q.Publish(m.Queued("j2", 1)) in actions
    assert queue.handle(q.WatchArrived(A, "j0")) == [q.SendResult(A, "j0", 1.0)]


def test_a_job_with_which_the_backend_ended_too_often_is_not_restored() -> None:
    cut_off = replace(running(1), interruptions=MAX_INTERRUPTIONS - 1)
    actions = JobQueue(range(1)).handle(q.JobsRestored((cut_off,)))
    assert actions[0].job.state == "failed"
    assert not any(isinstance(action, q.Start) for action in actions)


def test_an_ended_job_keeps_its_title_but_not_the_bytes_of_its_files() -> None:
    queue = ready_queue()
    picture = m.Submit("r1", (m.WeightedPrompt(m.ImagePrompt(b"png")),))
    queue.handle(q.SubmitArrived(A, q.Job("j1", picture)))
    record, _ = queue.handle(q.WorkerSaid(0, m.Failed("j1", OOM)))
    assert record.job.submit == picture
    (tell,) = queue.handle(q.ListArrived(A))
    assert tell.message.jobs[0].title == "image prompt"
    assert queue._jobs["j1"].submit.prompts[0].prompt == m.ImagePrompt(b"")


def test_of_ended_jobs_only_the_newest_are_kept_at_hand() -> None:
    queue = ready_queue()
    for number in range(REMEMBERED + 5):
        submit(queue, number)
        queue.handle(q.WorkerSaid(0, m.Failed(f"j{number}", OOM)))
    (tell,) = queue.handle(q.ListArrived(A))
    assert [tell.message.jobs[0].job_id, len(tell.message.jobs)] == ["j5", REMEMBERED]
    assert queue.known_request("r4") is None
    assert queue.known_request("r5") == "j5"


def test_a_job_that_ran_when_the_server_was_ended_in_order_waits_for_the_next_one() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    assert queue.handle(q.Leaving()) == [q.Record(job("j1", "r1", state="queued", attempts=1))]


def test_a_job_that_was_being_cancelled_when_the_server_was_ended_is_cancelled() -> None:
    queue = ready_queue()
    submit(queue)
    queue.handle(q.CancelArrived("j1"))
    assert queue.handle(q.Leaving())[0] == q.Record(replace(running(), state="cancelled"))


def test_a_job_that_many_servers_have_started_in_order_has_no_death_counted() -> None:
    queue = JobQueue(range(1))
    queue.handle(q.JobsRestored((job("j1", "r1", attempts=5),)))
    queue.handle(q.WorkerReady(0))
    assert q.Start(0, replace(running(1, attempts=7), deaths=1)) in queue.handle(q.WorkerDied(0, "killed"))


def test_a_silent_worker_is_reported_to_those_who_watch_its_job() -> None:
    queue = ready_queue()
    assert queue.handle(q.WorkerSilent(0, 60.2)) == []
    submit(queue)
    (publish,) = queue.handle(q.WorkerSilent(0, 60.2))
    assert publish.event == m.Preparing("j1", "computing, without a sign of life for 60 s; Cancel ends it", 0.0)
    assert queue.handle(q.WatchArrived(B, "j1"))[1] == q.Tell(B, publish.event)
    queue.handle(q.CancelArrived("j1"))
    assert queue.handle(q.WorkerSilent(0, 120.2)) == []


def test_closing_cancels_everything_and_records_it() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    actions = queue.handle(q.Closing())
    assert [action.event for action in actions if isinstance(action, q.Publish)] == [
        m.Cancelled("j1"),
        m.Cancelled("j2"),
    ]
    assert [action.job.state for action in actions if isinstance(action, q.Record)] == ["cancelled", "cancelled"]


def test_the_list_names_every_job() -> None:
    queue = ready_queue()
    submit(queue, 1)
    submit(queue, 2)
    (tell,) = queue.handle(q.ListArrived(A))
    assert [(info.job_id, info.state, info.title) for info in tell.message.jobs] == [
        ("j1", "running", "a red car"),
        ("j2", "queued", "a red car"),
    ]


def test_a_job_without_words_has_a_title_all_the_same() -> None:
    picture = m.Submit("r", (m.WeightedPrompt(m.ImagePrompt(b"png")),))
    assert q.title_of(picture) == "image prompt"
