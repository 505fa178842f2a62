"""The list of clients, the limits of one, the gate and the queue's fairness, each without a server."""

import errno
import logging
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.access.client_list import (
    LOOK_AGAIN_SECONDS,
    ClientList,
    ListedClient,
    authorise,
    list_file,
    read_clients,
    revoke,
)
from any_to_3d.backend.access.fair_places import moved
from any_to_3d.backend.access.gate import KeyGate, OpenGate
from any_to_3d.backend.access.key_findings import check_keys
from any_to_3d.backend.access.limits import Bucket, Limits, Waiting, bytes_of, too_many_waiting
from any_to_3d.backend.access.overload import Overload
from any_to_3d.backend.access.reception import Admitted, Reception, Refused
from any_to_3d.backend.access.refusals import LOG_SECONDS, Refusals
from any_to_3d.backend.keys import create_keys, create_server_keys, read_client_public, read_server_keys
from any_to_3d.shared import messages as m
from any_to_3d.shared.connection_keys import connection_keys
from any_to_3d.shared.fingerprint import fingerprint
from any_to_3d.shared.mesh import SourceMesh
from any_to_3d.shared.starting_points import Refine
from requests_and_jobs import request

ONE, OTHER = "A" * 40, "B" * 40


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return create_server_keys(tmp_path)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_new_server_lets_nobody_in(server: Path) -> None:
    assert read_clients(server) == ()
    assert read_server_keys(server).name_of(ONE) is None


def test_a_client_is_listed_by_name_and_revoked_by_name_key_or_fingerprint(server: Path) -> None:
    for way in ("anna", ONE, fingerprint(ONE)):
        authorise(server, "anna", ONE)
        authorise(server, "bert", OTHER)
        assert read_clients(server) == (ListedClient("anna", ONE), ListedClient("bert", OTHER))
        assert revoke(server, way) == ListedClient("anna", ONE)
        assert read_clients(server) == (ListedClient("bert", OTHER),)
        revoke(server, "bert")


