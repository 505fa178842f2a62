"""The process that feeds a target: a codec's crash or hang costs this process, and the parent knows which case it was.

Every case follows from its number, so a case that ended the process can be made again by anybody.
"""

import argparse
import base64
import json
import time
import traceback
from pathlib import Path
from random import Random

import numpy as np

from .targets import TARGETS, Target

SLOW_SECONDS = 1.0
CASE, TAKEN, REFUSED, SLOWEST_MICROSECONDS = range(4)
"""Places in the counts that parent and child share."""


def open_counts(path: Path) -> np.memmap:
    """i64[4], zero if the file is new."""
    if not path.exists():
        path.write_bytes(bytes(32))
    return np.memmap(path, np.int64, "r+", shape=(4,))


def random_of(seed: int, case: int) -> Random:
    """What all choices of one case come from."""
    return Random(seed * 1_000_000_007 + case)


def feed(target: Target, seed: int, counts: np.memmap, until_case: int, deadline: float, faults: Path) -> None:
    """Feed case after case; what is neither taken nor properly refused, or is slow, goes to ``faults`` as a line."""
    while counts[CASE] < until_case and time.monotonic() < deadline:
        data = target.case(random_of(seed, int(counts[CASE])))
        before = time.process_time()
        try:
            target.feed(data)
            counts[TAKEN] += 1
        except target.refusal:
            counts[REFUSED] += 1
        except Exception:
            _note(faults, "crash", int(counts[CASE]), data, traceback.format_exc()[-2000:])
        # Of this process alone: on a busy computer it may stand still for seconds. The parent ends what waits for long.
        seconds = time.process_time() - before
        counts[SLOWEST_MICROSECONDS] = max(counts[SLOWEST_MICROSECONDS], int(seconds * 1e6))
        if seconds > SLOW_SECONDS:
            _note(faults, "hang", int(counts[CASE]), data, f"{seconds:.2f} s")
        counts[CASE] += 1


def _note(faults: Path, kind: str, case: int, data: bytes | list[bytes], what: str) -> None:
    frames = [data] if isinstance(data, bytes) else data
    shown = [base64.b64encode(frame[:4096]).decode("ascii") for frame in frames[:8]]
    with faults.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": kind, "case": case, "what": what, "input": shown}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--until-case", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    counts = open_counts(given.folder / "counts")
    target = TARGETS[given.target]()
    deadline = time.monotonic() + given.seconds
    feed(target, given.seed, counts, given.until_case, deadline, given.folder / "faults")


if __name__ == "__main__":
    main()
