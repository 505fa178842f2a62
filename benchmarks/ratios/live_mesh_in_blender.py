"""The part of C8 that runs in a Python with bpy: time our way into Blender and the way of a file, in turns.

    python -m ratios.live_mesh_in_blender ROUNDS FOLDER     FOLDER/mesh.npz -> FOLDER/result.json

Our way is whole: encoding, a TCP socket on this machine, decoding with all checks, placing, writing into the object.
"""

import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np
import trimesh
import zmq
from any_to_3d.blender_addon.objects import scene
from any_to_3d.blender_addon.objects.placement import Placement
from any_to_3d.blender_addon.state import Provenance
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.wire import decode, encode

from .live_mesh_names import MOVED, NEW, PEER
from .timing import take_turns

ORIGIN = Provenance("request", "a ball", "xbind", "standard", 0, "job")


class Link:
    """Both ends of a TCP connection within this process."""

    def __init__(self) -> None:
        context = zmq.Context.instance()
        self._near, self._far = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        self._near.connect(f"tcp://127.0.0.1:{self._far.bind_to_random_port('tcp://127.0.0.1')}")

    def carry(self, snapshot: MeshSnapshot) -> MeshSnapshot:
        """Send a snapshot and return what arrives."""
        self._near.send_multipart(encode(snapshot), copy=False)
        received = decode([frame.buffer for frame in self._far.recv_multipart(copy=False)])
        assert isinstance(received, MeshSnapshot)
        return received


class Live:
    """Our way: every call shows a further snapshot of one job's object."""

    def __init__(self, vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray) -> None:
        scene.create(ORIGIN, Placement((0.0, 0.0, 0.0), 1.0, bpy.context.scene.name))
        self._link, self._arrays, self._sequence, self._topology = Link(), (vertices, faces, colours), 0, 0
        self._shown_topology = -1

    def new_topology(self) -> None:
        self._topology += 1
        self._show()

    def positions(self) -> None:
        self._show()

    def _show(self) -> None:
        self._sequence += 1
        vertices, faces, colours = self._arrays
        snapshot = MeshSnapshot(
            "job", self._sequence, "geometry", self._sequence, self._topology, vertices, faces, colours
        )
        # As the backend's outbox and the add-on's link do it: faces travel only when they are new.
        if self._topology == self._shown_topology:
            whole = self._link.carry(snapshot.without_faces()).with_faces(faces)
        else:
            whole = self._link.carry(snapshot)
        self._shown_topology = self._topology
        assert scene.show(ORIGIN, whole, "run") is scene.Outcome.SHOWN


class ByFile:
    """The way of a file: trimesh writes a GLB, Blender's importer reads it; what the last call made is removed."""

    def __init__(self, mesh: trimesh.Trimesh, path: Path) -> None:
        self._mesh, self._path = mesh, path

    def write_and_import(self) -> None:
        self._mesh.export(self._path)
        bpy.ops.import_scene.gltf(filepath=str(self._path))


def remove_imported() -> None:
    """Leave only our object, so that the file's scene does not grow over the rounds."""
    for each in list(bpy.data.objects):
        if not each.get("any_to_3d_request"):
            bpy.data.objects.remove(each)
    bpy.data.orphans_purge()


def measure(rounds: int, folder: Path) -> None:
    """Write the milliseconds of every round to result.json."""
    stored = np.load(folder / "mesh.npz")
    vertices, faces = stored["vertices"], stored["faces"]
    colours = np.random.default_rng(0).integers(0, 256, (len(vertices), 4), np.uint8)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    import addon_utils  # Blender's own modules are found only after bpy has been imported.

    addon_utils.enable("io_scene_gltf2", default_set=True)
    mesh = trimesh.Trimesh(vertices, faces, vertex_colors=colours, process=False)
    live, by_file = Live(vertices, faces, colours), ByFile(mesh, folder / "mesh.glb")
    steps = {NEW: live.new_topology, MOVED: live.positions, PEER: by_file.write_and_import}
    times = take_turns(steps, rounds, between=remove_imported)
    result = {"cpu": times.cpu, "wall": times.wall, "blender": bpy.app.version_string}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    try:
        measure(int(sys.argv[1]), Path(sys.argv[2]))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Several bpy releases crash or hang while Python shuts down.
        os._exit(0)
