"""Owners of jobs in the queue and on disk, and the bound of what waits for a client that does not read."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import msgpack
import numpy as np
import pytest
from any_to_3d.backend import outbox as outbox_module
from any_to_3d.backend.jobs import JobQueue
from any_to_3d.backend.outbox import Outbox
from any_to_3d.backend.queue_messages import (
    CancelArrived,
    Job,
    ListArrived,
    MoveArrived,
    SubmitArrived,
    Tell,
    WorkerReady,
)
from any_to_3d.backend.store import JobStore
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import TexturedMesh
from any_to_3d.shared.wire import encode
from requests_and_jobs import job, request, textured

ANNA, BERT = "A" * 40, "B" * 40

SCHEMA_OF_0_1 = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE, submit BLOB NOT NULL, notice TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, seconds REAL NOT NULL,
    problem_code TEXT, problem_message TEXT, problem_hint TEXT
)
"""


def listed(queue: JobQueue, owner: str | None) -> list[str]:
    (told,) = queue.handle(ListArrived(b"c", owner))
    assert isinstance(told, Tell)
    assert isinstance(told.message, m.Jobs)
    return [info.job_id for info in told.message.jobs]


def queue_of(*jobs: tuple[str, str], is_shared: bool = False) -> JobQueue:
    """A queue without a free worker, and these jobs (id, owner) waiting in it."""
    queue = JobQueue([], is_shared)
    for job_id, owner in jobs:
        queue.handle(SubmitArrived(b"c", Job(job_id, request(f"r-{job_id}"), owner=owner)))
    return queue


def test_a_list_holds_the_jobs_of_one_owner_or_of_all() -> None:
    jobs = (("j1", ANNA), ("j2", BERT), ("j3", ANNA))
    assert listed(queue_of(*jobs), ANNA) == ["j1", "j3"]
    assert listed(queue_of(*jobs), None) == ["j1", "j2", "j3"]
    assert listed(queue_of(*jobs, is_shared=True), ANNA) == ["j1", "j2", "j3"]


def test_a_job_is_hidden_from_everybody_else_unless_shared() -> None:
    queue = queue_of(("j1", ANNA))
    of_anna = queue.job("j1")
    assert of_anna is not None
    assert [queue.is_hidden(of_anna, owner) for owner in (ANNA, BERT, "")] == [False, True, True]
    assert not queue_of(("j1", ANNA), is_shared=True).is_hidden(of_anna, BERT)


def test_a_request_is_known_to_its_own_client_alone_also_when_jobs_are_shared() -> None:
    for is_shared in (False, True):
        queue = queue_of(("j1", ANNA), is_shared=is_shared)
        assert queue.known_request("r-j1", ANNA) == "j1"
        assert queue.known_request("r-j1", BERT) is None


def test_a_move_leaves_the_places_of_others() -> None:
    queue = queue_of(("a1", ANNA), ("b1", BERT), ("a2", ANNA))
    places = [action.event for action in queue.handle(MoveArrived("a2", 1))]
    assert places == [m.Queued("a2", 1), m.Queued("a1", 3)]


def test_waiting_requests_are_counted_by_owner() -> None:
    queue = queue_of(("a1", ANNA), ("b1", BERT), ("a2", ANNA))
    assert [queue.waiting_of(owner).jobs for owner in (ANNA, BERT, "")] == [2, 1, 0]


def test_the_files_of_waiting_requests_are_weighed_until_they_begin() -> None:
    queue = JobQueue([0])
    submit = replace(request("r1"), prompts=(m.WeightedPrompt(m.ImagePrompt(b"x" * 1000)),))
    for number in (1, 2):
        queue.handle(SubmitArrived(b"c", Job(f"j{number}", replace(submit, request_id=f"r{number}"))))
        assert queue.waiting_of("").bytes == 1000 * (number - 1)
    queue.handle(CancelArrived("j2"))
    assert queue.waiting_of("").bytes == 0


def test_a_running_job_does_not_count_as_waiting() -> None:
    queue = JobQueue([0])
    queue.handle(WorkerReady(0))
    queue.handle(SubmitArrived(b"c", Job("j1", request(), owner=ANNA)))
    assert queue.waiting_of(ANNA).jobs == 0


def test_owners_are_on_disk(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    store.save(job("j1", owner=ANNA))
    store.close()
    again = JobStore(tmp_path)
    assert [(each.job_id, each.owner) for each in again.load()[0]] == [("j1", ANNA)]
    again.close()


def test_a_folder_of_an_older_version_is_opened_and_its_jobs_are_nobodys(tmp_path: Path) -> None:
    submit = msgpack.packb([bytes(frame) for frame in encode(request())])
    with sqlite3.connect(tmp_path / "jobs.sqlite") as records:
        records.execute(SCHEMA_OF_0_1)
        row = ("j1", submit, "", "queued", 0, 0.0)
        records.execute("INSERT INTO jobs (job_id, submit, notice, state, attempts, seconds) VALUES (?,?,?,?,?,?)", row)
    records.close()
    for _ in range(2):
        store = JobStore(tmp_path)
        jobs, complaints = store.load()
        assert ([(each.job_id, each.owner) for each in jobs], complaints) == ([("j1", "")], [])
        store.save(job("j1", owner=ANNA))
        store.close()


def drained(outbox: Outbox, client: bytes) -> list[m.Reply | m.Event]:
    messages = []
    while (message := outbox.peek(client)) is not None:
        outbox.sent(client, message)
        messages.append(message)
    return messages


def large(megabytes: int) -> TexturedMesh:
    mesh = textured()
    return TexturedMesh(
        mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, np.zeros((megabytes * 4, 2**18 // 3, 3), "u1")
    )


def test_what_waits_for_a_client_that_does_not_read_is_bounded_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_BYTES", 5 * 2**20)
    outbox = Outbox()
    for number in range(8):
        outbox.watch(b"slow", m.Watch(f"j{number}"))
        outbox.put(b"slow", m.Finished(f"j{number}", large(2), 1.0))
    waiting = drained(outbox, b"slow")
    assert isinstance(waiting[0], m.Rejected)
    assert waiting[0].problem.message == "You did not read what was sent to you, so it was dropped."
    # Dropped when j2 did not fit, and again with j5; results are on disk, to be watched again.
    assert [message.job_id for message in waiting[1:]] == ["j6", "j7"]


def test_a_client_that_reads_gets_everything_however_much_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_BYTES", 5 * 2**20)
    outbox = Outbox()
    for number in range(9):
        outbox.put(b"quick", m.Finished(f"j{number}", large(2), 1.0))
        (message,) = drained(outbox, b"quick")
        assert message.job_id == f"j{number}"


def test_one_message_may_be_larger_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_BYTES", 2**20)
    outbox = Outbox()
    outbox.put(b"c", m.Finished("j1", large(2), 1.0))
    assert [type(message) for message in drained(outbox, b"c")] == [m.Finished]


def test_the_others_are_not_touched_by_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_BYTES", 5 * 2**20)
    outbox = Outbox()
    outbox.put(b"proper", m.Started("j0"))
    for number in range(9):
        outbox.put(b"slow", m.Finished(f"j{number}", large(2), 1.0))
    assert drained(outbox, b"proper") == [m.Started("j0")]
