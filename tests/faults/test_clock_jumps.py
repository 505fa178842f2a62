"""The computer's clock jumps by hours while a backend runs, in both directions: nobody is to take notice.

A real backend and its worker are told another time by ``wall_clock.c``, which is put before the C library. What
retention makes of such a jump is in tests/backend/test_retention.py.
"""

import ast
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend.keys import create_keys
from any_to_3d.backend.worker_messages import Ready
from any_to_3d.shared import messages as m
from any_to_3d.shared.client import CurveKeys
from live_backend import Backend, Talker, wait_until
from requests_and_jobs import request
from strangers import seconds_until_served
from test_server_turns import Table

ROOT = Path(__file__).parents[2]
COMPILER = shutil.which("cc") if sys.platform == "linux" else None
HOUR = 3600
JUMPS = (7 * HOUR, -30 * HOUR, 0)

WALL_CLOCKS = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
MAY_ASK = {
    "backend/server.py": "for retention, which distrusts it",
    "backend/commands/stored_jobs.py": "jobs prune: how old files are",
    "blender_addon/history/ledger.py": "shown: when something was asked for",
    "blender_addon/objects/provenance.py": "written on objects",
    "blender_addon/operators/batch.py": "a name for a batch",
}


def askers_of_the_wall_clock() -> Iterator[str]:
    for part in ("shared", "backend", "blender_addon"):
        for path in sorted((ROOT / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                is_named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
                if is_named and (node.value.id, node.attr) in WALL_CLOCKS:
                    yield path.relative_to(ROOT).as_posix()


def test_nothing_is_timed_by_the_clock_that_people_set() -> None:
    apart = ("backend/evaluation/", "backend/demo/")
    assert {name for name in askers_of_the_wall_clock() if not name.startswith(apart)} == set(MAY_ASK)


@pytest.mark.parametrize("jump", [5 * 3600.0, -5 * 3600.0, 4 * 365 * 86_400.0])
def test_a_turn_after_a_jump_is_a_turn_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:

    with zmq.Context() as context:
        table = Table(context, tmp_path)
        table.pool.said.append((0, Ready("cpu", "fake")))
        (accepted,) = table.ask(request())
        table.ask(m.Watch(accepted.job_id))
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        assert table.turn() == []
        assert table.ask(m.Hello("1.0", "me"))[0].device == "cpu"
        assert [type(each).__name__ for each in table.pool.sent[:1]] == ["Run"]
        assert table.pool.retired == []
        assert table.server._queue.counts()["running"] == 1
        for socket in (table.client, table.server._router):
            socket.close(0)
        table.server._store.close()


def jumps_in(log: str) -> int:
    """How often two lines of the log that follow each other are more than an hour apart by the backend's clock."""
    stamps = [datetime.strptime(each, "%H:%M:%S") for each in re.findall(r"^(\d\d:\d\d:\d\d) ", log, re.MULTILINE)]
    return sum(abs(after - before) > timedelta(hours=1) for before, after in pairwise(stamps))


@pytest.mark.skipif(COMPILER is None, reason="needs Linux and a C compiler")
def test_a_jump_of_hours_ends_no_job_shuts_nobody_out_and_leaves_times_sane(tmp_path: Path) -> None:
    clock, library = tmp_path / "clock", tmp_path / "wall_clock.so"
    clock.write_text("0")
    source = Path(__file__).with_name("wall_clock.c")
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    variables = {"LD_PRELOAD": str(library), "WALL_CLOCK_OFFSET_FILE": str(clock)}
    server_file, client_file = create_keys(tmp_path / "keys")
    keys = CurveKeys.read(client_file)
    options = ("--keys", str(server_file), "--keep-days", "1")
    with Backend(tmp_path, *options, variables=variables) as backend, Talker(backend.address, keys) as talker:
        old = talker.submit(seconds=0.1)
        talker.of(m.Finished)
        for jump in JUMPS:
            job_id = talker.submit(asked=request(f"job {jump}", seconds=4.0, prepare_seconds=0.0))
            waiting = talker.submit(credit=0, asked=request(f"next {jump}", seconds=0.1))
            talker.of(m.Progress)
            clock.write_text(str(jump))
            progress = talker.silence(2.5)
            heard = [each for each in progress if isinstance(each, m.Progress) and each.job_id == job_id]
            assert len(heard) >= 1
            assert all(0 <= each.seconds < 30 and 0 <= (each.seconds_left or 0) < 30 for each in heard)
            # A new handshake, with ZAP, and a bucket of messages that a jump neither empties nor overfills.
            assert seconds_until_served(backend.address, keys) < 5
            for _ in range(300):
                talker.send(m.ListCheckpoints(old))
            for _ in range(300):
                assert talker.of(m.Checkpoints).job_id == old
            for each in (job_id, waiting):
                finished = talker.until(
                    lambda event, wanted=each: isinstance(event, m.Finished) and event.job_id == wanted
                )
                assert 0 < finished.seconds < 30
        talker.send(m.Watch(old))
        assert talker.of(m.Finished).job_id == old
        wait_until(lambda: backend.log.read_text().count("state=finished") == 7, "all jobs in the log")
    log = backend.log.read_text()
    assert jumps_in(log) >= len(JUMPS) - 1, "else the backend's clock never jumped and this tests nothing"
    assert not re.search(r"hung|attempts=[2-9]|deleted bytes|overload|refused ", log)
