"""``blender --command any_to_3d ...``: generate, refine, continue, retexture without a window, into a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import bpy

from . import command_steps, pump
from .command_steps import ENDINGS, MESH_ENDINGS, Backend, CommandFailed

_STOP_PATIENCE = 3.0

_handle: object | None = None


def parser() -> argparse.ArgumentParser:
    """What can be typed behind ``blender --command any_to_3d``."""
    top = argparse.ArgumentParser(prog="blender --command any_to_3d", description="Generate objects without a window.")
    verbs = top.add_subparsers(dest="verb", required=True)
    generate = verbs.add_parser("generate", help="make one object or several, and save them")
    _add_prompt(generate)
    generate.add_argument("--seed", type=int, default=0, help="of the first object (default 0)")
    generate.add_argument("--count", type=int, default=1, help="objects, with one seed after the other (default 1)")
    generate.add_argument("--height", type=float, default=1.0, help="in metres (default 1)")
    generate.set_defaults(follow=_generate)
    refine = verbs.add_parser("refine", help="make a finished object of a rough mesh")
    _add_mesh(refine)
    _add_prompt(refine)
    refine.add_argument("--seed", type=int, default=0, help="(default 0)")
    refine.add_argument("--keep", type=float, default=0.5, help="of the shape, from 0 to 1 (default 0.5)")
    refine.set_defaults(follow=_refine)
    further = verbs.add_parser("continue", help="go on from the job of a generated object")
    _add_mesh(further)
    further.add_argument("--prompt", default="", help="other words; its own prompt if left out")
    further.add_argument("--preset", default="", help="another preset; its own if left out")
    further.add_argument("--seed", type=int, default=-1, help="another seed; its own if left out")
    further.add_argument("--checkpoint", default="", help="from which stored state; the newest if left out")
    further.add_argument("--more-steps", type=int, default=0, help="of the last phase (default 0)")
    further.set_defaults(follow=_continue)
    retexture = verbs.add_parser("retexture", help="paint a mesh anew, its shape and UVs as they are")
    _add_mesh(retexture)
    _add_prompt(retexture)
    _add_texture(retexture)
    retexture.set_defaults(follow=_retexture)
    for verb in (generate, refine, further, retexture):
        verb.add_argument("--out", type=Path, required=True, help=f"a file that ends with {', '.join(ENDINGS)}")
        verb.add_argument("--address", default="", help="of a backend that runs; without it one is started")
        verb.add_argument("--demo", action="store_true", help="play the recorded demo, without a backend")
        verb.add_argument("--timeout", type=float, default=3600.0, help="seconds for all of it (default 3600)")
    return top


def _add_prompt(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--prompt", default="", help="what to make, as in: a red chair")
    verb.add_argument("--image", default="", help="a picture of it")
    verb.add_argument("--sound", default="", help="a sound of it")
    verb.add_argument("--negative", default="", help="what it should not be like")
    verb.add_argument("--preset", default="", help="a preset of the backend; its usual one if left out")


def _add_mesh(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--mesh", type=Path, required=True, help=f"a file that ends with {', '.join(MESH_ENDINGS)}")
    verb.add_argument("--object", default="", help="its name, where the file has several meshes")


def _add_texture(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--seed", type=int, default=0, help="(default 0)")
    verb.add_argument("--strength", type=float, default=1.0, help="above 0, a tint, to 1, all new (default 1)")
    verb.add_argument("--size", type=int, default=0, help="texels a side; as in the present image if left out")
    verb.add_argument("--uvs", choices=("automatic", "keep", "new"), default="automatic", help="(default automatic)")
    verb.add_argument("--group", default="", help="a vertex group that may change; all if neither is given")
    verb.add_argument("--mask", type=Path, help="an image at the object's UVs, whose white parts may change")
    verb.add_argument("--invert", action="store_true", help="change what is outside of it instead")
    verb.add_argument("--border", type=int, default=8, help="texels over which old passes into new (default 8)")


def run(arguments: Sequence[str]) -> int:
    """Follow the command line; the exit status. Errors are one sentence on standard error."""
    try:
        chosen = parser().parse_args(list(arguments))
    except SystemExit as ended:  # argparse ends the program, which would take Blender's own clean-up along
        return ended.code if isinstance(ended.code, int) else 2
    try:
        deadline = monotonic() + chosen.timeout
        command_steps.check_out(chosen.out)
        chosen.follow(chosen)
        command_steps.watch(deadline)
        command_steps.save(chosen.out)
    except (CommandFailed, RuntimeError) as error:
        sys.stderr.write(f"any_to_3d: {str(error).removeprefix('Error: ').strip()}\n")
        return 1
    finally:
        pump.link().stop_backend(_STOP_PATIENCE)
    return 0


def _generate(chosen: argparse.Namespace) -> None:
    if chosen.count < 1:
        raise CommandFailed(f"--count is {chosen.count}, and must be at least 1")
    command_steps.connect(_backend(chosen))
    step = 1.5 * chosen.height
    for index in range(chosen.count):
        bpy.context.scene.cursor.location = (index * step, 0.0, 0.0)
        bpy.ops.any_to_3d.generate(  # type: ignore[attr-defined]
            prompt=chosen.prompt, image=chosen.image, sound=chosen.sound, negative=chosen.negative,
            preset=chosen.preset, seed=chosen.seed + index, height=chosen.height, place="CURSOR",
        )  # fmt: skip


def _refine(chosen: argparse.Namespace) -> None:
    if not 0 <= chosen.keep <= 1:
        raise CommandFailed(f"--keep is {chosen.keep:g}, and must be from 0 to 1")
    command_steps.open_mesh(chosen.mesh, chosen.object)
    command_steps.connect(_backend(chosen))
    bpy.ops.any_to_3d.refine(  # type: ignore[attr-defined]
        prompt=chosen.prompt, image=chosen.image, sound=chosen.sound, negative=chosen.negative,
        preset=chosen.preset, seed=chosen.seed, keep=chosen.keep,
    )  # fmt: skip


def _continue(chosen: argparse.Namespace) -> None:
    command_steps.open_mesh(chosen.mesh, chosen.object)
    command_steps.connect(_backend(chosen))
    bpy.ops.any_to_3d.continue_job(  # type: ignore[attr-defined]
        "EXEC_DEFAULT", prompt=chosen.prompt, preset=chosen.preset, seed=chosen.seed, checkpoint=chosen.checkpoint,
        more_steps=chosen.more_steps,
    )  # fmt: skip


def _retexture(chosen: argparse.Namespace) -> None:
    if not 0 < chosen.strength <= 1:
        raise CommandFailed(f"--strength is {chosen.strength:g}, and must be above 0 and at most 1")
    if chosen.group and chosen.mask:
        raise CommandFailed("--group and --mask are two masks; give one")
    command_steps.open_mesh(chosen.mesh, chosen.object)
    mask = command_steps.open_image(chosen.mask).name if chosen.mask else chosen.group
    command_steps.connect(_backend(chosen))
    bpy.ops.any_to_3d.retexture(  # type: ignore[attr-defined]
        prompt=chosen.prompt, image=chosen.image, sound=chosen.sound, negative=chosen.negative,
        preset=chosen.preset, seed=chosen.seed, strength=chosen.strength, size=chosen.size, uvs=chosen.uvs.upper(),
        mask="IMAGE" if chosen.mask else "GROUP" if chosen.group else "NONE", mask_name=mask, border=chosen.border,
        invert="YES" if chosen.invert else "NO", uses_alpha="NO",
    )  # fmt: skip


def _backend(chosen: argparse.Namespace) -> Backend:
    return Backend(chosen.address, chosen.demo, chosen.timeout)


def register() -> None:
    """Tell Blender of the command."""
    global _handle
    _handle = bpy.utils.register_cli_command("any_to_3d", run)


def unregister() -> None:
    global _handle
    if _handle is not None:
        bpy.utils.unregister_cli_command(_handle)
        _handle = None
