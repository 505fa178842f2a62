"""The steps of the commands without a window: open a mesh, find a backend, watch its jobs, save what they made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import bpy
import numpy as np

from . import pump, wording
from .objects import provenance
from .state import Job

ENDINGS = (".blend", ".glb", ".gltf")
"""Of files that are written."""

MESH_ENDINGS = (*ENDINGS, ".obj", ".stl", ".ply")
"""Of files that are read."""

_REPORT_SECONDS = 2.0


class CommandFailed(Exception):
    """The command cannot go on; the message is for the person who typed it."""


@dataclass(frozen=True)
class Backend:
    """Who is to do it: one that runs at ``address``, the demo, or one that is started. timeout: seconds in all."""

    address: str
    is_demo: bool
    timeout: float


def check_out(path: Path) -> None:
    """Raise CommandFailed for a file that cannot be written, before anything is done."""
    if path.suffix.lower() not in ENDINGS:
        raise CommandFailed(f"--out {path.name} must end with {', '.join(ENDINGS)}")
    if not path.absolute().parent.is_dir():
        raise CommandFailed(f"there is no folder {path.absolute().parent}; make it first")


def open_mesh(path: Path, name: str) -> bpy.types.Object:
    """Open or import the file, and select the object of this name, or its only mesh. Raises CommandFailed."""
    if path.suffix.lower() not in MESH_ENDINGS:
        raise CommandFailed(f"--mesh {path.name} must end with {', '.join(MESH_ENDINGS)}")
    if not path.is_file():
        raise CommandFailed(f"there is no file {path}")
    _read(str(path.absolute()), path.suffix.lower())
    meshes = [each for each in bpy.context.view_layer.objects if each.type == "MESH"]
    chosen = [each for each in meshes if name in ("", each.name)]
    if len(chosen) != 1:
        there = ", ".join(f"'{each.name}'" for each in meshes) or "no mesh"
        raise CommandFailed(f"--object must name one of the meshes in {path.name}: there is {there}")
    for each in bpy.context.view_layer.objects:
        each.select_set(each == chosen[0])
    bpy.context.view_layer.objects.active = chosen[0]
    return chosen[0]


def _read(path: str, ending: str) -> None:
    if ending == ".blend":
        bpy.ops.wm.open_mainfile(filepath=path)
        return
    bpy.ops.wm.read_homefile(use_empty=True)
    if ending in (".glb", ".gltf"):
        bpy.ops.import_scene.gltf(filepath=path)
    else:
        {".obj": bpy.ops.wm.obj_import, ".stl": bpy.ops.wm.stl_import, ".ply": bpy.ops.wm.ply_import}[ending](
            filepath=path
        )


def open_image(path: Path) -> bpy.types.Image:
    """Load a picture. Raises CommandFailed for a file that is none."""
    if not path.is_file():
        raise CommandFailed(f"there is no file {path}")
    image = bpy.data.images.load(str(path.absolute()))
    if not np.array(image.size).any():
        raise CommandFailed(f"{path.name} is no image that Blender can read")
    return image


def connect(backend: Backend) -> None:
    """Start or find the backend, and wait for its answer."""
    operators = bpy.ops.any_to_3d  # type: ignore[attr-defined]
    if backend.is_demo:
        operators.start_demo()
    elif backend.address:
        operators.connect(address=backend.address)
    else:
        operators.start_backend(use_free_port=True)
    operators.wait(timeout=backend.timeout)


def watch(deadline: float) -> None:
    """Work until every job has ended, and say how far it is. Raises CommandFailed for a job gone wrong."""
    link = pump.link()
    said, next_report = "", monotonic()
    while not link.is_settled:
        if monotonic() > deadline:
            raise CommandFailed("it is still not done; give it more time with --timeout")
        pump.step()
        if monotonic() >= next_report:
            next_report = monotonic() + _REPORT_SECONDS
            line = "; ".join(_line(job) for job in link.session.active_jobs)
            if line and line != said:
                said = line
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        sleep(0.01)
    if link.session.trouble is not None:
        raise CommandFailed(f"{link.session.trouble.message} {link.session.trouble.hint}".strip())


def save(path: Path) -> None:
    """Write the file, or what the jobs have made where it is glTF."""
    if path.suffix.lower() == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(path.absolute()))
    else:
        jobs = {job.job_id for job in pump.link().session.jobs}
        for each in bpy.context.view_layer.objects:
            each.select_set(bool(each.get(provenance.IS_FINAL)) and each.get(provenance.JOB) in jobs)
        kind = "GLB" if path.suffix.lower() == ".glb" else "GLTF_SEPARATE"
        bpy.ops.export_scene.gltf(
            filepath=str(path.absolute()), export_format=kind, use_selection=True, export_extras=True
        )
    sys.stdout.write(f"saved {path}\n")


def _line(job: Job) -> str:
    return f"{job.origin.prompt} ({job.origin.seed}): {wording.job_line(pump.link().session, job)}, {job.overall:.0%}"
