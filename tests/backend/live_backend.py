"""A real server process with the fake profile, and clients on real sockets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from any_to_3d.shared.client import Client, CurveKeys
from any_to_3d.shared.messages import Accepted, Message, Request, Submit, Watch
from requests_and_jobs import request

PATIENCE = 60.0
"""Seconds for what comes sooner or later on a busy machine; what has to come soon is timed by its own test."""


class Backend:
    """``any-to-3d serve --profile fake`` on a free port, as a context manager."""

    def __init__(self, folder: Path, *options: str, port: int = 0, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port_file = folder / "port"
        self.log = folder / "log.txt"
        self.port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "any_to_3d.backend", "serve", "--profile", "fake", "--port", str(port)]
        command += ["--port-file", str(self.port_file), "--data", str(folder / "data"), *options]
        with self.log.open("ab") as log:
            environment = {**os.environ, **(variables or {})}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        wait_until(lambda: self.port_file.exists() or self.process.poll() is not None, "the port file")
        assert self.process.poll() is None, self.log.read_text()
        self.port = int(self.port_file.read_text())
        self.address = f"tcp://127.0.0.1:{self.port}"

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def kill(self) -> None:
        """End it as a crash would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def __enter__(self) -> "Backend":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Talker:
    """A client that remembers everything it heard."""

    def __init__(self, address: str, curve: CurveKeys | None = None) -> None:
        self.client = Client(address, "test", curve)
        self.heard: list[Message] = []

    def send(self, message: Request) -> None:
        self.client.send(message)

    def until(self, is_it: Callable[[Message], bool], seconds: float = PATIENCE) -> Message:
        """Wait for a message that was not yet returned and fits; earlier ones are passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.client.poll(1):  # what comes after a fitting one is for the next call
                self.heard.append(message)
                if is_it(message):
                    return message
            self.client.wait(0.02)
        raise AssertionError(f"nothing fitted in {seconds} s; heard {[type(each).__name__ for each in self.heard]}")

    def of(self, kind: type, seconds: float = PATIENCE) -> Message:
        return self.until(lambda message: isinstance(message, kind), seconds)

    def silence(self, seconds: float) -> list[Message]:
        """What arrives in this time."""
        deadline, arrived = time.monotonic() + seconds, []
        while time.monotonic() < deadline:
            arrived += self.client.poll(1)
            self.client.wait(0.02)
        return arrived

    def submit(self, credit: int = 1, asked: Submit | None = None, **settings: float) -> str:
        """Submit a fake job, watch it, and return its id."""
        asked = asked or request(f"r{time.monotonic_ns()}", **settings)
        self.send(asked)
        accepted = self.until(lambda m: isinstance(m, Accepted) and m.request_id == asked.request_id)
        self.send(Watch(accepted.job_id, credit))
        return accepted.job_id

    def __enter__(self) -> "Talker":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)
