"""What this Blender session knows of the history, which undo in a .blend cannot make it forget."""

from __future__ import annotations

from dataclasses import replace

from ...shared.mesh import TexturedMesh
from ..state import Job, Session
from . import entries
from . import picture as history_picture


class Ledger:
    """The entries of this session by request; each change of one is written into the .blend as well."""

    def __init__(self) -> None:
        self._entries: dict[str, entries.Entry] = {}

    def note(self, entry: entries.Entry) -> None:
        """Remember it, in place of what was known of the same request."""
        if self._entries.get(entry.origin.request_id) != entry:
            self._entries[entry.origin.request_id] = entry
            entries.write(entry)

    def forget(self, request_id: str) -> None:
        """The artist removed it."""
        self._entries.pop(request_id, None)

    def write_all(self) -> None:
        """Put back what an undo has taken from the .blend."""
        for entry in self._entries.values():
            entries.write(entry)

    def read_file(self) -> None:
        """Know what the file knows that was just loaded, and nothing else."""
        self._entries = {entry.origin.request_id: entry for entry in entries.entries()}

    def follow(self, before: Session, session: Session) -> None:
        """Note what became of the jobs that the history knows, as far as it differs from what was so before."""
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
            self.note(entry)

    def picture(self, job: Job, mesh: TexturedMesh) -> None:
        """Give the job's entry a picture of its result, unless it has one."""
        entry = self._entries.get(job.origin.request_id)
        if entry is not None and not entry.thumbnail:
            self.note(replace(entry, thumbnail=history_picture.packed(history_picture.picture_of(mesh))))
