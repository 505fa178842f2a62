"""What is known of every request of this file, kept beside the .blend: undo takes the scene's properties back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ...shared.mesh import TexturedMesh
from ..properties import Values
from ..state import Job, Session
from . import entries as history
from . import picture as history_picture


class Ledger:
    """An ``Entry`` of each request by its id, written into the .blend whenever it changes."""

    def __init__(self) -> None:
        self._entries: dict[str, history.Entry] = {}

    def asked(self, job: Job, settings: Values, scene: str) -> None:
        """A new request of this scene."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._note(history.Entry(job.origin, settings, scene, now))

    def follow(self, session: Session, before: Session) -> None:
        """What became of the jobs that the history knows, as far as it differs from what was so before."""
        if session.jobs is before.jobs:
            return
        backend = session.backend.backend_version if session.backend else ""
        unchanged = {id(job) for job in before.jobs}
        for job in session.jobs:
            entry = self._entries.get(job.origin.request_id)
            if id(job) in unchanged or entry is None or (entry.outcome == "finished" and job.state != "finished"):
                continue  # a finished job that is fetched again stays finished
            entry = replace(entry, origin=job.origin, backend=entry.backend or backend)
            if job.is_over:
                entry = replace(entry, outcome=job.state, seconds=job.seconds or entry.seconds)
            self._note(entry)

    def picture(self, job: Job, mesh: TexturedMesh) -> None:
        """Remember what the job's result looks like, unless that is known."""
        entry = self._entries.get(job.origin.request_id)
        if entry is not None and not entry.thumbnail:
            self._note(replace(entry, thumbnail=history_picture.packed(history_picture.picture_of(mesh))))

    def forget(self, request_id: str) -> None:
        """The artist removed it from the history."""
        self._entries.pop(request_id, None)

    def write_again(self) -> None:
        """Undo or redo took the scene's history to another state."""
        for entry in self._entries.values():
            history.write(entry)

    def read_again(self) -> None:
        """Another file was loaded."""
        self._entries = {entry.origin.request_id: entry for entry in history.entries()}

    def _note(self, entry: history.Entry) -> None:
        if self._entries.get(entry.origin.request_id) != entry:
            self._entries[entry.origin.request_id] = entry
            history.write(entry)
