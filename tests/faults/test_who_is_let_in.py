"""Who is let in, for how long, and whose jobs a client sees: a real server with keys, and real clients."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend.access.client_list import LOOK_AGAIN_SECONDS, authorise, revoke
from any_to_3d.backend.keys import create_keys, read_server_public
from any_to_3d.backend.pins import IN_FILE
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.fingerprint import fingerprint
from any_to_3d.shared.starting_points import Continue
from live_backend import Backend, Talker, wait_until
from requests_and_jobs import request

A_WHILE = 3 * LOOK_AGAIN_SECONDS


@dataclass(frozen=True)
class Studio:
    """A running backend with keys, and the means to let people in."""

    backend: Backend
    server_file: Path

    def hire(self, name: str) -> CurveKeys:
        """Keys of a new client that is let in."""
        keys = self.apply()
        authorise(self.server_file, name, keys.client_public)
        return keys

    def apply(self) -> CurveKeys:
        """Keys of a client that nobody listed."""
        public, secret = (key.decode() for key in zmq.curve_keypair())
        return CurveKeys(read_server_public(self.server_file), public, secret)

    def talker(self, keys: CurveKeys) -> Talker:
        return Talker(self.backend.address, keys)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    server, _ = create_keys(folder / "keys")
    with Backend(folder, "--keys", str(server)) as backend:
        yield Studio(backend, server)


@pytest.fixture(scope="module")
def anna(studio: Studio) -> Iterator[Talker]:
    with studio.talker(studio.hire("anna")) as talker:
        talker.of(m.Welcome)
        yield talker


@pytest.fixture(scope="module")
def bert(studio: Studio) -> Iterator[Talker]:
    with studio.talker(studio.hire("bert")) as talker:
        talker.of(m.Welcome)
        yield talker


def jobs_of(talker: Talker) -> list[str]:
    talker.send(m.ListJobs())
    return [job.job_id for job in talker.of(m.Jobs).jobs]


def test_a_client_is_let_in_as_soon_as_it_is_authorised_and_not_before(studio: Studio) -> None:
    keys = studio.apply()
    with studio.talker(keys) as talker:
        assert talker.silence(0.7) == []
    authorise(studio.server_file, "carla", keys.client_public)
    with studio.talker(keys) as talker:
        talker.of(m.Welcome)


def test_a_revoked_client_is_not_answered_on_the_connection_that_it_has(studio: Studio) -> None:
    keys = studio.hire("dora")
    with studio.talker(keys) as dora:
        job_id = dora.submit(seconds=30)
        dora.of(m.Progress)
        revoke(studio.server_file, "dora")
        dora.silence(A_WHILE)
        dora.send(m.Cancel(job_id))
        dora.send(m.ListJobs())
        dora.send(m.Hello("2.0", "not even the version"))
        assert dora.silence(1.5) == []
    log = studio.backend.log.read_text()
    assert "client=dora revoked fingerprint=" in log
    assert f"{job_id} state=cancelled" not in log
    # With the same key its job is its own again.
    authorise(studio.server_file, "dora", keys.client_public)
    with studio.talker(keys) as dora:
        dora.send(m.Watch(job_id))
        dora.of(m.Started)
        dora.send(m.Cancel(job_id))
        dora.of(m.Cancelled)


def test_a_revoked_client_cannot_connect_again(studio: Studio) -> None:
    keys = studio.hire("emil")
    with studio.talker(keys) as emil:
        emil.of(m.Welcome)
    revoke(studio.server_file, "emil")
    time.sleep(A_WHILE)
    with studio.talker(keys) as emil:
        assert emil.silence(1.0) == []
        assert emil.client.obstacle == "key_unlisted"


def test_only_ones_own_jobs_are_listed(anna: Talker, bert: Talker) -> None:
    hers, his = anna.submit(seconds=0.1), bert.submit(seconds=0.1)
    anna.of(m.Finished)
    bert.of(m.Finished)
    assert hers in jobs_of(anna)
    assert his in jobs_of(bert)
    assert not set(jobs_of(anna)) & set(jobs_of(bert))


def test_a_job_of_somebody_else_is_answered_like_one_that_does_not_exist(
    studio: Studio, anna: Talker, bert: Talker
) -> None:
    job_id = anna.submit(seconds=30)
    anna.of(m.Progress)
    for unknown in (job_id, "j" + "0" * 16):
        bert.send(m.Watch(unknown))
        assert bert.of(m.Failed) == m.Failed(
            unknown, m.Problem("unavailable", f"This backend has no job {unknown!r}.", "Submit the prompt again.")
        )
        for asked in (m.Cancel(unknown), m.Move(unknown, 1), m.Ack(unknown, 1), m.Keep(unknown)):
            bert.send(asked)
        assert not [message for message in bert.silence(0.5) if not isinstance(message, m.Welcome)]
    assert not list(studio.backend.folder.rglob(IN_FILE))
    anna.send(m.Keep(job_id))
    wait_until(lambda: list(studio.backend.folder.rglob(IN_FILE)), "her own wish to keep it")
    anna.send(m.Cancel(job_id))
    anna.of(m.Cancelled)


def test_a_job_of_somebody_else_cannot_be_continued(anna: Talker, bert: Talker) -> None:
    job_id = anna.submit(seconds=0.1)
    anna.of(m.Finished)
    unknown = "j" + "0" * 16
    answers = []
    for asked in (job_id, unknown):
        bert.send(replace(request("mine"), source=Continue(asked)))
        answers.append(bert.of(m.Rejected))
    assert answers[0].problem.message == f"This backend has no job {job_id!r}."
    # In every word that of a job that there never was.
    assert answers[1] == replace(
        answers[0], problem=replace(answers[0].problem, message=f"This backend has no job {unknown!r}.")
    )


def test_the_same_request_id_of_two_clients_makes_two_jobs(anna: Talker, bert: Talker) -> None:
    asked = request(f"same-{time.monotonic_ns()}", seconds=0.1)
    first, again = anna.submit(asked=asked), anna.submit(asked=asked)
    assert first == again
    assert bert.submit(asked=asked) != first


def test_a_moved_job_overtakes_only_jobs_of_its_own_client(anna: Talker, bert: Talker) -> None:
    running = anna.submit(seconds=30)
    anna.of(m.Started)
    his = bert.submit(seconds=0.1)
    first, second = anna.submit(seconds=0.1), anna.submit(seconds=0.1)
    anna.until(lambda message: message == m.Queued(second, 3))
    anna.send(m.Move(second, 1))
    anna.until(lambda message: message == m.Queued(second, 2))
    bert.send(m.Watch(his))
    bert.until(lambda message: message == m.Queued(his, 1))
    for job_id in (first, second, running):
        anna.send(m.Cancel(job_id))
    bert.of(m.Finished)


def test_owners_outlive_the_server_and_shared_jobs_lift_them(tmp_path: Path) -> None:
    server, client = create_keys(tmp_path / "keys")
    first = CurveKeys.read(client)
    public, secret = (key.decode() for key in zmq.curve_keypair())
    authorise(server, "second", public)
    second = CurveKeys(first.server_public, public, secret)
    with Backend(tmp_path, "--keys", str(server)) as backend, Talker(backend.address, first) as talker:
        job_id = talker.submit(seconds=0.1)
        talker.of(m.Finished)
    with Backend(tmp_path, "--keys", str(server)) as backend:
        with Talker(backend.address, first) as talker:
            assert jobs_of(talker) == [job_id]
        with Talker(backend.address, second) as talker:
            assert jobs_of(talker) == []
    options = ("--keys", str(server), "--shared-jobs")
    with Backend(tmp_path, *options) as backend, Talker(backend.address, second) as talker:
        assert jobs_of(talker) == [job_id]
        talker.send(m.Watch(job_id))
        talker.of(m.Finished)


def test_the_servers_fingerprint_is_in_its_log(studio: Studio) -> None:
    assert f"fingerprint={fingerprint(read_server_public(studio.server_file))}" in studio.backend.log.read_text()
