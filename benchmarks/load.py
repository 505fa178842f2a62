"""Fifty clients and a thousand waiting jobs, for minutes: is anything lost, late, out of order, or growing?

The generator is fake, so that what is measured is the server. Whenever a job ends its client asks for another, so the
queue stays full. Jobs that wait and the job that runs are cancelled, and the time until the client hears of it is
measured. In the second half, some clients ask for the events of every job and read none of them.

The order that the server promises, and that is checked, is: first come, first served, among all clients.

Prints one JSON object. Its memory is the server process's resident set: before any client came, once the queue was
filled, and later. ``growth_since_filled`` is what a leak would show in; ``growth_since_idle`` is also what a thousand
jobs take. The exit status says whether a job was lost or told about twice, the order broken, or a limit exceeded.

    python benchmarks/load.py --output benchmarks/results/load/load.json
    python benchmarks/load.py --quick
"""

import json
import os
import shlex
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.models.joint_folder import BUILTIN_FOLDER
from loading.backend import LoadedBackend
from loading.crowd import Crowd, Latencies, every
from loading.idler import Idler

FILL_SECONDS = 300.0
SETTLE_SECONDS = 3.0
END_SECONDS = 120.0
QUICK_MINUTES = 0.2
SAMPLE_SECONDS = 1.0
GREET_SECONDS = 0.25
WATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Arguments:
    """How much, for how long, and what is too much."""

    clients: int = 50
    """That keep the queue full."""
    jobs: int = 1000
    """That wait at once, of all clients together."""
    minutes: float = 20.0
    """With the queue full; the second half of it with clients that do not read."""
    quick: bool = False
    """A dozen seconds instead, for a test; its limits say nothing about memory."""
    idlers: int = 2
    """Clients that watch every job and read nothing."""
    job_seconds: float = 1.5
    """Of a job; its steps take an eightieth of it, and a cancel of the running job waits for the end of one."""
    cancel_waiting_every: float = 1.0
    """Seconds."""
    cancel_running_every: float = 4.0
    """Seconds."""
    most_cancel_ms: float = 50.0
    """That the median of each kind of cancel may take."""
    most_growth: float = 0.2
    """By which the server's memory may differ from its start, once the queue is filled."""
    seed: int = 1
    """Of what is cancelled."""
    output: Path | None = None
    """Write the JSON object here too."""


@dataclass
class Memory:
    """MiB of the server process. samples: one a second, since the queue was filled."""

    idle: float
    filled: float = 0.0
    samples: list[float] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        last = statistics.median(self.samples[-30:])
        return {
            "idle_mib": round(self.idle, 1),
            "filled_mib": round(self.filled, 1),
            "end_mib": round(last, 1),
            "most_mib": round(max(self.samples), 1),
            "growth_since_filled": round(last / self.filled - 1, 3),
            "most_growth_since_filled": round(max(self.samples) / self.filled - 1, 3),
            "growth_since_idle": round(last / self.idle - 1, 3),
            "each_minute_mib": [round(each, 1) for each in self.samples[::60]],
        }


def main(arguments: Arguments) -> int:
    """Load, print, and say by the exit status whether anything was wrong."""
    load_average = os.getloadavg() if hasattr(os, "getloadavg") else ()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="any-to-3d-load-") as folder:
        measured = _measure(arguments, Path(folder))
    complaints = _complaints(arguments, measured)
    report = {
        "source": asdict(replace(source(BUILTIN_FOLDER), command=shlex.join(["python", *sys.argv]))),
        "settings": {**asdict(arguments), "output": str(arguments.output or "")},
        "load_average_before": [round(each, 2) for each in load_average],
        "load_average_after": [round(each, 2) for each in os.getloadavg()] if load_average else [],
        "seconds": round(time.monotonic() - began, 1),
        **measured,
        "complaints": complaints,
    }
    text = json.dumps(report, indent=1)
    sys.stdout.write(text + "\n")
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(text + "\n", "utf-8")
    return int(bool(complaints))


