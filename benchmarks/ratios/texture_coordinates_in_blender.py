"""The part of C9 that runs in a Python with bpy: Blender's own unwrapping, at the angle that it proposes.

python -m ratios.texture_coordinates_in_blender ROUNDS FOLDER     FOLDER/mesh.npz -> FOLDER/result.json
"""

import json
import math
import os
import sys
from pathlib import Path

import bpy
import numpy as np

from .timing import take_turns

ANGLE = math.radians(66)
"""The operator's own default."""
MARGIN = 4 / 1024
"""Between islands, as a share of the texture: what is left between ours."""


def object_of(vertices: np.ndarray, faces: np.ndarray) -> bpy.types.Object:
    """An object in the scene, active and selected."""
    mesh = bpy.data.meshes.new("ball")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    made = bpy.data.objects.new("ball", mesh)
    bpy.context.collection.objects.link(made)
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    return made


def smart_project() -> None:
    """Unwrap all faces of the active object."""
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=ANGLE, island_margin=MARGIN)
    bpy.ops.object.mode_set(mode="OBJECT")


def measure(rounds: int, folder: Path) -> None:
    """Write the milliseconds of every round, and the coordinates of every corner, to result.json."""
    stored = np.load(folder / "mesh.npz")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = object_of(stored["vertices"], stored["faces"]).data
    times = take_turns({"smart_project": smart_project}, rounds)
    corners = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers.active.uv.foreach_get("vector", corners)
    result = {
        "cpu": times.cpu["smart_project"],
        "wall": times.wall["smart_project"],
        "corners": corners.reshape(-1, 3, 2).tolist(),
        "blender": bpy.app.version_string,
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    try:
        measure(int(sys.argv[1]), Path(sys.argv[2]))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Several bpy releases crash or hang while Python shuts down.
        os._exit(0)
