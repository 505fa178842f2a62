"""Many clients and a long queue, for seconds: the same script does it for twenty minutes."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "load.py"


def test_with_many_clients_and_a_long_queue_nothing_is_lost_and_the_order_is_kept(tmp_path: Path) -> None:
    report_file = tmp_path / "load.json"
    # The limit of a cancel is for a machine with nothing else to do: tests may run on one that has.
    options = ["--quick", "--clients", "20", "--jobs", "200", "--most-cancel-ms", "1000", "--output", str(report_file)]
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, timeout=180)
    assert report_file.exists(), done.stderr
    report = json.loads(report_file.read_text())
    assert report["complaints"] == []
    assert done.returncode == 0
    jobs = report["jobs"]
    assert jobs["accepted"] >= 200
    assert jobs["ends"]["finished"] >= 2
    assert sum(jobs["ends"].values()) == jobs["accepted"]
    assert (jobs["without_an_end"], jobs["overtakings"], jobs["told_twice"]) == (0, 0, 0)
    for half in ("without_idlers", "with_idlers"):
        # Without it, each second some hundreds of places would be told many times over.
        assert report[half]["of_these_places_in_the_queue"] <= 1100