def _measure(arguments: Arguments, folder: Path) -> dict[str, Any]:
    settings = {"seconds": arguments.job_seconds, "steps": 27.0, "prepare_seconds": 0.05, "export_seconds": 0.05}
    half = 60 * (QUICK_MINUTES if arguments.quick else arguments.minutes) / 2
    with LoadedBackend(folder, 2 * arguments.jobs) as backend:
        time.sleep(SETTLE_SECONDS)
        memory = Memory(backend.memory())
        crowd = Crowd(backend.address, arguments.clients, arguments.jobs, settings, arguments.seed)
        idlers: list[Idler] = []
        try:
            filling = _until(crowd, lambda: crowd.is_full, FILL_SECONDS)
            _until(crowd, lambda: False, SETTLE_SECONDS)
            crowd.take_latencies()
            memory.filled = backend.memory()
            calm = _half(arguments, crowd, backend, memory, [], half)
            idlers = [Idler(backend.address) for _ in range(arguments.idlers)]
            crowded = _half(arguments, crowd, backend, memory, idlers, half)
            crowd.is_topping_up = False
            crowd.cancel_all()
            _until(crowd, lambda: not crowd.open_jobs, END_SECONDS)
            has_survived = backend.is_running
        finally:
            crowd.close()
            for idler in idlers:
                idler.close()
        backend.end()
        tally, states = crowd.tally, backend.states()
        return {
            "seconds_to_fill": round(filling, 1),
            "server_survived": has_survived,
            "jobs": {
                "asked": tally.asked,
                "accepted": len(tally.accepted),
                "ends": dict(Counter(tally.ends.values())),
                "without_an_end": len(tally.accepted - tally.ends.keys()),
                "told_twice": tally.told_twice,
                "recorded_otherwise_than_told": sum(states.get(job) != end for job, end in tally.ends.items()),
                "not_recorded": len(tally.accepted - states.keys()),
                "overtakings": backend.overtakings(),
                "failures": dict(Counter(tally.failures)),
            },
            "without_idlers": calm,
            "with_idlers": crowded,
            "memory": memory.report(),
        }


def _until(crowd: Crowd, is_so: Callable[[], bool], seconds: float) -> float:
    """Let the crowd act until something holds or the time is over; how long that took."""
    began = time.monotonic()
    while not is_so() and time.monotonic() - began < seconds:
        crowd.turn()
    return time.monotonic() - began


def _half(
    arguments: Arguments, crowd: Crowd, backend: LoadedBackend, memory: Memory, idlers: list[Idler], seconds: float
) -> dict[str, Any]:
    until, busy = time.monotonic() + seconds, backend.processor_seconds()
    messages, places = crowd.tally.messages, crowd.tally.places
    due = [
        (every(arguments.cancel_waiting_every), crowd.cancel_waiting),
        (every(arguments.cancel_running_every), crowd.cancel_running),
        (every(GREET_SECONDS), crowd.greet),
        (every(SAMPLE_SECONDS), lambda: memory.samples.append(backend.memory())),
        (every(WATCH_SECONDS), lambda: [idler.watch(crowd.open_jobs) for idler in idlers]),
    ]
    while time.monotonic() < until:
        crowd.turn()
        for beat, do in due:
            if next(beat):
                do()
    taken = crowd.take_latencies()
    return {
        "seconds": round(seconds, 1),
        **_spreads(taken),
        "server_processor_share": round((backend.processor_seconds() - busy) / seconds, 3),
        "messages_to_clients_per_second": round((crowd.tally.messages - messages) / seconds, 1),
        "of_these_places_in_the_queue": round((crowd.tally.places - places) / seconds, 1),
    }


def _spreads(latencies: Latencies) -> dict[str, Any]:
    return {
        "cancel_waiting_ms": _spread(latencies.cancel_waiting),
        "cancel_running_ms": _spread(latencies.cancel_running),
        "hello_ms": _spread(latencies.hello),
        "cancels_that_came_too_late": latencies.missed,
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {"count": 0}
    ordered = sorted(1000 * each for each in seconds)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * (len(ordered) - 1)))]
    values = {"median": statistics.median(ordered), "p99": p99, "worst": ordered[-1]}
    return {"count": len(ordered), **{name: round(value, 1) for name, value in values.items()}}


def _complaints(arguments: Arguments, measured: dict[str, Any]) -> list[str]:
    """What is not as it should be; memory is judged only where there was time for it to grow."""
    jobs = measured["jobs"]
    nothing = ("without_an_end", "told_twice", "recorded_otherwise_than_told", "not_recorded", "overtakings")
    found = [f"{name}: {jobs[name]}" for name in nothing if jobs[name]]
    found += [f"failed: {text} ({count})" for text, count in jobs["failures"].items()]
    found += [] if measured["server_survived"] else ["the server ended by itself"]
    for half in ("without_idlers", "with_idlers"):
        for kind in ("cancel_waiting_ms", "cancel_running_ms"):
            spread = measured[half][kind]
            if not spread["count"]:
                found.append(f"{half}: no {kind} measured")
            elif spread["median"] >= arguments.most_cancel_ms:
                found.append(f"{half}: {kind} has the median {spread['median']}")
    growth = measured["memory"]["growth_since_filled"]
    if not arguments.quick and abs(growth) > arguments.most_growth:
        found.append(f"memory changed by {growth:.0%} since the queue was filled")
    return found


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
