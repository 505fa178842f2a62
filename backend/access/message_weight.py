"""About how much memory a message holds while it waits to be sent. Pure."""

from ...shared.mesh import TexturedMesh
from ...shared.messages import CutOut, Event, Finished, Jobs, Reply

LEAST = 500
"""Bytes of any message, and of one line of a list of jobs."""


def weight_of(message: Reply | Event) -> int:
    """Bytes, roughly; arrays exactly."""
    if isinstance(message, Finished):
        return LEAST + _bytes_of(message.mesh)
    if isinstance(message, Jobs):
        return LEAST * (1 + len(message.jobs))
    return LEAST + (len(message.picture) if isinstance(message, CutOut) else 0)


def _bytes_of(mesh: TexturedMesh) -> int:
    return sum(array.nbytes for array in (mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, mesh.albedo))
