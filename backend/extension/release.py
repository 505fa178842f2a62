"""The command line of ``build_addon.py``: this computer's zip, or with ``--all`` a whole release.

    python build_addon.py --all --out dist/ --blender /opt/blender/blender

A release is a zip for each platform and a static extension repository around them (see ``repository_index``): put the
folder on any web server, or on a shared disk, and add its ``index.json`` to Blender as a remote repository.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .blender_validation import BLENDER_VARIABLE, validate
from .build_zip import CACHE, BuildError, build, current_platform
from .pinned_wheels import PIP_PLATFORMS, PYTHONS
from .repository_index import write_index


def release(
    platforms: Sequence[str], pythons: Sequence[str], out: Path, cache: Path = CACHE, blender: str = ""
) -> list[Path]:
    """Build a zip for each platform and the repository's index around them; return what was written.

    With ``blender``, the path of a Blender, each zip has to pass its validator. Raises BuildError.
    """
    zips = [build(platform, pythons, out, cache) for platform in platforms]
    for path in zips if blender else ():
        validate(blender, path)
    return [*zips, *write_index(zips, out)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    pythons = tuple(chosen.python or PYTHONS)
    try:
        if chosen.all:
            written = release(tuple(PIP_PLATFORMS), pythons, chosen.out, chosen.cache, chosen.blender)
        else:
            written = [build(chosen.platform or current_platform(), pythons, chosen.out, chosen.cache)]
            if chosen.blender:
                validate(chosen.blender, written[0])
    except BuildError as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 1
    for path in written:
        print(path)
    if chosen.all and not chosen.blender:
        print(f"Not validated: name a Blender with --blender or {BLENDER_VARIABLE}.", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build the zips of the Blender add-on Any to 3D.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--platform", choices=[*PIP_PLATFORMS], help="default: this computer's")
    which.add_argument("--all", action="store_true", help="a release: every platform, and a repository's index")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="repeat for several; default: all of them")
    parser.add_argument("--out", type=Path, default=Path("dist"))
    parser.add_argument("--cache", type=Path, default=CACHE, help="where wheels are kept (default: %(default)s)")
    parser.add_argument(
        "--blender",
        default=os.environ.get(BLENDER_VARIABLE, ""),
        help=f"a Blender whose validator the zips have to pass (default: {BLENDER_VARIABLE}, else none)",
    )
    return parser
