"""How many times faster this code is on a CPU than public code for the same task, both measured here and in turns.

Prints one JSON object: the machine, versions and commit, and for each case the median milliseconds of every variant,
the median of the per-round ratios of process CPU time, and the least ratio that we ask for. A peer is measured only
where its folder is named, and otherwise listed as left out.

    python benchmarks/cpu.py --kaolin CHECKOUT --threestudio CHECKOUT --bpy PYTHON > cpu.json
"""

import contextlib
import dataclasses
import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch
import tyro
from any_to_3d.backend.evaluation.provenance import source
from ratios import (
    compositing,
    encoding,
    live_mesh,
    mesh_losses,
    silhouette,
    tetrahedra,
    texture_coordinates,
    triangle_ids,
)
from ratios.peers import Peers
from ratios.timing import Report, Size

Name = Literal["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]
CASES: dict[Name, Callable[[Size, Peers, int], Report]] = {
    "C1": encoding.run,
    "C2": tetrahedra.run_on_lattice,
    "C3": tetrahedra.run_on_file,
    "C4": mesh_losses.run,
    "C5": triangle_ids.run,
    "C6": compositing.run,
    "C7": silhouette.run,
    "C8": live_mesh.run,
    "C9": texture_coordinates.run,
}
PACKAGES = ("numpy", "numba", "trimesh", "xatlas", "pyzmq")


@dataclass(frozen=True)
class Arguments:
    """What to measure, and where public code lies."""

    cases: tuple[Name, ...] = tuple(CASES)
    """Cases to run: C1 encoding, C2 and C3 marching tetrahedra, C4 mesh losses, C5 triangle of each pixel,
    C6 volume rendering, C7 silhouette gradient, C8 live mesh in Blender, C9 texture coordinates."""
    size: Size = "full"
    """quick: sizes for tests, whose ratios say nothing."""
    rounds: int = 7
    """Measurements of each variant."""
    strict: bool = False
    """End with status 1 where a measured case misses its gate."""
    peers: tyro.conf.OmitArgPrefixes[Peers] = field(default_factory=Peers)


def main(arguments: Arguments) -> int:
    """Run the cases, print the JSON, and return the exit status."""
    torch.set_num_threads(1)
    # What lies outside this process while it measures; ratios of process time bear it, up to a point.
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    reports = {}
    for name in arguments.cases:
        torch.manual_seed(0)
        sys.stderr.write(f"{name}\n")
        # Some peers greet on stdout, where the JSON goes.
        with contextlib.redirect_stdout(sys.stderr):
            reports[name] = CASES[name](arguments.size, arguments.peers, arguments.rounds)
    # No weights are used here, so there is no folder of them to add up.
    origin = dataclasses.asdict(source(Path(os.devnull))) | {"command": shlex.join(sys.argv)}
    del origin["weights"]
    described = {
        "source": origin,
        "peers": arguments.peers.versions(),
        "packages": {package: _version(package) for package in PACKAGES},
        "size": arguments.size,
        "rounds": arguments.rounds,
        "threads": 1,
        "load_before": load,
        "cases": {name: describe(report) for name, report in reports.items()},
    }
    json.dump(described, sys.stdout, indent=2)
    sys.stdout.write("\n")
    is_reached = all(verdict.is_reached for report in reports.values() for verdict in report.verdicts)
    return 0 if is_reached or not arguments.strict else 1


def describe(report: Report) -> dict[str, object]:
    """A report as it is printed."""
    verdicts = [dataclasses.asdict(verdict) | {"is_reached": verdict.is_reached} for verdict in report.verdicts]
    return {
        "what": report.what,
        "times": report.times.medians(),
        "verdicts": verdicts,
        "facts": report.facts,
        "left_out": list(report.left_out),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
