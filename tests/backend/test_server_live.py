"""The server on a real socket, with real worker processes and the fake profile."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgpack
import pytest
import zmq
from any_to_3d.blender_addon.session import LOST_AFTER
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.wire import decode, encode
from live_backend import Backend, Talker
from photos import photo, png
from requests_and_jobs import request

TERMINAL = m.TERMINAL_EVENTS


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend")) as backend:
        yield backend


@pytest.fixture
def talker(backend: Backend) -> Iterator[Talker]:
    with Talker(backend.address) as talker:
        yield talker


def test_welcome_names_profile_device_recipes_and_presets(talker: Talker) -> None:
    welcome = talker.until(lambda message: isinstance(message, m.Welcome) and message.device != "starting")
    assert (welcome.protocol_version, welcome.profile, welcome.device, welcome.kernels) == (
        PROTOCOL_VERSION,
        "fake",
        "cpu",
        "fake",
    )
    (recipe,) = welcome.recipes
    assert recipe.phases == ("coarse", "geometry", "texture")
    assert [(preset.name, preset.seconds_estimate) for preset in recipe.presets] == [
        ("draft", 2.0),
        ("standard", 6.0),
        ("high", 20.0),
    ]


def test_a_job_runs_from_submit_to_a_valid_mesh(talker: Talker) -> None:
    job_id = talker.submit(seconds=3.6, prepare_seconds=0.1, export_seconds=0.3)
    finished = talker.of(m.Finished)
    finished.mesh.validate()
    events = [message for message in talker.heard if getattr(message, "job_id", None) == job_id][1:]
    kinds = [type(event).__name__ for event in events]
    assert kinds[0] == "Started"
    assert kinds[-1] == "Finished"
    assert "Preparing" in kinds
    progress = [event for event in events if isinstance(event, m.Progress)]
    # Each phase takes longer than the second between two reports; the last report of one may be overtaken by the next.
    assert list(dict.fromkeys(event.phase for event in progress)) == ["coarse", "geometry", "texture"]
    assert [event.overall for event in progress] == sorted(event.overall for event in progress)
    assert 8 / 13 < progress[-1].overall <= 12 / 13 + 1e-9
    assert progress[-1].seconds_left > 0


def test_a_snapshot_comes_only_after_the_last_one_was_acknowledged(talker: Talker) -> None:
    job_id = talker.submit(credit=1, seconds=30)
    first = talker.of(MeshSnapshot)
    assert not [message for message in talker.silence(0.8) if isinstance(message, MeshSnapshot)]
    talker.send(m.Ack(job_id, first.sequence))
    second = talker.of(MeshSnapshot)
    assert second.sequence == first.sequence + 1
    assert second.step > first.step
    talker.send(m.Cancel(job_id))
    talker.of(m.Cancelled)


def test_a_watcher_without_credit_gets_no_snapshot(talker: Talker) -> None:
    talker.submit(credit=0, seconds=0.6)
    talker.of(m.Finished)
    assert not [message for message in talker.heard if isinstance(message, MeshSnapshot)]


@pytest.mark.parametrize(
    ("state", "settings"),
    [
        (m.Preparing, {"prepare_seconds": 1.0}),
        (m.Progress, {"seconds": 30}),
        ("exporting", {"seconds": 0.1, "export_seconds": 6}),
    ],
)
def test_cancel_is_answered_within_two_seconds(talker: Talker, state: object, settings: dict[str, float]) -> None:
    job_id = talker.submit(**settings)
    if state == "exporting":
        talker.until(lambda event: isinstance(event, m.Preparing) and "texture" in event.what)
    else:
        talker.of(state)
    before = time.monotonic()
    talker.send(m.Cancel(job_id))
    assert isinstance(talker.until(lambda event: isinstance(event, TERMINAL)), m.Cancelled)
    assert time.monotonic() - before < 2


def test_a_waiting_job_is_cancelled_and_the_running_one_goes_on(talker: Talker) -> None:
    first = talker.submit(seconds=30)
    second = talker.submit(seconds=30)
    assert talker.of(m.Queued) == m.Queued(second, 1)
    talker.send(m.Cancel(second))
    assert talker.of(m.Cancelled).job_id == second
    talker.send(m.Cancel(first))
    assert talker.of(m.Cancelled).job_id == first


def test_a_step_that_does_not_end_is_cancelled_all_the_same_and_the_next_job_runs(talker: Talker) -> None:
    job_id = talker.submit(seconds=0.6, stall_at=3)
    talker.of(m.Progress)
    before = time.monotonic()
    talker.send(m.Cancel(job_id))
    talker.of(m.Cancelled)
    assert time.monotonic() - before < 2
    talker.submit(seconds=0.1)
    talker.of(m.Finished)


def test_two_clients_see_the_same_job_and_only_their_own_answers(backend: Backend, talker: Talker) -> None:
    with Talker(backend.address) as other:
        job_id = talker.submit(seconds=0.8)
        other.send(m.Watch(job_id))
        mine, theirs = talker.of(m.Finished), other.of(m.Finished)
        assert mine.job_id == theirs.job_id == job_id
        assert not [message for message in other.heard if isinstance(message, m.Accepted)]
        assert [message for message in other.heard if isinstance(message, MeshSnapshot)]


def test_a_picture_is_shown_to_a_late_watcher_that_can_read_it(backend: Backend, talker: Talker) -> None:
    part = m.WeightedPrompt(m.ImagePrompt(png(photo())))
    job_id = talker.submit(asked=m.Submit(f"r{time.monotonic_ns()}", (part,), overrides={"seconds": 1.0}))
    talker.of(m.Progress)
    with Talker(backend.address) as later:
        later.send(m.Watch(job_id, cut_outs=True))
        shown = later.of(m.CutOut)
        assert (shown.job_id, shown.part) == (job_id, 0)
        later.of(m.Finished)
    talker.of(m.Finished)
    assert not [message for message in talker.heard if isinstance(message, m.CutOut)]


def test_the_same_request_twice_makes_one_job(talker: Talker) -> None:
    asked = request(f"twice-{time.monotonic_ns()}", seconds=0.1)
    assert talker.submit(asked=asked) == talker.submit(asked=asked)


def test_a_failure_of_the_job_comes_as_its_problem(talker: Talker) -> None:
    talker.submit(seconds=0.3, fail_at=2)
    problem = talker.of(m.Failed).problem
    assert (problem.code, problem.message) == ("bad_request", "the fake job was asked to fail at step 2")


def test_a_finished_job_can_be_fetched_later_from_disk(backend: Backend, talker: Talker) -> None:
    job_id = talker.submit(seconds=0.1)
    talker.of(m.Finished)
    with Talker(backend.address) as later:
        later.send(m.Watch(job_id))
        assert later.of(m.Finished).job_id == job_id
        later.send(m.ListJobs())
        assert (job_id, "finished") in [(job.job_id, job.state) for job in later.of(m.Jobs).jobs]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"recipe": "magic"}, "There is no recipe 'magic'."),
        ({"preset": "ultra"}, "Recipe 'xbind' has no preset 'ultra'."),
        ({"prompts": ()}, "The request has 0 prompts."),
        ({"overrides": {"sparkle": 1.0}}, "There is no setting 'sparkle' in profile 'fake'."),
    ],
)
def test_a_bad_request_is_rejected_with_a_sentence(talker: Talker, changed: dict[str, object], message: str) -> None:
    talker.send(replace(request("bad"), **changed))
    rejected = talker.of(m.Rejected)
    assert (rejected.request_id, rejected.problem.code, rejected.problem.message) == ("bad", "bad_request", message)


def test_a_client_may_not_end_a_server_that_does_not_allow_it(talker: Talker) -> None:
    talker.send(m.Shutdown())
    assert talker.of(m.Rejected).problem.message == "This backend may not be ended by a client."


def raw_exchange(backend: Backend, *frames: bytes) -> m.Message:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(backend.address)
        socket.send_multipart(frames)
        assert socket.poll(5000)
        return decode(socket.recv_multipart())


def test_another_major_version_is_refused_with_both_named(backend: Backend) -> None:
    answer = raw_exchange(backend, *encode(m.Hello("2.0", "newer")))
    assert answer.problem.code == "protocol"
    assert answer.problem.message == f"This backend speaks protocol {PROTOCOL_VERSION}, the client speaks 2.0."


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"\xff\x00garbage"],
        [b"x"] * 100,
        [msgpack.packb(["1.0", "Watch", {}])],
        [msgpack.packb(["1.0", "Finished", None])],
    ],
)
def test_garbage_is_answered_and_harms_nobody(backend: Backend, talker: Talker, frames: list[bytes]) -> None:
    answer = raw_exchange(backend, *frames)
    assert answer.problem.code == "protocol"
    assert answer.problem.message.startswith("The backend cannot read this message: ")
    talker.of(m.Welcome)


def test_an_event_sent_by_a_client_is_refused(backend: Backend) -> None:
    answer = raw_exchange(backend, *encode(m.Started("j1")))
    assert answer.problem.message == "Started is not a request; only a backend sends it."


def test_the_backend_answers_while_a_job_computes(talker: Talker) -> None:
    job_id = talker.submit(seconds=30)
    talker.of(m.Progress)
    talker.silence(1.5)
    assert talker.client.seconds_since_heard < LOST_AFTER
    talker.send(m.Cancel(job_id))
    talker.of(m.Cancelled)


def test_the_log_names_each_job_in_each_state(backend: Backend, talker: Talker) -> None:
    job_id = talker.submit(seconds=0.1)
    talker.of(m.Finished)
    states = [
        line.split("state=")[1].split()[0]
        for line in Path(backend.log).read_text().splitlines()
        if f"{job_id} state" in line
    ]
    assert list(dict.fromkeys(states)) == ["queued", "running", "finished"]
