"""any-to-3d: prompts to textured 3D props, live inside Blender."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import tyro

from .commands.bench import Bench
from .commands.continue_job import ContinueJob
from .commands.demo import Demo
from .commands.doctor import Doctor
from .commands.evaluate import Evaluate
from .commands.generate import Generate
from .commands.jobs import Jobs
from .commands.keys import Keys
from .commands.models import Models
from .commands.props import Props
from .commands.record_demo import RecordDemo
from .commands.refine import RefineMesh
from .commands.retexture import RetextureMesh
from .commands.serve import Serve
from .commands.status import Status
from .log_format import log_to_stderr
from .version import backend_version

Command = (
    Annotated[Demo, tyro.conf.subcommand("demo")]
    | Annotated[Generate, tyro.conf.subcommand("generate")]
    | Annotated[RetextureMesh, tyro.conf.subcommand("retexture")]
    | Annotated[RefineMesh, tyro.conf.subcommand("refine")]
    | Annotated[ContinueJob, tyro.conf.subcommand("continue")]
    | Annotated[Props, tyro.conf.subcommand("props")]
    | Annotated[Serve, tyro.conf.subcommand("serve")]
    | Annotated[Status, tyro.conf.subcommand("status")]
    | Annotated[Jobs, tyro.conf.subcommand("jobs")]
    | Annotated[Models, tyro.conf.subcommand("models")]
    | Annotated[Doctor, tyro.conf.subcommand("doctor")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Bench, tyro.conf.subcommand("bench")]
    | Annotated[Keys, tyro.conf.subcommand("keys")]
    | Annotated[RecordDemo, tyro.conf.subcommand("record-demo")]
)

PREFIXES = (tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes)
"""Options are --text, not --demo.text, and it is models list, not models action:list."""

DESCRIPTION = f"{__doc__} 'any-to-3d --version' says which one this is."

QUIET = (Demo, Generate, RetextureMesh, RefineMesh, ContinueJob, Props, Status, Jobs, Models, Doctor, Keys, RecordDemo)
"""Commands for people: they show their own progress, so only warnings are logged."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one sub-command and exit with its status: 0 done, 1 failed, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        sys.stdout.write(f"any-to-3d {backend_version()}\n")
        sys.exit(0)
    _share_the_processor()
    try:
        command: Command = tyro.cli(Command, prog="any-to-3d", description=DESCRIPTION, args=given, config=PREFIXES)
        log_to_stderr(logging.WARNING if isinstance(command, QUIET) else logging.INFO)
        sys.exit(command.run())
    except (ValueError, OSError) as error:
        sys.stderr.write(f"any-to-3d: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("any-to-3d: interrupted\n")
        sys.exit(130)


def _share_the_processor() -> None:
    """Let threads that wait for each other sleep instead of spin, here and in the workers; before torch is loaded.

    Torch's OpenMP threads spin by default. As soon as another program wants a core, as Blender does while it redraws,
    each of the thousands of small steps then waits for a thread that is not running: many times slower on two cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


if __name__ == "__main__":
    main()
