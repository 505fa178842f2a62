"""Which jobs a saved .blend refers to, told to their backend: no rule of its is to delete them without asking."""

from __future__ import annotations

import bpy

from ...shared.messages import Keep, Welcome
from ..objects import provenance
from . import entries

MOST_AT_ONCE = 500
"""Far more than a file has, and well below what a backend takes from a client at once."""


class References:
    """Remembers what was told to the present backend."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._backend_id = ""

    def to_tell(self, backend: Welcome | None) -> list[Keep]:
        """Messages about jobs of this file that this backend has not been told of; none while the file is unsaved.

        Jobs of other backends are among them: to this one they are unknown, and it does nothing about them.
        """
        if backend is None or not backend.can_keep or not bpy.data.filepath:
            return []
        if backend.backend_id != self._backend_id:
            self._told, self._backend_id = set(), backend.backend_id
        new = sorted(jobs_of_file() - self._told)[:MOST_AT_ONCE]
        self._told.update(new)
        return [Keep(job_id) for job_id in new]


def jobs_of_file() -> set[str]:
    """The jobs in the histories of this file's scenes and on its own objects."""
    placed = {str(each.get(provenance.JOB, "")) for each in bpy.data.objects if each.library is None}
    return (entries.job_ids() | placed) - {""}
