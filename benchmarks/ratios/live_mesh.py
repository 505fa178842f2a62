"""C8: a mesh on its way into an open Blender, against writing a GLB file and importing it, as other add-ons do.

Runs live_mesh_in_blender.py in the Python that has bpy; this module needs none.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import trimesh

from .live_mesh_names import MOVED, NEW, PEER
from .peers import LeftOut, Peers
from .shapes import ball
from .timing import Report, Size, Times, ratio_verdicts

HERE = Path(__file__).resolve().parent
LONGEST_SECONDS = 900


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 101 thousand faces with vertex colours."""
    what = "a mesh from the backend's arrays to Blender's"
    vertices, faces = ball(85 if size == "full" else 10)
    try:
        python = peers.path("bpy")
        found = _in_blender(python, vertices.numpy(), faces.int().numpy(), rounds)
    except LeftOut as reason:
        return Report(what, facts={"faces": len(faces)}, left_out=(str(reason),))
    times = Times(*({name: tuple(each) for name, each in found[clock].items()} for clock in ("cpu", "wall")))
    verdicts = ratio_verdicts(times, NEW, {PEER: 3}) + ratio_verdicts(times, MOVED, {PEER: 30})
    return Report(what, times, verdicts, {"faces": len(faces), "blender": found["blender"]})


def _in_blender(python: Path, vertices: np.ndarray, faces: np.ndarray, rounds: int) -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Links, because the rest of this interpreter's packages may not fit the other one.
        (folder / "any_to_3d").symlink_to(HERE.parents[1], target_is_directory=True)
        (folder / "trimesh").symlink_to(Path(trimesh.__file__).parent, target_is_directory=True)
        (folder / "ratios").symlink_to(HERE, target_is_directory=True)
        np.savez(folder / "mesh.npz", vertices=vertices, faces=faces)
        environment = {**os.environ, "PYTHONPATH": name, "BLENDER_USER_RESOURCES": name}
        command = [str(python), "-m", "ratios.live_mesh_in_blender", str(rounds), name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS)
        result = folder / "result.json"
        if not result.exists():
            raise LeftOut(f"bpy ({python.name} ended without a result: {(done.stderr or done.stdout)[-400:].strip()})")
        return json.loads(result.read_text("utf-8"))
