"""Messages guided by coverage: atheris (libFuzzer) changes their bytes so that they reach new lines of wire.py.

Only Python code is measured; the codecs of pictures and sounds would have to be built anew for that.
"""

import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from .mutations import Frames
from .seeds import message_seeds
from .watched import Outcome

SLOW_SECONDS = 1
_STATISTIC = re.compile(r"stat::(\w+):\s+(\d+)")
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


def run_guided(seconds: float, seed: int) -> Outcome:
    """Let libFuzzer run so long in a process of its own. Raises ValueError where atheris is not installed."""
    if find_spec("atheris") is None:
        raise ValueError("coverage-guided fuzzing needs atheris: pip install atheris")
    outcome = Outcome("guided wire", seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        for number, frames in enumerate(message_seeds(400)):
            (folder / "corpus" / f"seed{number}").write_bytes(joined(frames))
        command = [
            sys.executable,
            "-m",
            "fuzzing.guided_child",
            str(folder / "corpus"),
            f"-max_total_time={int(seconds)}",
        ]
        command += [f"-seed={seed}", f"-timeout={SLOW_SECONDS}", f"-artifact_prefix={folder}/fault-"]
        command += ["-print_final_stats=1", "-max_len=65536", "-rss_limit_mb=2048"]
        paths = os.pathsep.join(path for path in sys.path if path)
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
        for path in folder.glob("fault-*"):
            kind = "hang" if "timeout" in path.name else "crash"
            outcome.faults.append({"kind": kind, "case": path.name, "what": done.stderr[-3000:]})
    statistics = {name: int(number) for name, number in _STATISTIC.findall(done.stderr)}
    outcome.executed = statistics.get("number_of_executed_units", 0)
    outcome.seconds = seconds
    outcome.slowest_ms = 1000.0 * statistics.get("slowest_unit_time_sec", 0)
    outcome.crashes = sum(fault["kind"] == "crash" for fault in outcome.faults)
    outcome.hangs = sum(fault["kind"] == "hang" for fault in outcome.faults)
    outcome.memory_mib = {"peak": float(statistics.get("peak_rss_mb", 0))}
    if found := _COVERAGE.findall(done.stderr):
        outcome.note = f"edges covered: {found[0][0]} by the seeds, {found[-1][0]} at the end"
    if not outcome.executed:
        raise ValueError(f"libFuzzer did not run: {done.stderr[-2000:]}")
    return outcome


def joined(frames: Frames) -> bytes:
    """Frames as one string of bytes, each after its length."""
    return b"".join(len(frame).to_bytes(4, "little") + frame for frame in frames)
