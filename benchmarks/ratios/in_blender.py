"""Running a module of this folder in a Python that has bpy, on a surface; that Python has few other packages."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import trimesh

from .peers import LeftOut

HERE = Path(__file__).resolve().parent
LONGEST_SECONDS = 900


def answer_of(module: str, python: Path, rounds: int, vertices: np.ndarray, faces: np.ndarray) -> dict:
    """What the module leaves in FOLDER/result.json when it is run with ROUNDS FOLDER, with FOLDER/mesh.npz to read.

    Raises LeftOut where it leaves nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Links, because the rest of this interpreter's packages may not fit the other one.
        (folder / "any_to_3d").symlink_to(HERE.parents[1], target_is_directory=True)
        (folder / "trimesh").symlink_to(Path(trimesh.__file__).parent, target_is_directory=True)
        (folder / "ratios").symlink_to(HERE, target_is_directory=True)
        np.savez(folder / "mesh.npz", vertices=vertices, faces=faces)
        environment = {**os.environ, "PYTHONPATH": name, "BLENDER_USER_RESOURCES": name}
        command = [str(python), "-m", f"ratios.{module}", str(rounds), name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS)
        result = folder / "result.json"
        if not result.exists():
            raise LeftOut(f"bpy ({python.name} ended without a result: {(done.stderr or done.stdout)[-400:].strip()})")
        return json.loads(result.read_text("utf-8"))
