"""Small requests, jobs and meshes for the tests of the backend."""

import numpy as np
from any_to_3d.backend.queue_messages import Job
from any_to_3d.shared.mesh import MeshSnapshot, TexturedMesh
from any_to_3d.shared.messages import Submit, TextPrompt, WeightedPrompt


def request(request_id: str = "r1", text: str = "a red car", **settings: float) -> Submit:
    return Submit(request_id, (WeightedPrompt(TextPrompt(text)),), overrides=settings)


def job(job_id: str = "j1", request_id: str = "r1", **changes: object) -> Job:
    return Job(job_id, request(request_id), **changes)


def snapshot(job_id: str = "j1", sequence: int = 1) -> MeshSnapshot:
    return MeshSnapshot(job_id, sequence, "coarse", 0, 1, np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32))


def textured() -> TexturedMesh:
    corners, face = np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32)
    return TexturedMesh(corners, face, corners[:, :2].copy(), face, np.zeros((2, 2, 3), np.uint8))
