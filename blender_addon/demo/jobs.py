"""The demo's jobs, one playing at a time: requests and the time in, addressed messages out. No socket and no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from ...shared.messages import (
    TERMINAL_EVENTS,
    Accepted,
    Ack,
    Cancelled,
    CutOut,
    Event,
    Failed,
    ImagePrompt,
    JobInfo,
    Jobs,
    Paused,
    Problem,
    Queued,
    Reply,
    Started,
    Submit,
    TextPrompt,
    Watch,
)
from ...shared.recording import Recording
from .playback import Playback

_MAX_CREDIT = 4
_MIN_FACES = 100
_LISTED = 200

Addressed = tuple[bytes, "Reply | Event"]


@dataclass
class _Watcher:
    """What one client has been told of one job. ``in_flight``: snapshots that it has not acknowledged."""

    credit: int
    max_faces: int
    pauses: bool = False
    reports: int = 0
    snapshots: int = 0
    in_flight: set[int] = field(default_factory=set)


@dataclass
class _Job:
    info: JobInfo
    playback: Playback
    pictures: tuple[int, ...]
    state: Literal["queued", "running", "finished", "cancelled"] = "queued"
    began: float = 0.0
    paused_at: float | None = None
    watchers: dict[bytes, _Watcher] = field(default_factory=dict)

    @property
    def job_id(self) -> str:
        return self.info.job_id


class DemoJobs:
    """First come, first served. Every method returns the messages to send now, in order."""

    def __init__(self, recording: Recording, notice: str) -> None:
        self._recording, self._notice = recording, notice
        self._jobs: dict[str, _Job] = {}
        self._by_request: dict[str, str] = {}
        self._waiting: deque[_Job] = deque()
        self._playing: _Job | None = None

    def submit(self, client: bytes, submit: Submit, seconds: float, now: float) -> list[Addressed]:
        """Accept a checked request, to be played in ``seconds``; the same request again is the same job."""
        job_id = self._by_request.get(submit.request_id)
        if job_id is not None:
            return [(client, Accepted(submit.request_id, job_id, self._notice))]
        job_id = f"demo-{submit.request_id}"
        images = (number for number, part in enumerate(submit.prompts) if isinstance(part.prompt, ImagePrompt))
        job = _Job(_info(job_id, submit), Playback(self._recording, job_id, seconds), tuple(images))
        self._jobs[job_id] = job
        self._by_request[submit.request_id] = job_id
        self._waiting.append(job)
        return [(client, Accepted(submit.request_id, job_id, self._notice)), *self._start_next(now)]

    def watch(self, client: bytes, watch: Watch) -> list[Addressed]:
        """Answer with the job's present state; what is newer follows from ``due``."""
        job = self._jobs.get(watch.job_id)
        if job is None:
            hint = "The demo remembers its jobs only while it runs. Generate it again."
            return [(client, Failed(watch.job_id, Problem("unavailable", "The demo has no such job.", hint)))]
        if job.state == "finished":
            return [(client, job.playback.finished())]
        if job.state == "cancelled":
            return [(client, Cancelled(job.job_id))]
        credit = min(max(watch.credit, 0), _MAX_CREDIT)
        job.watchers[client] = _Watcher(credit, max(watch.max_faces, _MIN_FACES), watch.pauses)
        if job.state == "queued":
            return [(client, Queued(job.job_id, self._waiting.index(job) + 1))]
        rest = [(client, Paused(job.job_id))] if job.paused_at is not None and watch.pauses else []
        cut_outs = [(client, each) for each in self._cut_outs(job) if watch.cut_outs]
        return [(client, Started(job.job_id)), *rest, *cut_outs]

    def ack(self, client: bytes, ack: Ack) -> None:
        """Free the credit of this snapshot and of earlier ones; of something never sent, nothing."""
        job = self._jobs.get(ack.job_id)
        watcher = job.watchers.get(client) if job else None
        if watcher is not None and ack.sequence in watcher.in_flight:
            watcher.in_flight = {sent for sent in watcher.in_flight if sent > ack.sequence}

    def cancel(self, job_id: str, now: float) -> list[Addressed]:
        """End a job that waits or plays, at once; any other stays as it is."""
        job = self._jobs.get(job_id)
        if job is None or job.state not in ("queued", "running"):
            return []
        if job.state == "queued":
            self._waiting.remove(job)
        else:
            self._playing = None
        job.state, job.paused_at = "cancelled", None
        return [*self._tell(job, Cancelled(job_id)), *self._start_next(now)]

    def pause(self, job_id: str, now: float) -> list[Addressed]:
        """Let the job that plays stand still; any other stays as it is."""
        job = self._playing
        if job is None or job.job_id != job_id or job.paused_at is not None:
            return []
        job.paused_at = now
        return [(client, Paused(job_id)) for client, watcher in job.watchers.items() if watcher.pauses]

    def resume(self, job_id: str, now: float) -> list[Addressed]:
        """Let a job that stands still play on."""
        job = self._playing
        if job is None or job.job_id != job_id or job.paused_at is None:
            return []
        job.began += now - job.paused_at
        job.paused_at = None
        return self._tell(job, Started(job_id))

    def finish_now(self, job_id: str, now: float) -> list[Addressed]:
        """Go to the recording's end."""
        job = self._playing
        return [] if job is None or job.job_id != job_id else self._finish(job, now)

    def listing(self) -> Jobs:
        listed = list(self._jobs.values())[-_LISTED:]
        return Jobs(tuple(replace(job.info, state=job.state, is_paused=job.paused_at is not None) for job in listed))

    def due(self, now: float) -> list[Addressed]:
        """What the playing job's watchers are to be told by now; of what has piled up, only the newest."""
        job = self._playing
        if job is None or job.paused_at is not None:
            return []
        since = now - job.began
        if job.playback.is_over(since):
            return self._finish(job, now)
        return [(client, event) for client, watcher in job.watchers.items() for event in _news(job, watcher, since)]

    def _finish(self, job: _Job, now: float) -> list[Addressed]:
        self._playing, job.state, job.paused_at = None, "finished", None
        return [*self._tell(job, job.playback.finished()), *self._start_next(now)]

    def _start_next(self, now: float) -> list[Addressed]:
        told: list[Addressed] = []
        if self._playing is None and self._waiting:
            job = self._playing = self._waiting.popleft()
            job.state, job.began = "running", now
            told += self._tell(job, Started(job.job_id))
        for place, job in enumerate(self._waiting, start=1):
            told += self._tell(job, Queued(job.job_id, place))
        return told

    def _tell(self, job: _Job, event: Event) -> list[Addressed]:
        clients = list(job.watchers)
        if isinstance(event, TERMINAL_EVENTS):
            job.watchers.clear()
        return [(client, event) for client in clients]

    def _cut_outs(self, job: _Job) -> list[CutOut]:
        notice = "The demo does not look at your picture: this is the object that it shows."
        return [CutOut(job.job_id, part, self._recording.picture, "none", notice) for part in job.pictures]


def _news(job: _Job, watcher: _Watcher, since: float) -> list[Event]:
    news: list[Event] = []
    reports = job.playback.reports(since)
    if reports > watcher.reports:
        watcher.reports = reports
        news.append(job.playback.report(reports, since))
    snapshots = job.playback.snapshots(since)
    if snapshots > watcher.snapshots and len(watcher.in_flight) < watcher.credit:
        watcher.snapshots = snapshots
        watcher.in_flight.add(snapshots)
        news.append(job.playback.snapshot(snapshots, watcher.max_faces))
    return news


def _info(job_id: str, submit: Submit) -> JobInfo:
    texts = [part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt)]
    title = " + ".join(texts)[:200] or "a prompt without words"
    return JobInfo(job_id, "queued", title, submit.recipe, submit.preset, submit.seed)
