"""The jobs that a queue knows: all that wait or run, and the newest that have ended, without their files' bytes."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from ..shared.messages import Submit, TextPrompt
from ..shared.starting_points import Continue
from .queue_messages import Job

REMEMBERED = 200
"""How many ended jobs are kept at hand; older ones stay on disk."""


class JobsAtHand:
    """By their ids and by the requests that they answer, in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._by_request: dict[tuple[str, str], str] = {}
        self._ended: deque[str] = deque()

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def get(self, job_id: str) -> Job | None:
        """The job of this id, if it is at hand."""
        return self._jobs.get(job_id)

    def of_request(self, request_id: str, owner: str = "") -> str | None:
        """The job that this request of this client already has, if any."""
        return self._by_request.get((owner, request_id))

    def put(self, job: Job) -> Job:
        """Keep this state of a new or known job; it is returned."""
        self._jobs[job.job_id] = job
        self._by_request[job.owner, job.submit.request_id] = job.job_id
        return job

    def put_by(self, ended: Job) -> None:
        """Keep an ended job for those who ask; forget the oldest that ended."""
        self.put(replace(ended, submit=_without_files(ended.submit)))
        self._ended.append(ended.job_id)
        if len(self._ended) > REMEMBERED:
            forgotten = self._jobs.pop(self._ended.popleft())
            self._by_request.pop((forgotten.owner, forgotten.submit.request_id), None)


def _without_files(submit: Submit) -> Submit:
    parts = (
        part if isinstance(part.prompt, TextPrompt) else replace(part, prompt=type(part.prompt)(b""))
        for part in submit.prompts
    )
    # Of what it began with, only the parent's name is still of use.
    source = replace(submit.source, mesh=None) if isinstance(submit.source, Continue) else None
    return replace(submit, prompts=tuple(parts), source=source)
