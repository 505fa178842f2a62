"""Which Pythons with bpy the tests run on, and how a scenario runs in one of them.

The interpreter of pytest itself, if it has bpy, and those named in ANY_TO_3D_BPY_PYTHONS (separated as in PATH).
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
_TIMEOUT = 280


def pythons() -> list[str]:
    """Paths of the interpreters; empty where there is no bpy at all."""
    named = [path for path in os.environ.get("ANY_TO_3D_BPY_PYTHONS", "").split(os.pathsep) if path]
    own = [sys.executable] if importlib.util.find_spec("bpy") else []
    return [*own, *named]


def run_scenario(python: str, scenario: str, folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """Run a scenario in a Blender with a user folder of its own; claim -> traceback, "" for one that holds."""
    result = folder / f"{scenario}.json"
    user_folder = folder / "blender user ü 用户"
    user_folder.mkdir()
    environment = {**os.environ, **variables, "BLENDER_USER_RESOURCES": str(user_folder)}
    command = [python, str(HERE / "run_scenario.py"), str(HERE / "scenarios" / f"{scenario}.py"), str(result)]
    with (folder / f"{scenario}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            process.wait(_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
    outcomes = json.loads(result.read_text(encoding="utf-8")) if result.is_file() else {}
    tail = (folder / f"{scenario}.log").read_text(errors="replace")[-2000:]
    return {"log": tail, **outcomes}


def source_path(folder: Path) -> str:
    """A PYTHONPATH under which ``any_to_3d`` is this repository, without installing it."""
    (folder / "any_to_3d").symlink_to(REPOSITORY, target_is_directory=True)
    return str(folder)


def fake_program(folder: Path) -> str:
    """An executable that plays ``any-to-3d``: fake_backend.py run by the Python of pytest."""
    return _executable(folder, f"runpy.run_path({str(HERE / 'fake_backend.py')!r}, run_name='__main__')")


def real_program(folder: Path) -> str:
    """An executable that is ``any-to-3d``, whether or not this environment has its entry point."""
    return _executable(folder, "runpy.run_module('any_to_3d.backend', run_name='__main__')")


def _executable(folder: Path, code: str) -> str:
    path = folder / "bin" / "any-to-3d"
    path.parent.mkdir()
    path.write_text(f"#!{sys.executable}\nimport runpy\n{code}\n")
    path.chmod(0o755)
    return str(path)
