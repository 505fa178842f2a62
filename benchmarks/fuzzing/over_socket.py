"""Damaged messages over TCP to a real server with the fake profile, and a proper client that asks all the while."""

import tempfile
import time
from pathlib import Path
from statistics import median

import psutil
import zmq
from any_to_3d.backend.access.limits import Limits
from any_to_3d.shared.messages import Jobs, ListJobs
from live_backend import Backend, Talker

from .child import SLOW_SECONDS, random_of
from .mutations import damaged_frames
from .seeds import message_seeds
from .watched import MOST_FAULTS, Outcome

ROUND = int(Limits().message_burst) - 100
"""Messages of one connection: more would not be read but counted, see backend/access/limits.py."""


def run_over_socket(messages: int, seconds: float, seed: int) -> Outcome:
    """Send so many, or as many as there is time for. A hang: the proper client waited longer than a second."""
    outcome = Outcome("socket", seed)
    seeds = message_seeds(400)
    samples: list[float] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Backend(Path(folder)) as backend:
        server = psutil.Process(backend.process.pid)
        with zmq.Context() as context, Talker(backend.address) as proper:
            while outcome.executed < messages and time.monotonic() - began < seconds:
                outcome.refused += _one_round(context, backend.address, seeds, outcome.executed, seed)
                outcome.executed += ROUND
                if backend.process.poll() is not None:
                    outcome.crashes += 1
                    outcome.faults.append({"kind": "crash", "case": outcome.executed, "what": backend.log.read_text()})
                    break
                samples.append(server.memory_info().rss / 2**20)
                waited = _seconds_until_answered(proper)
                outcome.slowest_ms = max(outcome.slowest_ms, round(waited * 1000, 1))
                if waited > SLOW_SECONDS and len(outcome.faults) < MOST_FAULTS:
                    outcome.hangs += 1
                    outcome.faults.append({"kind": "hang", "case": outcome.executed, "what": f"{waited:.2f} s"})
    quarter = max(1, len(samples) // 4)
    outcome.seconds = round(time.monotonic() - began, 1)
    outcome.memory_mib = {
        "first_quarter": round(median(samples[:quarter]), 1),
        "last_quarter": round(median(samples[-quarter:]), 1),
        "peak": round(max(samples), 1),
    }
    return outcome


def _one_round(context: zmq.Context, address: str, seeds: list[list[bytes]], first: int, seed: int) -> int:
    """Send a connection's worth from the case ``first`` on; how many answers came."""
    with context.socket(zmq.DEALER) as stranger:
        stranger.linger, stranger.sndhwm, stranger.rcvhwm = 0, 0, 0
        stranger.connect(address)
        for case in range(first, first + ROUND):
            random = random_of(seed, case)
            stranger.send_multipart(damaged_frames(random.choice(seeds), seeds, random) or [b""])
        answers = 0
        while stranger.poll(200):
            stranger.recv_multipart()
            answers += 1
        return answers


def _seconds_until_answered(proper: Talker) -> float:
    before = time.monotonic()
    proper.send(ListJobs())
    proper.of(Jobs)
    return time.monotonic() - before
