"""The demo's queue and its playback as tables of requests and times, without a socket or a clock."""

import numpy as np
import pytest
from any_to_3d.blender_addon.demo.fewer_faces import within
from any_to_3d.blender_addon.demo.jobs import DemoJobs
from any_to_3d.blender_addon.demo.playback import Playback
from any_to_3d.shared.mesh import MeshSnapshot, TexturedMesh
from any_to_3d.shared.messages import (
    Accepted,
    Ack,
    AudioPrompt,
    Cancelled,
    CutOut,
    Failed,
    Finished,
    ImagePrompt,
    Paused,
    Preparing,
    Progress,
    Queued,
    Started,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
)
from any_to_3d.shared.recording import Recording, Timed

ME, YOU = b"me", b"you"
SECONDS = 5.0
"""For which every job here plays; the recorded one took twice as long."""


def grid(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """A square of cells x cells quads, as vertices and faces."""
    x, y = np.meshgrid(np.linspace(-1, 1, cells + 1), np.linspace(-1, 1, cells + 1))
    vertices = np.stack([x.ravel(), y.ravel(), 0.1 * x.ravel()], axis=1).astype(np.float32)
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    right, above = corner + 1, corner + cells + 1
    faces = np.concatenate([np.stack([corner, right, above + 1], 1), np.stack([corner, above + 1, above], 1)])
    return vertices, faces.astype(np.int32)


def snapshot(sequence: int, cells: int = 4) -> MeshSnapshot:
    vertices, faces = grid(cells)
    colors = np.full((len(vertices), 4), sequence, np.uint8)
    return MeshSnapshot("", sequence, "coarse", sequence, sequence, vertices, faces, colors)


RESULT = TexturedMesh(*grid(1), np.zeros((1, 2), np.float32), np.zeros((2, 3), np.int32), np.zeros((1, 1, 3), np.uint8))
RECORDING = Recording(
    prompt="a thing",
    preset="standard",
    seed=0,
    backend_version="1",
    phases=("coarse",),
    seconds=10.0,
    events=(
        Timed(0.0, Preparing("", "reading the prompt", 0.0)),
        Timed(2.0, Progress("", "coarse", 1, 3, 0.2, {"loss": 1.0}, 4.0, None)),
        Timed(2.0, snapshot(11)),
        Timed(4.0, Progress("", "coarse", 2, 3, 0.4, {"loss": 0.5}, 4.0, 9.0)),
        Timed(4.0, snapshot(12)),
        Timed(6.0, snapshot(13)),
    ),
    result=RESULT,
    picture=b"png",
)


def submit(name: str, *prompts: object) -> Submit:
    return Submit(name, tuple(WeightedPrompt(prompt) for prompt in prompts or (TextPrompt("a chair"),)))


@pytest.fixture
def jobs() -> DemoJobs:
    return DemoJobs(RECORDING, "a recording")


def start(jobs: DemoJobs, name: str, client: bytes = ME, now: float = 0.0, **watching: object) -> str:
    """Submit and watch a job; its id."""
    (_, accepted), *_ = jobs.submit(client, submit(name), SECONDS, now)
    assert isinstance(accepted, Accepted)
    jobs.watch(client, Watch(accepted.job_id, **watching))
    return accepted.job_id


def kinds(addressed: list) -> list[type]:
    return [type(message) for _, message in addressed]


def test_a_request_is_accepted_with_the_notice_and_twice_the_same(jobs):
    first = jobs.submit(ME, submit("r1"), SECONDS, 0.0)
    assert first == [(ME, Accepted("r1", "demo-r1", "a recording"))]
    assert jobs.submit(ME, submit("r1"), SECONDS, 1.0) == first
    assert len(jobs.listing().jobs) == 1


def test_one_job_plays_and_the_others_are_told_their_places(jobs):
    start(jobs, "r1")
    jobs.submit(ME, submit("r2"), SECONDS, 0.0)
    assert jobs.watch(ME, Watch("demo-r2")) == [(ME, Queued("demo-r2", 1))]
    jobs.submit(YOU, submit("r3"), SECONDS, 0.0)
    assert jobs.watch(YOU, Watch("demo-r3")) == [(YOU, Queued("demo-r3", 2))]
    assert [job.state for job in jobs.listing().jobs] == ["running", "queued", "queued"]
    assert jobs.due(SECONDS) == [
        (ME, Finished("demo-r1", RESULT, SECONDS)),
        (ME, Started("demo-r2")),
        (YOU, Queued("demo-r3", 1)),
    ]


def test_a_job_is_played_at_its_own_speed_from_when_its_turn_came(jobs):
    start(jobs, "r1")
    start(jobs, "r2")
    jobs.due(SECONDS)
    assert kinds(jobs.due(SECONDS + 0.9)) == [Preparing]
    assert kinds(jobs.due(SECONDS + 1.1)) == [Progress, MeshSnapshot]
    assert kinds(jobs.due(2 * SECONDS + 0.1)) == [Finished]


def test_progress_tells_the_playings_own_speed_and_the_time_that_is_left(jobs):
    start(jobs, "r1", credit=0)
    ((_, progress),) = jobs.due(2.5)
    assert progress == Progress("demo-r1", "coarse", 2, 3, 0.4, {"loss": 0.5}, 8.0, 2.5)


def test_of_what_has_piled_up_only_the_newest_is_sent_and_once(jobs):
    start(jobs, "r1")
    sent = jobs.due(3.5)
    assert kinds(sent) == [Progress, MeshSnapshot]
    assert (sent[0][1].step, sent[1][1].sequence) == (2, 3)
    assert jobs.due(3.6) == []


def test_a_snapshot_waits_until_the_last_one_is_acknowledged(jobs):
    job_id = start(jobs, "r1")
    assert kinds(jobs.due(1.1)) == [Progress, MeshSnapshot]
    assert kinds(jobs.due(2.1)) == [Progress]
    jobs.ack(ME, Ack(job_id, 99))
    assert jobs.due(2.2) == []
    jobs.ack(ME, Ack(job_id, 1))
    ((_, second),) = jobs.due(2.3)
    assert (second.sequence, second.colors[0, 0]) == (2, 12)


def test_a_watcher_without_credit_gets_no_snapshot_and_all_the_progress(jobs):
    start(jobs, "r1", credit=0)
    assert [kinds(jobs.due(now)) for now in (0.1, 1.1, 2.1, 3.1)] == [[Preparing], [Progress], [Progress], []]


def test_two_credits_let_two_snapshots_be_on_the_way(jobs):
    start(jobs, "r1", credit=2)
    assert [MeshSnapshot in kinds(jobs.due(now)) for now in (1.1, 2.1, 3.1)] == [True, True, False]


def test_watching_again_restores_the_credits_and_shows_what_is_newest(jobs):
    job_id = start(jobs, "r1")
    jobs.due(2.1)
    assert kinds(jobs.watch(ME, Watch(job_id))) == [Started]
    assert kinds(jobs.due(2.2)) == [Progress, MeshSnapshot]


def test_each_watcher_is_served_by_its_own_credits(jobs):
    job_id = start(jobs, "r1")
    jobs.due(1.1)
    jobs.watch(YOU, Watch(job_id))
    assert [(client, type(message)) for client, message in jobs.due(1.2)] == [(YOU, Progress), (YOU, MeshSnapshot)]


def test_cancel_ends_the_playing_job_for_every_watcher_and_starts_the_next(jobs):
    job_id = start(jobs, "r1")
    jobs.watch(YOU, Watch(job_id))
    start(jobs, "r2", YOU)
    assert jobs.cancel(job_id, 1.0) == [(ME, Cancelled(job_id)), (YOU, Cancelled(job_id)), (YOU, Started("demo-r2"))]
    assert jobs.cancel(job_id, 1.1) == []
    assert jobs.watch(ME, Watch(job_id)) == [(ME, Cancelled(job_id))]


def test_cancel_takes_a_waiting_job_out_of_the_queue(jobs):
    start(jobs, "r1")
    waiting = start(jobs, "r2")
    start(jobs, "r3")
    assert jobs.cancel(waiting, 1.0) == [(ME, Cancelled(waiting)), (ME, Queued("demo-r3", 1))]
    assert [job.state for job in jobs.listing().jobs] == ["running", "cancelled", "queued"]


def test_a_finished_job_is_sent_to_whoever_asks_later(jobs):
    job_id = start(jobs, "r1")
    jobs.due(SECONDS)
    assert jobs.watch(YOU, Watch(job_id)) == [(YOU, Finished(job_id, RESULT, SECONDS))]


def test_an_unknown_job_is_unavailable(jobs):
    ((_, failed),) = jobs.watch(ME, Watch("j123"))
    assert isinstance(failed, Failed)
    assert (failed.job_id, failed.problem.code) == ("j123", "unavailable")


def test_pictures_are_answered_by_the_recorded_objects_own_to_those_who_ask(jobs):
    prompts = (TextPrompt("a chair"), ImagePrompt(b"x"), AudioPrompt(b"x"), ImagePrompt(b"y"))
    jobs.submit(ME, submit("r1", *prompts), SECONDS, 0.0)
    assert kinds(jobs.watch(ME, Watch("demo-r1"))) == [Started]
    _, *cut_outs = (message for _, message in jobs.watch(ME, Watch("demo-r1", cut_outs=True)))
    assert [(type(each), each.part, each.picture, each.method) for each in cut_outs] == [
        (CutOut, 1, b"png", "none"),
        (CutOut, 3, b"png", "none"),
    ]


def test_a_job_is_listed_by_its_words(jobs):
    jobs.submit(ME, submit("r1", TextPrompt("a chair"), TextPrompt("in red")), SECONDS, 0.0)
    jobs.submit(ME, submit("r2", AudioPrompt(b"x")), SECONDS, 0.0)
    assert [job.title for job in jobs.listing().jobs] == ["a chair + in red", "a prompt without words"]


@pytest.mark.parametrize("limit", [100, 200, 1000, 5000])
def test_a_snapshot_has_at_most_the_faces_that_were_asked_for(limit):
    fewer = within(snapshot(1, cells=60), limit)
    fewer.validate()
    assert 0 < len(fewer.faces) <= limit
    assert len(fewer.colors) == len(fewer.vertices)
    assert np.allclose(np.ptp(fewer.vertices, axis=0)[:2], 2.0, atol=0.5)


def test_fewer_faces_still_look_the_same_way():
    fewer = within(snapshot(1, cells=60), 1000)
    a, b, c = fewer.vertices[fewer.faces].transpose(1, 0, 2)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_the_topology_number_changes_exactly_with_the_faces():
    playback = Playback(RECORDING, "job", SECONDS)
    first, second = playback.snapshot(1, 50_000), playback.snapshot(2, 50_000)
    assert first.topology == second.topology
    assert np.array_equal(first.faces, second.faces)
    assert Playback(RECORDING, "job", SECONDS).snapshot(1, 16).topology != first.topology


def playing():
    jobs = DemoJobs(RECORDING, "")
    jobs.submit(ME, submit("a"), SECONDS, 0.0)
    jobs.watch(ME, Watch("demo-a", credit=0, pauses=True))
    jobs.watch(YOU, Watch("demo-a", credit=0))
    return jobs


def test_n4_a_paused_job_tells_nothing_and_takes_up_where_it_was():
    jobs = playing()
    assert jobs.pause("demo-a", 1.0) == [(ME, Paused("demo-a"))], "who did not ask for it cannot read it"
    assert jobs.pause("demo-a", 1.5) == []
    assert jobs.due(100.0) == []
    assert jobs.listing().jobs[0].is_paused
    assert jobs.watch(ME, Watch("demo-a", pauses=True)) == [(ME, Started("demo-a")), (ME, Paused("demo-a"))]
    assert jobs.resume("demo-a", 101.0) == [(ME, Started("demo-a")), (YOU, Started("demo-a"))]
    assert not any(isinstance(event, Finished) for _, event in jobs.due(104.9))
    assert [type(event) for _, event in jobs.due(105.1)] == [Finished, Finished]


def test_n4_a_paused_job_can_be_cancelled_and_the_next_one_starts():
    jobs = playing()
    jobs.submit(ME, submit("b"), SECONDS, 0.5)
    jobs.pause("demo-a", 1.0)
    assert (ME, Cancelled("demo-a")) in jobs.cancel("demo-a", 2.0)
    assert [job.state for job in jobs.listing().jobs] == ["cancelled", "running"]


@pytest.mark.parametrize("is_paused", [False, True])
def test_n6_finish_now_gives_the_result_at_once(is_paused):
    jobs = playing()
    if is_paused:
        jobs.pause("demo-a", 1.0)
    assert [type(event) for _, event in jobs.finish_now("demo-a", 2.0)] == [Finished, Finished]
    assert jobs.finish_now("demo-a", 2.0) == jobs.pause("demo-a", 2.0) == jobs.resume("demo-a", 2.0) == []