def test_a_name_or_key_that_is_taken_is_refused(server: Path) -> None:
    authorise(server, "anna", ONE)
    assert authorise(server, "anna", ONE) == ListedClient("anna", ONE)
    with pytest.raises(ValueError, match="'anna' has another key already"):
        authorise(server, "anna", OTHER)
    with pytest.raises(ValueError, match="listed already, as 'anna'"):
        authorise(server, "bert", ONE)
    with pytest.raises(ValueError, match="no client is called 'carla'; listed: anna"):
        revoke(server, "carla")


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "a=b", "a\nb", "x" * 64, "#x"])
def test_a_name_that_could_be_mistaken_for_something_else_is_refused(server: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a client's name"):
        authorise(server, name, ONE)
    assert not list_file(server).exists()


def test_clients_in_a_server_file_of_an_older_version_are_let_in_and_can_be_revoked(server: Path) -> None:
    old = server.read_text()
    server.write_text(old + f'client_public = "{ONE}"\nclient_public = "{OTHER}"\n')
    authorise(server, "carla", "C" * 40)
    assert [client.name for client in read_clients(server)] == ["client-1", "client-2", "carla"]
    revoke(server, "client-1")
    assert [client.public for client in read_clients(server)] == [OTHER, "C" * 40]
    assert server.stat().st_mode & 0o777 == 0o600
    assert read_server_keys(server).secret in server.read_text()


def test_a_damaged_line_of_the_list_is_named(server: Path) -> None:
    list_file(server).write_text('anna = "short"\n')
    with pytest.raises(ValueError, match="client 'anna' has no 40-character key"):
        read_clients(server)


def test_the_pair_that_is_made_together_fits(tmp_path: Path) -> None:
    server, client = create_keys(tmp_path)
    assert read_clients(server) == (ListedClient("first", read_client_public(client)),)


def test_a_running_list_sees_an_authorised_key_at_once_and_a_revoked_one_soon(server: Path) -> None:
    clock = Clock()
    clients = ClientList(server, clock)
    authorise(server, "anna", ONE)
    assert clients.name_of(ONE) == "anna"
    revoke(server, "anna")
    assert clients.name_of(ONE) == "anna"
    clock.now += LOOK_AGAIN_SECONDS
    assert clients.name_of(ONE) is None


@pytest.mark.parametrize("damaged", ['anna = "short"\n', f"anna {ONE}\n", f"anna '{ONE}'\n# more\n", "", " \n\n", None])
def test_a_list_that_is_damaged_while_it_is_used_stays_as_it_was(
    server: Path, caplog: pytest.LogCaptureFixture, damaged: str | None
) -> None:
    clock = Clock()
    authorise(server, "anna", ONE)
    clients = ClientList(server, clock)
    if damaged is None:
        list_file(server).unlink()
    else:
        list_file(server).write_text(damaged)
    for _ in range(3):
        clock.now += LOOK_AGAIN_SECONDS
        assert (clients.name_of(ONE), clients.name_of(OTHER)) == ("anna", None)
    assert len([record for record in caplog.records if "unreadable" in record.getMessage()]) == 1


def test_a_running_list_sees_the_last_client_revoked_by_the_command(server: Path) -> None:
    clock = Clock()
    authorise(server, "anna", ONE)
    clients = ClientList(server, clock)
    revoke(server, "anna")
    clock.now += LOOK_AGAIN_SECONDS
    assert (dict(clients.names()), list_file(server).read_text()[0]) == ({}, "#")


def test_a_list_that_is_mended_counts_again(server: Path) -> None:
    clock = Clock()
    authorise(server, "anna", ONE)
    clients = ClientList(server, clock)
    list_file(server).write_text("")
    assert clients.name_of(OTHER) is None
    list_file(server).write_text(f'bert = "{OTHER}"\n')
    clock.now += LOOK_AGAIN_SECONDS
    assert (clients.name_of(ONE), clients.name_of(OTHER)) == (None, "bert")


def test_every_key_of_a_name_is_revoked(server: Path) -> None:
    list_file(server).write_text(f'anna = "{ONE}"\nbert = "{"C" * 40}"\nanna = "{OTHER}"\n')
    revoke(server, "anna")
    assert read_clients(server) == (ListedClient("bert", "C" * 40),)


def test_comments_in_the_list_stay_where_they_are(server: Path) -> None:
    list_file(server).write_text(f'# the studio\nanna = "{ONE}"\n\n# the café\nbert = "{OTHER}"\n')
    authorise(server, "carla", "C" * 40)
    revoke(server, "anna")
    assert list_file(server).read_text("utf-8") == (
        f'# the studio\n\n# the café\nbert = "{OTHER}"\ncarla = "{"C" * 40}"\n'
    )


def test_a_damaged_list_is_not_changed(server: Path) -> None:
    damaged = f'anna = "{ONE}"\nbert {OTHER}\n'
    list_file(server).write_text(damaged)
    for change in (lambda: authorise(server, "carla", "C" * 40), lambda: revoke(server, "anna")):
        with pytest.raises(ValueError, match="line 2: needed is 'name = \"key\"'"):
            change()
    assert list_file(server).read_text() == damaged


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(10.0, 3.0)
    assert [bucket.take(1, 0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1, 0.2) for _ in range(3)] == [True, True, False]
    assert not bucket.take(4, 1000.0)
    assert bucket.take(3, 1000.0)


def test_waiting_requests_are_bounded_by_number_and_by_size() -> None:
    limits = Limits(waiting_jobs=2, waiting_bytes=100)
    small = request()
    assert too_many_waiting(limits, Waiting(1, 0), small) is None
    assert too_many_waiting(limits, Waiting(2, 0), small).message.startswith("You have 2 jobs waiting")
    large = m.Submit("r", (m.WeightedPrompt(m.ImagePrompt(bytes(60))),))
    assert too_many_waiting(limits, Waiting(1, 40), large) is None
    assert "would exceed" in too_many_waiting(limits, Waiting(1, 41), large).message


def test_what_a_request_holds_is_counted_with_its_mesh() -> None:
    mesh = SourceMesh(
        np.zeros((4, 3), np.float32),
        np.zeros((2, 3), np.int32),
        np.zeros((0, 2), np.float32),
        np.zeros((0, 3), np.int32),
    )
    asked = m.Submit("r", (m.WeightedPrompt(m.AudioPrompt(bytes(7))),), source=Refine(mesh))
    assert bytes_of(asked) == 7 + 48 + 24


class Frame:
    """As much of a zmq.Frame as the reception looks at."""

    def __init__(self, user: str, size: int = 10) -> None:
        self._user, self._size = user, size

    def get(self, name: str) -> str:
        assert name == "User-Id"
        return self._user

    def __len__(self) -> int:
        return self._size


class Listing(dict):
    def name_of(self, public: str) -> str | None:
        return self.get(public)


def reception(listing: Listing | None = None, **limits: float) -> Reception:
    gate = OpenGate() if listing is None else KeyGate(listing)
    return Reception(gate, Limits(**limits), Refusals())


def test_a_message_is_its_key_owners() -> None:
    desk = reception(Listing({ONE: "anna"}))
    assert desk.admit(b"c1", [Frame(ONE)], 0.0) == Admitted(ONE)
    assert desk.admit(b"c1", [Frame(OTHER)], 0.0) == Refused()
    assert reception().admit(b"c1", [Frame("whoever")], 0.0) == Admitted("")


def test_a_connections_name_that_another_client_takes_is_told() -> None:
    desk = reception(Listing({ONE: "anna", OTHER: "bert"}))
    desk.admit(b"c1", [Frame(ONE)], 0.0)
    assert desk.admit(b"c1", [Frame(OTHER)], 0.0) == Admitted(OTHER, is_new_owner=True)
    assert desk.admit(b"c1", [Frame(OTHER)], 0.0) == Admitted(OTHER)


def test_connections_of_a_revoked_client_are_gone() -> None:
    listing = Listing({ONE: "anna", OTHER: "bert"})
    desk = reception(listing)
    for client, key in ((b"c1", ONE), (b"c2", ONE), (b"c3", OTHER)):
        desk.admit(client, [Frame(key)], 0.0)
    assert desk.gone() == []
    del listing[ONE]
    assert desk.gone() == [b"c1", b"c2"]
    assert desk.gone() == []


def test_all_connections_of_a_key_share_its_rate_and_others_have_their_own() -> None:
    desk = reception(Listing({ONE: "anna", OTHER: "bert"}), message_burst=2)
    assert [type(desk.admit(client, [Frame(ONE)], 0.0)) for client in (b"c1", b"c2", b"c3")] == [
        Admitted,
        Admitted,
        Refused,
    ]
    assert isinstance(desk.admit(b"c4", [Frame(OTHER)], 0.0), Admitted)


def test_without_keys_each_connection_has_a_rate_of_its_own() -> None:
    desk = reception(message_burst=1)
    assert isinstance(desk.admit(b"c1", [Frame("")], 0.0), Admitted)
    assert isinstance(desk.admit(b"c1", [Frame("")], 0.0), Refused)
    assert isinstance(desk.admit(b"c2", [Frame("")], 0.0), Admitted)


def test_bytes_are_limited_too_and_the_client_is_told_once_a_second() -> None:
    desk = reception(byte_burst=100, bytes_per_second=1)
    assert isinstance(desk.admit(b"c1", [Frame("", 90)], 0.0), Admitted)
    told = [desk.admit(b"c1", [Frame("", 90)], at / 10).problem is not None for at in range(12)]
    assert told == [True] + [False] * 9 + [True, False]


def test_of_too_many_connections_the_longest_silent_is_forgotten() -> None:
    desk = reception(connections=2)
    for client in (b"c1", b"c2", b"c1", b"c3"):
        desk.admit(client, [Frame("")], 0.0)
    assert desk.gone() == [b"c2"]


def test_refusals_are_logged_once_in_a_while_with_their_number(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.WARNING):
        for at in range(1000):
            refusals.add("unreadable", "client=ab\nINJECTED " + "x" * 1000, at / 1000)
        refusals.report(LOG_SECONDS)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[1] for line in lines] == ["unreadable=1", "unreadable=999"]
    assert all("\n" not in line and len(line) < 300 for line in lines)
    assert refusals.counts == {"unreadable": 1000}


