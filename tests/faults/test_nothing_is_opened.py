"""No path, address or code from a client is opened or run: audit events of server and worker, under hostile texts."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from any_to_3d.shared import messages as m
from any_to_3d.shared.starting_points import Continue
from any_to_3d.shared.wire import ProtocolError
from live_backend import Backend, Talker
from requests_and_jobs import request

TOKEN = "a3dcanary"
QUICK = {"seconds": 0.01, "steps": 1, "prepare_seconds": 0.0, "export_seconds": 0.0}
AUDITED = Path(__file__).parent / "audited"


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit") / "events"


@pytest.fixture(scope="module")
def environment(audit: Path) -> Iterator[None]:
    before = dict(os.environ)
    os.environ["A3D_AUDIT_FILE"] = str(audit)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(AUDITED), os.environ.get("PYTHONPATH"))))
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("backend"), "--allow-shutdown") as backend:
        yield backend


def hostile_texts(folder: Path) -> list[str]:
    """Paths, addresses, code and formats, each with the token in it."""
    secret = folder / f"{TOKEN}.txt"
    secret.write_text("secret")
    return [
        str(secret),
        f"../../../../../..{secret}",
        f"file://{secret}",
        f"http://127.0.0.1:9/{TOKEN}",
        f"\\\\127.0.0.1\\{TOKEN}",
        f"$(touch {folder}/{TOKEN}-ran)",
        f"`touch {folder}/{TOKEN}-ran`; touch {folder}/{TOKEN}-ran",
        f"__import__('os').system('touch {folder}/{TOKEN}-ran')",
        f"{{{{''.__class__.{TOKEN}}}}} %s%n {{0.{TOKEN}}}",
        f"'; DROP TABLE jobs; -- {TOKEN}",
        f"{TOKEN}\0.png",
        f"| {TOKEN} > {folder}/{TOKEN}-ran",
    ]


def with_every_text(message: m.Request, text: str) -> m.Request:
    """The message with this text in each of its own fields that hold one."""
    names = [field.name for field in dataclasses.fields(message) if isinstance(getattr(message, field.name), str)]
    return dataclasses.replace(message, **dict.fromkeys(names, text))


def submits(text: str) -> list[m.Submit]:
    """Requests with the text in one place at a time, so that a check of another place does not keep it from its own."""
    plain = request(f"{TOKEN}-{abs(hash(text))}", **QUICK)
    file = text.encode("utf-8", "replace")
    return [
        dataclasses.replace(plain, request_id=text[:200]),
        dataclasses.replace(plain, prompts=(m.WeightedPrompt(m.TextPrompt(text)),), request_id=f"t{text}"[:200]),
        dataclasses.replace(plain, negative=text, request_id=f"n{text}"[:200]),
        dataclasses.replace(plain, recipe=text),
        dataclasses.replace(plain, preset=text),
        dataclasses.replace(plain, until=text),
        dataclasses.replace(plain, overrides={text: 1.0}),
        dataclasses.replace(plain, source=Continue(text, text)),
        dataclasses.replace(plain, prompts=(m.WeightedPrompt(m.ImagePrompt(file)),), request_id=f"i{text}"[:200]),
        dataclasses.replace(plain, prompts=(m.WeightedPrompt(m.AudioPrompt(file)),), request_id=f"a{text}"[:200]),
    ]


EMPTY = {str: "", int: 1}
"""Values for fields without a default; the texts are exchanged afterwards."""


def plain_requests() -> list[m.Request]:
    """One of every request but Submit, by its annotations: a new one is in here by itself."""
    classes = [cls for cls in get_args(m.Request) if cls not in (m.Submit, m.Shutdown)]
    found = []
    for cls in classes:
        required = [field for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING]
        found.append(cls(**{field.name: EMPTY[{"str": str, "int": int}[str(field.type)]] for field in required}))
    return found


def events(audit: Path) -> list[str]:
    return audit.read_text("utf-8").splitlines()


def test_no_text_of_a_client_is_opened_or_run(backend: Backend, audit: Path, tmp_path: Path) -> None:
    with Talker(backend.address) as talker:
        accepted = 0
        for text in hostile_texts(tmp_path):
            for message in [*(with_every_text(each, text) for each in plain_requests()), *submits(text)]:
                try:
                    talker.send(message)
                except ProtocolError:
                    continue  # the client refuses it itself
        talker.send(request("last", **QUICK))
        last = talker.until(lambda message: isinstance(message, m.Accepted) and message.request_id == "last")
        talker.send(m.Watch(last.job_id))
        talker.until(lambda message: isinstance(message, m.Finished) and message.job_id == last.job_id, 60)
        accepted = sum(isinstance(message, m.Accepted) for message in talker.heard)
    assert accepted > 3 * len(hostile_texts(tmp_path))
    heard = events(audit)
    assert sum(line.startswith("any_to_3d.started") for line in heard) >= 2, "the server and a worker are watched"
    assert [line for line in heard if not line.startswith("any_to_3d.started")] == []
    assert [path.name for path in tmp_path.iterdir()] == [f"{TOKEN}.txt"]


def test_nothing_in_the_data_folder_is_named_by_a_client(backend: Backend) -> None:
    names = [path.name for path in (backend.folder / "data").rglob("*")]
    assert len(names) > 3
    assert not [name for name in names if TOKEN in name]


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("open('/tmp/' + token)", "open"),
        ("import subprocess; subprocess.run(['true', token])", "subprocess.Popen"),
        ("exec('x = ' + repr(token))", "compile"),
        ("import socket; socket.getaddrinfo(token + '.invalid', 80)", "socket.getaddrinfo"),
    ],
)
def test_the_watch_would_have_noticed(tmp_path: Path, code: str, event: str) -> None:
    file = tmp_path / "events"
    script = f"token = '{TOKEN[:3]}' + '{TOKEN[3:]}'; {code}"
    variables = {**os.environ, "A3D_AUDIT_FILE": str(file), "PYTHONPATH": str(AUDITED)}
    subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True)
    assert event in {line.split()[0] for line in events(file)}
