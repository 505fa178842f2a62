"""Connections that never say a word: how long a proper client waits for its Welcome meanwhile, and what they cost.

    python benchmarks/half_open.py --connections 10000

Prints one JSON object. Exit status 1 if a client waited longer than the limit, or the connections were not hung up on.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import tyro

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "faults"), str(ROOT / "tests" / "backend")]


@dataclass(frozen=True)
class Arguments:
    """How many, and what is too long."""

    connections: int = 10_000
    """Held open at once; the limit of open files has to allow as many, here and for the server."""
    clients: int = 20
    """Proper clients that come one after the other meanwhile."""
    limit: float = 1.5
    """Seconds that none of them may wait longer for its Welcome."""
    output: Path | None = None
    """Write the JSON object here too."""


def main(arguments: Arguments) -> int:
    from any_to_3d.backend.keys import create_keys
    from any_to_3d.backend.listening import HANDSHAKE_MILLISECONDS
    from any_to_3d.shared.client import CurveKeys
    from live_backend import Backend
    from strangers import half_open, seconds_until_served

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server_file, client_file = create_keys(folder / "keys")
        keys = CurveKeys.read(client_file)
        with Backend(folder, "--keys", str(server_file)) as backend:
            server = psutil.Process(backend.process.pid)
            calm = [seconds_until_served(backend.address, keys) for _ in range(arguments.clients)]
            before = server.num_fds(), server.memory_info().rss
            began = time.monotonic()
            strangers = half_open(backend.port, arguments.connections)
            opened = time.monotonic() - began
            amid, most = [], before
            while len(amid) < arguments.clients:
                amid.append(seconds_until_served(backend.address, keys))
                most = max(most[0], server.num_fds()), max(most[1], server.memory_info().rss)
            while server.num_fds() > before[0] + 50 and time.monotonic() - began < 60:
                time.sleep(0.1)
            hung_up = time.monotonic() - began
            left = server.num_fds() - before[0]
            for stranger in strangers:
                stranger.close()
    report = {
        "connections": arguments.connections,
        "seconds_to_open_them": round(opened, 2),
        "handshake_limit_s": HANDSHAKE_MILLISECONDS / 1000,
        "welcome_ms_calm": _spread(calm),
        "welcome_ms_amid": _spread(amid),
        "most_open_files": most[0],
        "memory_mib": [round(rss / 2**20, 1) for rss in (before[1], most[1])],
        "seconds_until_hung_up_on": round(hung_up, 1),
        "left_open": left,
    }
    text = json.dumps(report, indent=1)
    sys.stdout.write(text + "\n")
    if arguments.output is not None:
        arguments.output.write_text(text + "\n", "utf-8")
    return int(max(amid) > arguments.limit or left > 50)


def _spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {"median": round(ordered[len(ordered) // 2] * 1000, 1), "worst": round(ordered[-1] * 1000, 1)}


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
