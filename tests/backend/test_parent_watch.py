"""A spawned process ends when its parent is killed."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from any_to_3d.backend.parent_watch import end_with_parent

PARENT = """
import multiprocessing, sys, time
from any_to_3d.backend.parent_watch import end_with_parent

def work():
    end_with_parent()
    time.sleep(60)

if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=work)
    child.start()
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_a_child_of_a_killed_parent_ends(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(1.0)
    assert child.is_running()
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs([child], timeout=20)
    assert not alive, "the child outlived its parent"


def test_a_process_of_ones_own_has_no_parent_to_end_with() -> None:
    with pytest.raises(RuntimeError, match="not started by multiprocessing"):
        end_with_parent()
