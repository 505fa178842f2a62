"""A backend and a client as processes, to be killed and started again."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

BENCHMARKS = Path(__file__).parents[1]
PATIENCE_SECONDS = 120.0
READY = re.compile(r" worker=\d+ ready device=")


@dataclass(frozen=True)
class Load:
    """What the client asks for. seeds: how many different ones it goes through."""

    profile: str
    requests: int
    at_once: int
    seeds: int
    preset: str
    overrides: tuple[tuple[str, float], ...]


class World:
    """Server, its worker and a client, on a folder and a port that outlive them."""

    def __init__(self, folder: Path, load: Load) -> None:
        self.folder, self._load = folder, load
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.notes, self.stop_file = folder / "notes.jsonl", folder / "stop"
        self._ready_before = 0
        self._server = self._start_server()
        self._client = self._start_client()

    def kill_server(self) -> bool:
        """Whether there was one to kill; it is started again, and waits for its port."""
        self._ready_before = self._ready_workers()
        _kill(self._server)
        self._server = self._start_server()
        return True

    def kill_worker(self) -> bool:
        """The server starts the next one by itself."""
        self._ready_before = self._ready_workers()
        try:
            workers = psutil.Process(self._server.pid).children()
        except psutil.NoSuchProcess:
            return False
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        return bool(workers)

    def kill_client(self) -> bool:
        _kill(self._client)
        self._client = self._start_client()
        return True

    def wait_for_a_worker(self, seconds: float) -> None:
        """Until a worker that was started since the last kill of a server or worker is ready, at most so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._ready_workers() <= self._ready_before:
            time.sleep(0.2)

    def _ready_workers(self) -> int:
        return len(READY.findall((self.folder / "server.log").read_text("utf-8", "replace")))

    def revive(self) -> list[str]:
        """Start again what has ended by itself, which nothing should; its name and exit code."""
        ended = []
        if self._server.poll() is not None:
            ended.append(f"server {self._server.returncode}")
            self._server = self._start_server()
        if self._client.poll() is not None and not self.stop_file.exists():
            ended.append(f"client {self._client.returncode}")
            self._client = self._start_client()
        return ended

    def wait_for_the_end(self, seconds: float) -> bool:
        """Let the client see everything end; whether it did in time."""
        self.stop_file.touch()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._client.poll() == 0:
                return True
            if self._client.poll() is not None:
                self._client = self._start_client()
            time.sleep(0.2)
        return False

    def close(self) -> None:
        """End both in order."""
        for process in (self._client, self._server):
            process.terminate()
        for process in (self._client, self._server):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start_server(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "any_to_3d.backend", "serve", "--profile", self._load.profile]
        command += ["--port", str(self._port), "--data", str(self.folder / "data")]
        return self._start(command, "server.log")

    def _start_client(self) -> subprocess.Popen:
        load = self._load
        command = [sys.executable, "-m", "soaking.client", self.address, str(self.notes), str(self.stop_file)]
        command += ["--requests", str(load.requests), "--at-once", str(load.at_once), "--preset", load.preset]
        command += ["--seeds", str(load.seeds)]
        command += [f"--override={name}={value}" for name, value in load.overrides]
        return self._start(command, "client.log")

    def _start(self, command: list[str], log: str) -> subprocess.Popen:
        paths = os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")])
        with (self.folder / log).open("ab") as output:
            return subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": paths}
            )


def killers(world: World) -> dict[str, Callable[[], bool]]:
    """By what they kill."""
    return {"server": world.kill_server, "worker": world.kill_worker, "client": world.kill_client}


def chosen(chance: random.Random) -> str:
    """What is killed next: the worker as often as the other two together."""
    return chance.choice(["server", "worker", "worker", "client"])


def _kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(PATIENCE_SECONDS)
