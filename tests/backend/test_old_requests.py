"""A request that is sent again long after its job has ended: the server has forgotten the job, its disk has not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend.jobs_at_hand import REMEMBERED
from any_to_3d.backend.pins import IN_FILE
from any_to_3d.backend.queue_messages import JobsRestored
from any_to_3d.backend.store import JobStore
from any_to_3d.shared import messages as m
from requests_and_jobs import job, request, textured
from test_server_turns import Table


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """A server whose folder has two old jobs, one finished and one failed, and so many newer ones as it remembers."""
    store = JobStore(tmp_path)
    problem = m.Problem("internal", "It broke.")
    old = job("old", "once", state="finished", seconds=2.0, notice="as it was")
    for each in (old, job("broken", "twice", state="failed", problem=problem)):
        store.admit(each)
    store.save_result("old", textured())
    for number in range(REMEMBERED):
        store.save(job(f"j{number}", f"r{number}", state="cancelled"))
    store.close()
    with zmq.Context() as context:
        table = Table(context, tmp_path)
        table.server._handle(JobsRestored(tuple(table.server._store.load()[0])))
        yield table
        table.client.close(0)
        table.server._router.close(0)
        table.server._store.close()


def test_a_request_is_the_same_job_as_long_as_its_record_lasts(table: Table) -> None:
    assert table.server._queue.job("old") is None, "else this tests nothing"
    assert table.ask(request("once")) == [m.Accepted("once", "old", "as it was")]
    assert not table.pool.sent
    table.server._store.delete("old")
    (accepted,) = table.ask(request("once"))
    assert accepted.job_id not in ("old", "broken")


def test_the_end_of_such_a_job_is_told_to_who_watches_it(table: Table) -> None:
    (finished,) = table.ask(m.Watch("old"))
    assert (finished.job_id, finished.seconds) == ("old", 2.0)
    assert table.ask(m.Watch("broken")) == [m.Failed("broken", m.Problem("internal", "It broke."))]


def test_a_record_of_a_job_that_waits_but_is_unknown_to_the_queue_is_not_watched(table: Table) -> None:
    table.server._store.save(replace(job("lost", "lost"), state="queued"))
    (failed,) = table.ask(m.Watch("lost"))
    assert isinstance(failed, m.Failed)


def test_a_job_that_a_file_refers_to_is_marked_and_no_text_of_a_client_becomes_a_path(table: Table) -> None:
    for asked in ("old", "../../old", "", "nobody"):
        assert table.ask(m.Keep(asked)) == []
    marks = [path.relative_to(table.server._store.folder) for path in table.server._store.folder.rglob(IN_FILE)]
    assert marks == [Path("jobs/old") / IN_FILE]
