"""A recorded job at any moment of its playing: pure functions of the time, so nothing has to be queued for anybody."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Union

from ...shared.mesh import MeshSnapshot
from ...shared.messages import Finished, Preparing, Progress
from ...shared.recording import Recording
from .fewer_faces import within

Report = Union[Preparing, Progress]


class Playback:
    """The recording, played in ``seconds`` for one job; every time is in seconds since its beginning."""

    def __init__(self, recording: Recording, job_id: str, seconds: float) -> None:
        self._recording, self._job_id = recording, job_id
        self.seconds = seconds
        self._speed = recording.seconds / max(seconds, 1e-3)
        self._reports = [timed for timed in recording.events if not isinstance(timed.event, MeshSnapshot)]
        self._snapshots = [timed.event for timed in recording.events if isinstance(timed.event, MeshSnapshot)]
        self._report_times = [timed.at for timed in self._reports]
        self._snapshot_times = [timed.at for timed in recording.events if isinstance(timed.event, MeshSnapshot)]

    def is_over(self, now: float) -> bool:
        return now >= self.seconds

    def reports(self, now: float) -> int:
        """How many reports of progress are due by now."""
        return bisect_right(self._report_times, now * self._speed)

    def report(self, number: int, now: float) -> Report:
        """The report with this number, from 1, in the playing's own speed."""
        event = self._reports[number - 1].event
        if isinstance(event, Preparing):
            return replace(event, job_id=self._job_id)
        assert isinstance(event, Progress), "snapshots are kept apart"
        return replace(
            event,
            job_id=self._job_id,
            steps_per_second=event.steps_per_second * self._speed,
            seconds_left=max(0.0, self.seconds - now),
        )

    def snapshots(self, now: float) -> int:
        """How many snapshots exist by now."""
        return bisect_right(self._snapshot_times, now * self._speed)

    def snapshot(self, number: int, max_faces: int) -> MeshSnapshot:
        """The snapshot with this number, from 1, which is also its sequence; with at most ``max_faces`` faces."""
        snapshot = within(self._snapshots[number - 1], max_faces)
        return replace(snapshot, job_id=self._job_id, sequence=number)

    def finished(self) -> Finished:
        return Finished(self._job_id, self._recording.result, self.seconds)
