"""``blender --command any_to_3d ...``: generate without a window, into a .blend or a glTF file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep

import bpy

from . import pump, wording
from .state import Job

_REPORT_SECONDS = 2.0
_STOP_PATIENCE = 3.0
_ENDINGS = (".blend", ".glb", ".gltf")

_handle: object | None = None


class CommandFailed(Exception):
    """The command cannot go on; the message is for the person who typed it."""


def parser() -> argparse.ArgumentParser:
    """What can be typed behind ``blender --command any_to_3d``."""
    top = argparse.ArgumentParser(prog="blender --command any_to_3d", description="Generate objects without a window.")
    verbs = top.add_subparsers(dest="verb", required=True)
    generate = verbs.add_parser("generate", help="make one object or several, and save them")
    generate.add_argument("--prompt", default="", help="what to make, as in: a red chair")
    generate.add_argument("--image", default="", help="a picture of it")
    generate.add_argument("--sound", default="", help="a sound of it")
    generate.add_argument("--negative", default="", help="what it should not be like")
    generate.add_argument("--preset", default="", help="a preset of the backend; its usual one if left out")
    generate.add_argument("--seed", type=int, default=0, help="of the first object (default 0)")
    generate.add_argument("--count", type=int, default=1, help="objects, with one seed after the other (default 1)")
    generate.add_argument("--height", type=float, default=1.0, help="in metres (default 1)")
    generate.add_argument("--out", type=Path, required=True, help=f"a file that ends with {', '.join(_ENDINGS)}")
    generate.add_argument("--address", default="", help="of a backend that runs; without it one is started")
    generate.add_argument("--demo", action="store_true", help="play the recorded demo, without a backend")
    generate.add_argument("--timeout", type=float, default=3600.0, help="seconds for all of it (default 3600)")
    return top


def run(arguments: Sequence[str]) -> int:
    """Follow the command line; the exit status. Errors are one sentence on standard error."""
    try:
        chosen = parser().parse_args(list(arguments))
    except SystemExit as ended:  # argparse ends the program, which would take Blender's own clean-up along
        return ended.code if isinstance(ended.code, int) else 2
    try:
        _generate(chosen)
    except (CommandFailed, RuntimeError) as error:
        sys.stderr.write(f"any_to_3d: {str(error).removeprefix('Error: ').strip()}\n")
        return 1
    finally:
        pump.link().stop_backend(_STOP_PATIENCE)
    return 0


def _generate(chosen: argparse.Namespace) -> None:
    if chosen.out.suffix.lower() not in _ENDINGS:
        raise CommandFailed(f"--out {chosen.out.name} must end with {', '.join(_ENDINGS)}")
    if not chosen.out.absolute().parent.is_dir():
        raise CommandFailed(f"there is no folder {chosen.out.absolute().parent}; make it first")
    if chosen.count < 1:
        raise CommandFailed(f"--count is {chosen.count}, and must be at least 1")
    deadline = monotonic() + chosen.timeout
    operators = bpy.ops.any_to_3d  # type: ignore[attr-defined]
    if chosen.demo:
        operators.start_demo()
    elif chosen.address:
        operators.connect(address=chosen.address)
    else:
        operators.start_backend(use_free_port=True)
    operators.wait(timeout=chosen.timeout)
    step = 1.5 * chosen.height
    for index in range(chosen.count):
        bpy.context.scene.cursor.location = (index * step, 0.0, 0.0)
        operators.generate(
            prompt=chosen.prompt, image=chosen.image, sound=chosen.sound, negative=chosen.negative,
            preset=chosen.preset, seed=chosen.seed + index, height=chosen.height, place="CURSOR",
        )  # fmt: skip
    _watch(deadline)
    _save(chosen.out)


def _watch(deadline: float) -> None:
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


def _line(job: Job) -> str:
    return f"{job.origin.prompt} ({job.origin.seed}): {wording.job_line(pump.link().session, job)}, {job.overall:.0%}"


def _save(path: Path) -> None:
    if path.suffix.lower() == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(path.absolute()))
    else:
        made = [each for each in bpy.data.objects if each.get("any_to_3d_is_final")]
        for each in bpy.data.objects:
            each.select_set(each in made)
        kind = "GLB" if path.suffix.lower() == ".glb" else "GLTF_SEPARATE"
        bpy.ops.export_scene.gltf(
            filepath=str(path.absolute()), export_format=kind, use_selection=True, export_extras=True
        )
    sys.stdout.write(f"saved {path}\n")


def register() -> None:
    """Tell Blender of the command."""
    global _handle
    _handle = bpy.utils.register_cli_command("any_to_3d", run)


def unregister() -> None:
    global _handle
    if _handle is not None:
        bpy.utils.unregister_cli_command(_handle)
        _handle = None
