"""What has arrived and is not shown yet: the newest shape of each job, in the order of arrival. No Blender in here."""

from __future__ import annotations

from collections.abc import Iterable

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from .frame_memory import FrameMemory


class Arrivals:
    """``due`` names the jobs with something to show; a shape stays here, to be shown again, until its job has ended.

    memory: keeps some of the shapes beyond that.
    """

    def __init__(self, memory: FrameMemory) -> None:
        self._memory = memory
        self._frames: dict[str, MeshSnapshot] = {}
        self._textures: dict[str, TextureSnapshot] = {}
        self._results: dict[str, TexturedMesh] = {}
        self.due: list[str] = []

    def frame(self, job_id: str) -> MeshSnapshot | None:
        return self._frames.get(job_id)

    @property
    def growing(self) -> frozenset[str]:
        """The jobs of which a frame is here."""
        return frozenset(self._frames)

    def texture(self, job_id: str) -> TextureSnapshot | None:
        return self._textures.get(job_id)

    def keep_texture(self, frame: TextureSnapshot) -> None:
        self._textures[frame.job_id] = frame
        self._now_due(frame.job_id)

    def result(self, job_id: str) -> TexturedMesh | None:
        return self._results.get(job_id)

    def keep_result(self, job_id: str, mesh: TexturedMesh) -> None:
        self._results[job_id] = mesh
        self._now_due(job_id)

    def keep_frame(self, frame: MeshSnapshot) -> MeshSnapshot | None:
        """The frame with the faces of the one before it, which the backend does not send twice; None without those."""
        if frame.lacks_faces:
            before = self._frames.get(frame.job_id)
            if before is None or (before.topology, len(before.vertices)) != (frame.topology, len(frame.vertices)):
                return None
            frame = frame.with_faces(before.faces)
        self._frames[frame.job_id] = frame
        self._memory.keep(frame.job_id, frame)
        self._now_due(frame.job_id)
        return frame

    def forget(self, job_id: str) -> None:
        """It was shown for good, or its job has ended without a result."""
        self._frames.pop(job_id, None)
        self._textures.pop(job_id, None)
        self._results.pop(job_id, None)
        self.due = [each for each in self.due if each != job_id]

    def all_due(self) -> None:
        """Show everything again, results first: undo or another file took the scene to another state."""
        self.due = list(dict.fromkeys((*self._results, *self._frames, *self._textures)))

    def take_due(self) -> list[str]:
        taken, self.due = self.due, []
        return taken

    def put_off(self, job_ids: Iterable[str]) -> None:
        """What was taken and could not be shown yet."""
        self.due += job_ids

    def _now_due(self, job_id: str) -> None:
        if job_id not in self.due:
            self.due.append(job_id)
