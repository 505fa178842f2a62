"""How long the add-on holds up Blender while meshes of 25,000 vertices stream in five times a second.

    python benchmarks/addon_tick.py --bpy PYTHON > tick.json

This process plays the backend on a real socket; PYTHON has the bpy module, and there the add-on's own ``pump.step`` is
called as its timer would. Half of the time the faces stay the same, half of the time every frame has new ones. Reported
are the ticks that showed a mesh and all ticks, in milliseconds by the clock and of the process, with medians and 99th
percentiles, the number of Python threads, and whether the aims (median 5 ms, 99th percentile 50 ms, by the clock, over
all ticks, and one thread) are met. With --strict the exit status says so too.
"""

import json
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tyro
import zmq
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.wire import decode, encode
from ratios.shapes import ball

RATE = 5.0
RINGS = 60
"""Of a ball with about 25,000 vertices."""

MEDIAN_MS, P99_MS = 5.0, 50.0
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Arguments:
    """Stream to the add-on and time its ticks."""

    bpy: Path
    """A Python that has the bpy module."""
    seconds: float = 20.0
    """Of streaming."""
    strict: bool = False
    """End with status 1 where an aim is missed."""


class Backend:
    """Accepts one job and streams it against the credits of its watcher."""

    def __init__(self, seconds: float) -> None:
        self._socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.address = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        vertices, faces = ball(RINGS)
        self._vertices, self._faces = vertices.numpy().astype(np.float32), faces.numpy().astype(np.int32)
        self._colors = np.full((len(self._vertices), 4), 200, np.uint8)
        self._seconds, self._credit, self.sent = seconds, 0, 0
        self._client, self._job = b"", ""

    @property
    def vertex_count(self) -> int:
        return len(self._vertices)

    def serve(self, until: subprocess.Popen[str]) -> None:
        """Answer and stream until the other process ends."""
        begun, due = 0.0, 0.0
        while until.poll() is None:
            if self._socket.poll(2):
                client, *frames = self._socket.recv_multipart()
                self._answer(client, decode(frames))
            now = time.monotonic()
            if not self._job:
                continue
            begun = begun or now
            if now - begun > self._seconds:
                self._send(m.Cancelled(self._job))
                self._job = ""
            elif self._credit and now >= due:
                due = now + 1 / RATE
                self._stream(has_new_faces=now - begun > self._seconds / 2)

    def _answer(self, client: bytes, request: object) -> None:
        self._client = client
        match request:
            case m.Hello():
                recipe = m.RecipeInfo("xbind", "XBind", ("coarse",), ("text",), (m.PresetInfo("draft", "", "", 9),))
                self._send(m.Welcome(PROTOCOL_VERSION, "benchmark", "0", "benchmark", "cpu", "none", (recipe,)))
            case m.Submit(request_id):
                self._send(m.Accepted(request_id, "job"))
            case m.Watch(job_id, credit):
                self._job, self._credit = job_id, credit
                self._send(m.Started(job_id))
            case m.Ack():
                self._credit += 1

    def _stream(self, has_new_faces: bool) -> None:
        self.sent += 1
        self._credit -= 1
        topology = self.sent if has_new_faces else 0
        vertices = self._vertices * np.float32(1 + 0.01 * np.sin(self.sent))
        self._send(m.Progress(self._job, "coarse", self.sent, 1000, 0.5, {}, RATE, 9.0))
        self._send(
            MeshSnapshot(self._job, self.sent, "coarse", self.sent, topology, vertices, self._faces, self._colors)
        )

    def _send(self, message: m.Message) -> None:
        self._socket.send_multipart([self._client, *encode(message)])


def main(arguments: Arguments) -> int:
    """Run both sides, print the JSON, and return the exit status."""
    backend = Backend(arguments.seconds)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "any_to_3d").symlink_to(HERE.parent, target_is_directory=True)
        path = f"{folder}:{HERE}"
        command = [str(arguments.bpy), "-m", "ratios.ticks_in_blender", backend.address]
        blender = subprocess.Popen(command, env={"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
        backend.serve(blender)
        assert blender.stdout is not None, "asked for above"
        lines = blender.stdout.read().splitlines()
    if blender.returncode:
        raise SystemExit(f"the part in Blender ended with status {blender.returncode}")
    measured = json.loads(lines[-1])
    every = measured["all"]
    reached = every["median_ms"] < MEDIAN_MS and every["p99_ms"] < P99_MS and measured["threads"] == 1
    origin = asdict(source(Path("/dev/null"))) | {"command": shlex.join(sys.argv)}
    del origin["weights"]
    described = {
        "source": origin,
        "vertices": backend.vertex_count,
        "frames_a_second": RATE,
        "sent": backend.sent,
        **measured,
        "aims": {"median_ms": MEDIAN_MS, "p99_ms": P99_MS, "threads": 1, "reached": reached},
    }
    json.dump(described, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0 if reached or not arguments.strict else 1


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