def test_a_moved_job_takes_places_of_its_own_client_only() -> None:
    waiting = ["a1", "x1", "a2", "x2", "a3"]

    def to(place: int, job: str = "a3") -> str:
        return " ".join(moved(waiting, job, place, lambda other: other[0] == job[0]))

    assert to(1) == "a3 x1 a1 x2 a2"
    assert to(2) == "a3 x1 a1 x2 a2"
    assert to(3) == "a1 x1 a3 x2 a2"
    assert to(9, "a1") == "a2 x1 a3 x2 a1"
    assert to(1, "x2") == "a1 x2 a2 x1 a3"


def test_alone_in_the_queue_a_job_goes_where_it_is_told() -> None:
    waiting = ["a", "b", "c", "d"]
    for place in (0, 1, 2, 3, 4, 9):
        others = ["a", "b", "d"]
        others.insert(max(place, 1) - 1, "c")
        assert moved(waiting, "c", place, lambda _: True) == others


def out_of_files() -> int:
    raise OSError(errno.EMFILE, "Too many open files")


def test_many_open_files_are_an_overload_before_the_last_is_gone() -> None:
    counts = iter([10, 74, 76])
    overload = Overload(lambda: next(counts), lambda: 100, lambda: 0.0)
    assert [overload.reason(at) for at in (0.0, 0.1, 1.0)] == ["", "", ""]
    assert overload.reason(2.0) == "open_files=76 limit=100"
    assert Overload(out_of_files, lambda: 100, lambda: 0.0).reason(0.0) == "open_files=100 limit=100"


