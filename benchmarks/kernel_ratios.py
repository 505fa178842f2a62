"""How many times faster the numba kernels are than their torch references, both measured here and in turns.

Prints one JSON object: the machine, the thread count, and for each case the median process CPU time of both in
milliseconds (forward and backward) and the median of the per-round ratios. Runs on the CPU.

    python benchmarks/kernel_ratios.py --rounds 7 > kernel_ratios.json
"""

import json
import shlex
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import torch
import tyro
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from any_to_3d.backend.kernels.interface import Kernels
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from torch import Tensor

DEVICE = torch.device("cpu")
SMALL_GRID = HashGridConfig(levels=8, log2_table_size=15, per_level_scale=1.6)
Step = Callable[[], None]


@dataclass(frozen=True)
class Arguments:
    """Measure the kernels at the size of the built-in profile."""

    rounds: int = 5
    """Measurements of each kernel, reference and fast in turns."""
    threads: int = 1
    """Threads that torch and the kernels may use."""
    large: bool = False
    """Also measure the full-size hash grid (16 levels, 2^19 entries)."""


@dataclass(frozen=True)
class Case:
    """One kernel at one size: how to build a forward and backward step from a set of kernels."""

    name: str
    build: Callable[[Kernels], Step]


@dataclass(frozen=True)
class Result:
    """Median process CPU time in milliseconds, and the median of reference / fast."""

    case: str
    reference_ms: float
    fast_ms: float
    ratio: float


def hash_grid_case(config: HashGridConfig, point_count: int) -> Case:
    points, weight = torch.rand(point_count, 3), torch.randn(point_count, config.levels * config.features)

    def build(kernels: Kernels) -> Step:
        grid = kernels.hash_grid(config)
        return lambda: grid(points).backward(weight)

    return Case(f"hash grid, {config.levels} levels of 2^{config.log2_table_size}, {point_count} points", build)


def composite_case(rays: int, samples: int) -> Case:
    sigma = 5 * torch.rand(rays, samples) * (torch.rand(rays, samples) < 0.16)
    values, length = torch.rand(rays, samples, 3), torch.full((rays, samples), 0.03)
    z, weight = length.cumsum(dim=1), torch.randn(rays, 3)

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            inputs = sigma.clone().requires_grad_(), length, values.clone().requires_grad_(), z
            kernels.composite(*inputs)[0].backward(weight)

        return step

    return Case(f"composite, {rays} rays of {samples} samples", build)


def surface_case(size: int) -> Case:
    """Rasterise and antialias the 20-thousand-face sphere that marching tetrahedra give."""
    vertices, faces = sphere(KuhnLattice(32))
    weight = torch.randn(1, size, size, 4)

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            x, y, z = vertices.unbind(dim=1)
            clip = torch.stack([2.6 * x, 2.6 * y, z + 2.5, z + 3], dim=1)[None].requires_grad_()
            raster = kernels.rasterise(clip, faces, vertices, size, size)
            image = torch.cat([raster.attributes, raster.coverage], dim=-1)
            kernels.antialias(image, raster, clip, faces).backward(weight)

        return step

    return Case(f"rasterise and antialias, {len(faces)} faces at {size} x {size}", build)


def marching_case(resolution: int) -> Case:
    lattice = KuhnLattice(resolution)
    positions = lattice.vertices(DEVICE)
    distance = positions.norm(dim=1) - 0.7

    def build(kernels: Kernels) -> Step:
        def step() -> None:
            sdf = distance.clone().requires_grad_()
            kernels.marching_tetrahedra(positions, lattice, sdf)[0].sum().backward()

        return step

    return Case(f"marching tetrahedra, Kuhn {resolution}", build)


def sphere(lattice: KuhnLattice) -> tuple[Tensor, Tensor]:
    kernels, _ = select_kernels("cpu", DEVICE)
    positions = lattice.vertices(DEVICE)
    return kernels.marching_tetrahedra(positions, lattice, positions.norm(dim=1) - 0.85)


def measure(case: Case, rounds: int) -> Result:
    steps = [case.build(select_kernels(name, DEVICE)[0]) for name in ("reference", "cpu")]
    for step in steps:
        step()
    times = [[_milliseconds(step) for step in steps] for _ in range(rounds)]
    reference, fast = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(slow / quick for slow, quick in times)
    return Result(case.name, round(reference, 2), round(fast, 2), round(ratio, 2))


def _milliseconds(step: Step) -> float:
    start = time.process_time()
    step()
    return (time.process_time() - start) * 1000


def main(arguments: Arguments) -> None:
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    cases = [hash_grid_case(SMALL_GRID, 2**16), composite_case(64 * 64, 64), surface_case(128)]
    cases += [marching_case(resolution) for resolution in (32, 48, 64)]
    if arguments.large:
        cases.append(hash_grid_case(HashGridConfig(), 2**16))
    report = {
        "source": asdict(replace(source(BUILTIN_FOLDER), command=shlex.join(["python", *sys.argv]))),
        "threads": arguments.threads,
        "rounds": arguments.rounds,
        "results": [asdict(measure(case, arguments.rounds)) for case in cases],
    }
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
