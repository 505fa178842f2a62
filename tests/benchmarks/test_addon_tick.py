"""benchmarks/addon_tick.py still finds its way through the add-on; what it measures is not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "addon_tick.py"


@pytest.mark.blender
def test_the_ticks_are_measured_while_meshes_stream_into_a_real_bpy() -> None:
    command = [sys.executable, str(SCRIPT), "--bpy", sys.executable, "--seconds", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["showing"]["ticks"] > 0
    assert report["threads"] == 1
