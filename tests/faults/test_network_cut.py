"""A network that is gone for a minute: server and client in a network namespace of their own, whose link goes down."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import subprocess, sys, time
from pathlib import Path
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker

def link(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)

link("up")
with Backend(Path(sys.argv[1])) as backend, Talker(backend.address) as talker:
    job_id = talker.submit(seconds=85)
    talker.of(m.Progress)
    link("down")
    assert not [each for each in talker.silence(60) if isinstance(each, m.Progress)]
    link("up")
    before = time.monotonic()
    talker.of(m.Progress)
    print(f"heard again after {time.monotonic() - before:.1f} s")
    assert talker.of(m.Finished, 60).job_id == job_id
    assert f"job={job_id} state=finished attempts=1" in backend.log.read_text()
"""


def can_make_namespaces() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not can_make_namespaces(), reason="needs unshare and ip, and the right to make network namespaces")
def test_a_job_is_watched_on_after_a_minute_without_network(tmp_path: Path) -> None:
    paths = ":".join(path for path in sys.path if path)
    command = ["unshare", "-rn", "env", f"PYTHONPATH={paths}", sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "heard again after" in done.stdout
