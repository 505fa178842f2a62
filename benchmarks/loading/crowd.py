"""Many clients in one process that keep a backend's queue full, cancel what waits and what runs, and note every end.

Each client keeps its share of the waiting jobs, watches them, takes snapshots, and asks for another whenever one ends.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.client import Client
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.messages import (
    Accepted,
    Ack,
    Cancel,
    Cancelled,
    Failed,
    Finished,
    Hello,
    Message,
    Queued,
    Rejected,
    Started,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)

IDLE_SECONDS = 0.002
"""The clients are looked at this often, so a latency may be measured that much too long."""

ENDS = {Finished: "finished", Cancelled: "cancelled", Failed: "failed"}


@dataclass
class Latencies:
    """Seconds of what was asked, by what it was; since they were last taken."""

    cancel_waiting: list[float] = field(default_factory=list)
    cancel_running: list[float] = field(default_factory=list)
    hello: list[float] = field(default_factory=list)
    missed: int = 0
    """Running jobs that had finished before their cancel came."""


@dataclass
class Tally:
    """Of all clients together. ends: by job, how it ended, as its client was told; states: the end of each."""

    asked: int = 0
    accepted: set[str] = field(default_factory=set)
    ends: dict[str, str] = field(default_factory=dict)
    told_twice: int = 0
    failures: list[str] = field(default_factory=list)
    messages: int = 0
    places: int = 0
    """How many Queued there were among the messages."""


class Crowd:
    """``clients`` of them; ``turn`` does what is due, and is to be called again and again."""

    def __init__(self, address: str, clients: int, jobs: int, settings: dict[str, float], seed: int) -> None:
        self.tally, self.latencies = Tally(), Latencies()
        self._clients = [Client(address, f"load-{number}") for number in range(clients)]
        self._share = jobs // clients
        self._settings, self._chance = settings, random.Random(seed)
        self._open: list[set[str]] = [set() for _ in range(clients)]
        self._unanswered = [0] * clients
        self._running: dict[str, int] = {}
        self._cancels: dict[str, tuple[float, bool]] = {}
        self._greeted_at: float | None = None
        self.is_topping_up = True

    @property
    def open_jobs(self) -> list[str]:
        """Accepted and not ended, as far as the clients know."""
        return [job_id for jobs in self._open for job_id in jobs]

    @property
    def is_full(self) -> bool:
        """Whether every client has its share of jobs accepted."""
        return all(len(jobs) >= self._share for jobs in self._open)

    def turn(self) -> None:
        """Ask for what is missing, hear what came, and rest a moment if that was nothing."""
        heard = 0
        for number, client in enumerate(self._clients):
            if self.is_topping_up:
                while len(self._open[number]) + self._unanswered[number] < self._share:
                    self._submit(number)
            for message in client.poll(100):
                heard += 1
                self._hear(number, message)
        self.tally.messages += heard
        if not heard:
            time.sleep(IDLE_SECONDS)

    def cancel_waiting(self) -> None:
        """Cancel any job that waits."""
        number = self._chance.randrange(len(self._clients))
        waiting = sorted(self._open[number] - self._running.keys() - self._cancels.keys())
        if waiting:
            self._cancel(number, self._chance.choice(waiting), is_running=False)

    def cancel_running(self) -> None:
        """Cancel the job that runs."""
        for job_id, number in self._running.items():
            if job_id not in self._cancels:
                self._cancel(number, job_id, is_running=True)
                return

    def cancel_all(self) -> None:
        """Cancel everything; these are not measured."""
        for number, jobs in enumerate(self._open):
            for job_id in jobs - self._cancels.keys():
                self._clients[number].send(Cancel(job_id))

    def greet(self) -> None:
        """Ask the backend for a Welcome, if the last question has been answered."""
        if self._greeted_at is None:
            self._greeted_at = time.monotonic()
            self._clients[0].send(Hello(PROTOCOL_VERSION, "load-0"))

    def take_latencies(self) -> Latencies:
        """Those measured since the last call."""
        taken, self.latencies = self.latencies, Latencies()
        return taken

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _submit(self, number: int) -> None:
        self._unanswered[number] += 1
        self.tally.asked += 1
        prompt = (WeightedPrompt(TextPrompt("a red car")),)
        asked = Submit(f"load-{self.tally.asked}", prompt, seed=self.tally.asked, overrides=self._settings)
        self._clients[number].send(asked)

    def _cancel(self, number: int, job_id: str, is_running: bool) -> None:
        self._cancels[job_id] = time.monotonic(), is_running
        self._clients[number].send(Cancel(job_id))

    def _hear(self, number: int, message: Message) -> None:
        match message:
            case Accepted(_, job_id):
                self._unanswered[number] -= 1
                self.tally.accepted.add(job_id)
                self._open[number].add(job_id)
                self._clients[number].send(Watch(job_id, credit=1, max_faces=2000))
            case Rejected(request_id, problem):
                self._unanswered[number] -= bool(request_id)
                self.tally.failures.append(problem.message)
            case Queued():
                self.tally.places += 1
            case Started(job_id):
                self._running[job_id] = number
            case MeshSnapshot(job_id=job_id, sequence=sequence):
                self._clients[number].send(Ack(job_id, sequence))
            case Finished(job_id) | Cancelled(job_id) | Failed(job_id):
                self._end(number, job_id, message)
            case Welcome() if number == 0 and self._greeted_at is not None:
                self.latencies.hello.append(time.monotonic() - self._greeted_at)
                self._greeted_at = None

    def _end(self, number: int, job_id: str, event: Finished | Cancelled | Failed) -> None:
        self.tally.told_twice += job_id in self.tally.ends
        self.tally.ends[job_id] = ENDS[type(event)]
        if isinstance(event, Failed):
            self.tally.failures.append(event.problem.message)
        self._open[number].discard(job_id)
        self._running.pop(job_id, None)
        sent = self._cancels.pop(job_id, None)
        if sent is None:
            return
        at, is_running = sent
        if not isinstance(event, Cancelled):
            self.latencies.missed += 1
            return
        found = self.latencies.cancel_running if is_running else self.latencies.cancel_waiting
        found.append(time.monotonic() - at)


def every(seconds: float) -> Iterator[bool]:
    """Whether it is due, each time it is asked; never twice for one missed beat."""
    due = time.monotonic() + seconds
    while True:
        now = time.monotonic()
        is_due = now >= due
        if is_due:
            due = now + seconds
        yield is_due