def test_memory_that_stays_short_is_no_reason_to_hang_up_again_and_again() -> None:
    overload = Overload(lambda: 1, lambda: 100, lambda: 0.6)
    found = [overload.reason(float(at)) for at in range(32)]
    assert [at for at, reason in enumerate(found) if reason] == [0, 30]
    assert found[0] == "memory_share=0.60"


def findings(path: Path) -> list[tuple[str, str]]:
    return [(finding.level, finding.text) for finding in check_keys(path)]


def test_doctor_shows_fingerprints_of_a_server_and_its_clients(server: Path) -> None:
    own = fingerprint(read_server_keys(server).public)
    assert findings(server) == [("ok", f"{server} is the backend {own}"), ("warning", "nobody is let in")]
    authorise(server, "anna", ONE)
    assert findings(server)[1] == ("ok", f"anna {fingerprint(ONE)}")


def test_doctor_warns_of_a_secret_that_others_may_read_and_of_no_key_file(server: Path) -> None:
    server.chmod(0o644)
    (finding,) = [finding for finding in check_keys(server) if "holds a secret" in finding.text]
    assert (finding.level, finding.remedy) == ("warning", f"'chmod 600 {server}'")
    assert findings(server.with_name("missing.key"))[0][0] == "problem"


@pytest.mark.parametrize(("text", "lacks"), [("", "client_public"), ('server_secret = "x"\n', "server_public")])
def test_doctor_says_in_a_sentence_what_a_key_file_lacks(tmp_path: Path, text: str, lacks: str) -> None:
    path = tmp_path / "bad.key"
    path.write_text(text)
    assert findings(path) == [("problem", f"{path} cannot be used: it has no line '{lacks} = \"key\"'")]


def test_doctor_shows_the_backends_that_a_client_knows(tmp_path: Path) -> None:
    _, client = create_keys(tmp_path)
    keys = connection_keys(client, "tcp://box:7343")
    assert [text for _, text in findings(client)] == [
        f"{client} is the client {fingerprint(keys.client_public)}",
        f"box:7343 is {fingerprint(keys.server_public)}",
    ]
