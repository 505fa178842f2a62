"""A backend for tests, on a real socket: it plays ``any-to-3d serve`` and does what the prompt's first word says.

    slow     works until it is cancelled           fail     runs out of memory after three snapshots
    die      ends the process in mid-job           blorb    is refused as an unknown word
    guess    is accepted with a notice             (else)   twelve snapshots, then a finished cube

A retexture gets textures of one colour in place of shapes, and ends with another one, whatever its mask.

A second word "dense" makes its snapshots as large as their watcher allows.
It has 8 GB of memory, of which 2 are free until it is asked to free more; --old hides that, --licences states one.
A picture is sent back as its own cut-out to those who ask for it; sounds it does not understand.
A job id that it does not know is taken up again as if it had been restarted, unless it begins with "gone".
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass, field

import numpy as np
import zmq
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.mesh import MeshSnapshot, SourceMesh, TexturedMesh, TextureSnapshot
from any_to_3d.shared.messages import (
    Accepted,
    Ack,
    Cancel,
    Cancelled,
    CheckpointInfo,
    Checkpoints,
    CutOut,
    DeviceMemory,
    Failed,
    Finished,
    FinishNow,
    FreeMemory,
    Hello,
    ImagePrompt,
    ListCheckpoints,
    ModelLicence,
    Pause,
    Paused,
    PresetInfo,
    Problem,
    Progress,
    RecipeInfo,
    Rejected,
    Resume,
    Started,
    Submit,
    TextPrompt,
    Watch,
    Welcome,
)
from any_to_3d.shared.starting_points import Continue, Refine, Retexture
from any_to_3d.shared.wire import decode, encode

SNAPSHOTS = 12
PHASES = ("coarse", "geometry", "texture")
RECIPE = RecipeInfo(
    "xbind",
    "XBind",
    PHASES,
    ("text", "image"),
    (
        PresetInfo("draft", "Draft", "A quick look", 30, 5.0),
        PresetInfo("standard", "Standard", "The usual", 120, 90.0),
    ),
)
OPERATIONS = ("retexture", "refine", "continue", "until", "seen_from", "pause", "finish_now", "checkpoints")
CHECKPOINTS = (CheckpointInfo("coarse", "coarse", 40, 40), CheckpointInfo("geometry", "geometry", 40, 40))
RETEXTURED = (10, 20, 200)
LICENCE = ModelLicence("a network", "CC BY-NC-SA 4.0", "NO COMMERCIAL USE", True)
CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]], np.int32
)  # fmt: skip


@dataclass
class RunningJob:
    job_id: str
    kind: str
    client: bytes
    pictures: dict[int, bytes] = field(default_factory=dict)
    sequence: int = 0
    credit: int = 0
    max_faces: int = 50_000
    is_dense: bool = False
    is_over: bool = False
    is_paused: bool = False
    source: SourceMesh | None = None
    retexture: Retexture | None = None
    max_texture: int = 0
    next_step: float = field(default_factory=time.monotonic)


def cube(size: float) -> np.ndarray:
    corners = [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    return np.array(corners, np.float32) * np.float32(size / 2)


def snapshot(job: RunningJob) -> MeshSnapshot:
    """The first three have a topology each, the rest share one: the faces of the cube."""
    topology = min(job.sequence, 3)
    faces = CUBE_FACES[: 4 * topology] if topology < 3 else CUBE_FACES
    colors = np.tile(np.array([255, 20 * job.sequence % 256, 0, 255], np.uint8), (8, 1))
    if job.source is not None:
        colors = np.full((len(job.source.vertices), 4), 200, np.uint8)
        shape = job.source.vertices, job.source.faces
        return MeshSnapshot(job.job_id, job.sequence, "geometry", job.sequence, 0, *shape, colors)
    size = 0.5 + 0.05 * job.sequence
    if job.is_dense:
        faces = np.tile(CUBE_FACES, (job.max_faces // 12, 1))
        return MeshSnapshot(job.job_id, job.sequence, "coarse", job.sequence, job.max_faces, cube(size), faces, colors)
    return MeshSnapshot(job.job_id, job.sequence, "coarse", job.sequence, topology, cube(size), faces.copy(), colors)


def texture_snapshot(job: RunningJob) -> TextureSnapshot:
    """All of one colour, whatever the mask: to keep what it keeps is the add-on's task as well."""
    shrunk = max(1, max(job.retexture.width, job.retexture.height) // job.max_texture)
    size = (job.retexture.height // shrunk, job.retexture.width // shrunk, 3)
    albedo = np.full(size, (20 * job.sequence % 256, 200, 30), np.uint8)
    return TextureSnapshot(job.job_id, job.sequence, "texture", job.sequence, albedo)


def retextured(job: RunningJob, mesh: SourceMesh) -> Finished:
    albedo = np.full((job.retexture.height, job.retexture.width, 3), RETEXTURED, np.uint8)
    return Finished(job.job_id, TexturedMesh(mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, albedo), 1.5)


def finished(job: RunningJob) -> Finished:
    """A cube, or of a job that began with a mesh just that one."""
    if job.retexture is not None:
        return retextured(job, job.retexture.mesh)
    vertices, faces = (cube(1.0), CUBE_FACES) if job.source is None else (job.source.vertices, job.source.faces)
    uvs = np.array([[0, 0], [1, 0], [0.5, 1]], np.float32)
    uv_faces = np.tile(np.array([[0, 1, 2]], np.int32), (len(faces), 1))
    albedo = np.full((16, 16, 3), (200, 30, 30), np.uint8)
    return Finished(job.job_id, TexturedMesh(vertices, faces, uvs, uv_faces, albedo), 1.5)


class FakeBackend:
    def __init__(self, address: str, version: str, is_old: bool = False, has_licences: bool = False) -> None:
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 0
        # A client that comes back with its old name after an outage replaces what is left of its old connection.
        self.socket.router_handover = 1
        self.socket.bind(address)
        self.version = version
        self.backend_id = f"fake-{os.getpid()}"
        self.jobs: dict[str, RunningJob] = {}
        self.is_old = is_old
        self.licences = (LICENCE,) if has_licences else ()
        self.free = 2048

    def welcome(self) -> Welcome:
        known = (self.version, self.backend_id, "9.9.9", "fake", "cpu", "none", (RECIPE,))
        if self.is_old:
            return Welcome(*known)
        memory = (DeviceMemory("cpu", self.free, 8192),)
        return Welcome(*known, memory=memory, licences=self.licences, can_free_memory=True, operations=OPERATIONS)

    def serve(self, parent_pid: int) -> None:
        while os.getppid() == parent_pid or not parent_pid:
            if self.socket.poll(5):
                client, *frames = self.socket.recv_multipart()
                self.answer(client, decode(frames))
            for job in list(self.jobs.values()):
                self.work(job)

    def send(self, client: bytes, message: object) -> None:
        self.socket.send_multipart([client, *encode(message)])

    def answer(self, client: bytes, request: object) -> None:
        match request:
            case Hello() if self.version != PROTOCOL_VERSION:
                text = f"This backend speaks protocol {self.version}; the add-on {request.protocol_version}."
                self.send(client, Rejected("", Problem("protocol", text, "Update the older one.")))
            case Hello():
                self.send(client, self.welcome())
            case FreeMemory():
                self.free = 6144
            case Submit():
                self.submit(client, request)
            case Watch() if request.job_id.startswith("gone"):
                self.send(client, Rejected("", Problem("bad_request", f"There is no job {request.job_id}.")))
            case Watch():
                job = self.jobs.setdefault(request.job_id, RunningJob(request.job_id, "a", client))
                if job.sequence > SNAPSHOTS and not job.is_dense:
                    self.send(client, finished(job))
                    return
                job.client, job.credit, job.max_texture = client, request.credit, request.max_texture
                job.max_faces = request.max_faces
                self.send(client, Started(job.job_id))
                if job.is_paused:
                    self.send(client, Paused(job.job_id))
                for part, picture in job.pictures.items() if request.cut_outs else ():
                    self.send(client, CutOut(job.job_id, part, picture, "fake scissors"))
            case Ack():
                self.jobs[request.job_id].credit += 1
            case Pause():
                self.jobs[request.job_id].is_paused = True
                self.send(client, Paused(request.job_id))
            case Resume():
                self.jobs[request.job_id].is_paused = False
                self.send(client, Started(request.job_id))
            case FinishNow():
                self.jobs[request.job_id].is_over = True
                self.send(client, finished(self.jobs[request.job_id]))
            case ListCheckpoints():
                self.send(client, Checkpoints(request.job_id, CHECKPOINTS if request.job_id in self.jobs else ()))
            case Cancel():
                self.jobs[request.job_id].is_over = True
                self.send(client, Cancelled(request.job_id))

    def submit(self, client: bytes, request: Submit) -> None:
        words = " ".join(part.prompt.text for part in request.prompts if isinstance(part.prompt, TextPrompt))
        kind = (words.split() or ["a"])[0]
        if kind == "blorb":
            problem = Problem("bad_request", "The word 'blorb' is not known here.", "Try: chair, mug, house.")
            self.send(client, Rejected(request.request_id, problem))
            return
        job_id = f"job-{request.request_id}"
        parts = enumerate(part.prompt for part in request.prompts)
        pictures = {number: prompt.data for number, prompt in parts if isinstance(prompt, ImagePrompt)}
        mesh = request.source.mesh if isinstance(request.source, (Refine, Continue)) else None
        is_dense = "dense" in words.split()
        self.jobs.setdefault(job_id, RunningJob(job_id, kind, client, pictures, is_dense=is_dense, source=mesh))
        self.jobs[job_id].retexture = request.source if isinstance(request.source, Retexture) else None
        notice = "Read as 'a chair'." if kind == "guess" else ""
        self.send(client, Accepted(request.request_id, job_id, notice))

    def work(self, job: RunningJob) -> None:
        if job.is_over or job.is_paused or not job.credit or time.monotonic() < job.next_step:
            return
        job.next_step = time.monotonic() + 0.02
        job.sequence += 1
        if job.kind == "die" and job.sequence > 3:
            print("cuda error: the device caught fire", file=sys.stderr, flush=True)
            os._exit(3)
        if job.kind == "fail" and job.sequence > 3:
            job.is_over = True
            problem = Problem("out_of_memory", "The device has no memory left.", "Use a faster preset.")
            self.send(job.client, Failed(job.job_id, problem))
        elif job.kind != "slow" and job.sequence > SNAPSHOTS:
            job.is_over = True
            self.send(job.client, finished(job))
        else:
            job.credit -= 1
            share = min(job.sequence / SNAPSHOTS, 0.99)
            self.send(job.client, Progress(job.job_id, "coarse", job.sequence, 40, share, {}, 10.0, 3.0))
            self.send(job.client, snapshot(job) if job.retexture is None else texture_snapshot(job))


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print("any-to-3d 9.9.9")
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["serve"])
    parser.add_argument("--address", required=True)
    parser.add_argument("--parent-pid", type=int, default=0)
    parser.add_argument("--version", default=PROTOCOL_VERSION)
    parser.add_argument("--profile")
    parser.add_argument("--data")
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--licences", action="store_true")
    chosen = parser.parse_args()
    FakeBackend(chosen.address, chosen.version, chosen.old, chosen.licences).serve(chosen.parent_pid)


if __name__ == "__main__":
    main()
