"""A client that keeps a backend busy and notes what it is told; started and killed by ``soak.py``.

It submits numbered requests, a few at a time, sends again what was not accepted, and watches again what it has not seen
end whenever a backend says that it is new.
"""

import argparse
import sys
import time
from pathlib import Path

from any_to_3d.shared.client import Client
from any_to_3d.shared.messages import (
    Accepted,
    Cancelled,
    Failed,
    Finished,
    Message,
    Rejected,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)

from soaking.notebook import Notebook, digest

ASK_AGAIN_SECONDS = 3.0
MANY_SEEDS = 1000


def submit(number: int, preset: str, overrides: dict[str, float], seeds: int) -> Submit:
    """The request of this number; the same in every life of the client."""
    prompt = (WeightedPrompt(TextPrompt("a red car")),)
    return Submit(f"soak-{number}", prompt, preset=preset, seed=number % seeds, overrides=overrides)


class Worker:
    """One life of the client."""

    def __init__(self, client: Client, notebook: Notebook, requests: "list[Submit]", at_once: int) -> None:
        self._client, self._book, self._requests, self._at_once = client, notebook, requests, at_once
        self._notes = notebook.read()
        self._numbers = {request.request_id: number for number, request in enumerate(requests)}
        self._jobs = {job_id: number for number, job_id in self._notes.accepted.items()}
        self._asked_at = 0.0

    def run(self, stop: Path) -> None:
        """Until the file ``stop`` is there and everything asked for has ended."""
        while True:
            for message in self._client.poll():
                self._hear(message)
            is_stopping = stop.exists()
            if is_stopping and not self._notes.open:
                return
            self._ask(may_ask_more=not is_stopping)
            self._client.wait(0.1)

    def _ask(self, may_ask_more: bool) -> None:
        more = may_ask_more and len(self._notes.open) < self._at_once and len(self._notes.asked) < len(self._requests)
        if more:
            number = len(self._notes.asked)
            self._note("asked", number)
            self._client.send(self._requests[number])
        if time.monotonic() - self._asked_at > ASK_AGAIN_SECONDS:
            self._asked_at = time.monotonic()
            for number in self._notes.open:
                accepted = self._notes.accepted.get(number)
                self._client.send(self._requests[number] if accepted is None else Watch(accepted, credit=1))

    def _hear(self, message: Message) -> None:
        match message:
            case Welcome():
                self._asked_at = 0.0
            case Accepted(request_id, job_id):
                number = self._numbers[request_id]
                self._jobs[job_id] = number
                self._note("accepted", number, job_id)
                self._client.send(Watch(job_id, credit=1))
            case Rejected(request_id, problem) if request_id:
                self._note("failed", self._numbers[request_id], f"rejected: {problem.message}")
            case Finished(job_id, mesh):
                self._note("finished", self._jobs[job_id], digest(mesh))
            case Failed(job_id, problem):
                self._note("failed", self._jobs[job_id], problem.message)
            case Cancelled(job_id):
                self._note("failed", self._jobs[job_id], "cancelled, by nobody")

    def _note(self, kind: str, number: int, value: str = "") -> None:
        if kind != "asked" and getattr(self._notes, kind).get(number) == value:
            return
        self._book.write(kind, number, value)
        self._notes = self._book.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("notes", type=Path)
    parser.add_argument("stop", type=Path)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--seeds", type=int, default=MANY_SEEDS)
    parser.add_argument("--override", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    overrides = {name: float(value) for name, _, value in (each.partition("=") for each in given.override)}
    requests = [submit(number, given.preset, overrides, given.seeds) for number in range(given.requests)]
    client = Client(given.address, "soak")
    Worker(client, Notebook(given.notes), requests, given.at_once).run(given.stop)
    client.close()
    sys.exit(0)


if __name__ == "__main__":
    main()
