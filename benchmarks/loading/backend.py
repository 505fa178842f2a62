"""A backend with the fake generator as a process, its memory, and what its log and its records say afterwards."""

import itertools
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil

PATIENCE_SECONDS = 60.0
QUEUED = re.compile(r"job=(\w+) state=queued attempts=0")
STARTED = re.compile(r"job=(\w+) state=running attempts=1")


class LoadedBackend:
    """``any-to-3d serve --profile fake`` on a free port; a context manager."""

    def __init__(self, folder: Path, most_waiting: int) -> None:
        self.data, self.log = folder / "data", folder / "server.log"
        port_file = folder / "port"
        command = [sys.executable, "-m", "any_to_3d.backend", "serve", "--profile", "fake", "--port", "0"]
        command += ["--port-file", str(port_file), "--data", str(self.data), "--max-waiting", str(most_waiting)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the backend did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        self.address = f"tcp://127.0.0.1:{int(port_file.read_text())}"
        self._server = psutil.Process(self._process.pid)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def memory(self) -> float:
        """Resident set of the server's process, without its worker's, in MiB."""
        return self._server.memory_info().rss / 2**20

    def processor_seconds(self) -> float:
        """That the server's process has used."""
        times = self._server.cpu_times()
        return times.user + times.system

    def end(self) -> None:
        """In order, as by a signal."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def states(self) -> dict[str, str]:
        """What the records say of every job; to be asked after ``end``."""
        with sqlite3.connect(self.data / "jobs.sqlite") as records:
            return dict(records.execute("SELECT job_id, state FROM jobs"))

    def overtakings(self) -> int:
        """How often a job began before one that had been accepted earlier and began too."""
        text = self.log.read_text("utf-8")
        places = {job_id: place for place, job_id in enumerate(QUEUED.findall(text))}
        begun = [places[job_id] for job_id in STARTED.findall(text)]
        return sum(later < earlier for earlier, later in itertools.pairwise(begun))

    def __enter__(self) -> "LoadedBackend":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
