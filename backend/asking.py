"""Ask a running backend something and wait for the answer; for commands that people type."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..shared.client import Client
from ..shared.connection_keys import connection_keys
from ..shared.messages import (
    CheckpointInfo,
    Checkpoints,
    Failed,
    JobInfo,
    Jobs,
    ListCheckpoints,
    ListJobs,
    Message,
    Problem,
    Rejected,
    Request,
    Welcome,
)

PATIENCE_SECONDS = 4.0

M = TypeVar("M", bound=Message)


class BackendSaidNo(ValueError):
    """The backend answered, and not with what was asked for; the text is its own."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.message} {problem.hint}".strip())


class Asking:
    """A connection for a few questions, as a context manager. Raises ValueError for an address or key that cannot be.

    Every question raises ValueError, saying what to do, if nobody answers within a few seconds.
    """

    def __init__(self, address: str, key: Path | None = None) -> None:
        self.address = address
        self._client = Client(address, "command line", None if key is None else connection_keys(key, address))

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def welcome(self) -> Welcome:
        """What the backend says of itself."""
        return self.answer(None, lambda message: message if isinstance(message, Welcome) else None)

    def jobs(self) -> tuple[JobInfo, ...]:
        """Every job at hand, oldest first."""
        return self.answer(ListJobs(), lambda message: message if isinstance(message, Jobs) else None).jobs

    def job(self, name: str) -> JobInfo:
        """The job of this id, or of the only id that begins so. Raises ValueError."""
        jobs = self.jobs()
        found = [job for job in jobs if job.job_id == name] or [job for job in jobs if job.job_id.startswith(name)]
        if len(found) == 1:
            return found[0]
        many = ", ".join(job.job_id for job in found[:5])
        reason = f"several begin with {name!r}: {many}" if found else f"none is {name!r}"
        raise ValueError(f"which job? {reason}; 'any-to-3d jobs list' names those that {self.address} has")

    def checkpoints(self, job_id: str) -> tuple[CheckpointInfo, ...]:
        """The stored states of a job, oldest first."""
        answered = self.answer(ListCheckpoints(job_id), lambda each: each if isinstance(each, Checkpoints) else None)
        return answered.checkpoints

    def send(self, request: Request) -> None:
        """Ask without waiting."""
        self._client.send(request)

    def answer(
        self, request: Request | None, wanted: Callable[[Message], M | None], seconds: float = PATIENCE_SECONDS
    ) -> M:
        """Ask, and return the first message that ``wanted`` picks. Raises BackendSaidNo for a refusal."""
        if request is not None:
            self._client.send(request)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self._client.poll(1):  # what comes after the picked one is for the next question
                picked = wanted(message)
                if picked is not None:
                    return picked
                if isinstance(message, Rejected | Failed):
                    raise BackendSaidNo(message.problem)
            self._client.wait(0.05)
        raise ValueError(
            f"no answer from a backend at {self.address} within {seconds:.0f} s; "
            "start one with 'any-to-3d serve', or name another with --address"
        )
