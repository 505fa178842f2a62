"""Run a child that feeds a target, and begin again after the case that ended it; count what came of it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from .child import CASE, REFUSED, SLOWEST_MICROSECONDS, TAKEN, open_counts
from .targets import Name

HOPELESS_SECONDS = 20.0
"""A case that takes longer is ended; it counts as a hang, as does every one over a second."""

START_SECONDS = 60.0
"""The longest that a child may take to import what it feeds."""

MOST_FAULTS = 20


@dataclass
class Outcome:
    """What came of one target. memory: median MiB of the process in the first and in the last quarter, and the peak."""

    target: str
    seed: int
    executed: int = 0
    taken: int = 0
    refused: int = 0
    crashes: int = 0
    hangs: int = 0
    slowest_ms: float = 0.0
    seconds: float = 0.0
    memory_mib: dict[str, float] = field(default_factory=dict)
    faults: list[dict[str, object]] = field(default_factory=list)
    note: str = ""


def run(target: Name, cases: int, seconds: float, seed: int) -> Outcome:
    """Feed ``cases`` cases to the target, or as many as there is time for."""
    outcome = Outcome(target, seed)
    began = time.monotonic()
    samples: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = open_counts(folder / "counts")
        while counts[CASE] < cases and (left := seconds - (time.monotonic() - began)) > 0:
            ending = _one_child(target, folder, seed, cases, left, counts, samples)
            if ending:
                kind = "hang" if ending == "ended" else "crash"
                outcome.faults.append({"kind": kind, "case": int(counts[CASE]), "what": ending})
                counts[CASE] += 1
        if (folder / "faults").exists():
            outcome.faults += [json.loads(line) for line in (folder / "faults").read_text("utf-8").splitlines()]
        outcome.executed, outcome.taken, outcome.refused = (int(counts[place]) for place in (CASE, TAKEN, REFUSED))
        outcome.slowest_ms = round(float(counts[SLOWEST_MICROSECONDS]) / 1000, 1)
    outcome.crashes, outcome.hangs = (
        sum(fault["kind"] == kind for fault in outcome.faults) for kind in ("crash", "hang")
    )
    outcome.faults = outcome.faults[:MOST_FAULTS]
    outcome.seconds = round(time.monotonic() - began, 1)
    quarter = max(1, len(samples) // 4)
    if samples:
        outcome.memory_mib = {
            "first_quarter": round(median(samples[:quarter]), 1),
            "last_quarter": round(median(samples[-quarter:]), 1),
            "peak": round(max(samples), 1),
        }
    return outcome


def _one_child(
    target: Name, folder: Path, seed: int, cases: int, seconds: float, counts: np.memmap, samples: list[float]
) -> str:
    """Empty, or how the child came to an end that is not its own: a signal's name, or "ended" for a hang."""
    command = [sys.executable, "-m", "fuzzing.child", target, str(folder), f"--seed={seed}"]
    command += [f"--until-case={cases}", f"--seconds={seconds}"]
    paths = os.pathsep.join(path for path in sys.path if path)
    # The codecs' own complaints about damaged files would be gigabytes.
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    first = at = int(counts[CASE])
    began = since = time.monotonic()
    while process.poll() is None:
        time.sleep(0.25)
        case = int(counts[CASE])
        if case != at:
            at, since = case, time.monotonic()
            with suppress(psutil.Error):
                samples.append(watched.memory_info().rss / 2**20)
        elif time.monotonic() - since > HOPELESS_SECONDS + (START_SECONDS if at == first else 0):
            process.kill()
            process.wait()
            # After its time it is no case that it is busy with, but its own end.
            return "ended" if since - began < seconds - 1 else ""
    return "" if process.returncode == 0 else f"exit {process.returncode}"
