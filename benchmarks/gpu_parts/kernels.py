"""Every kernel forwards and backwards: the set that this device gets, beside plain torch and what else is installed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from any_to_3d.backend.kernels.select import REFERENCE

from . import kernel_work
from .accelerators import ACCELERATORS, Accelerator
from .case import Case
from .kernel_work import Ball, KernelWork, sizes
from .timing import Timing, timed, timed_in_turns
from .world import World


@dataclass(frozen=True)
class KernelResult:
    """ratio: the reference's time over the chosen set's.   why: what was chosen for this device, and why."""

    work: str
    why: str
    ratio: float
    chosen: Timing
    reference: Timing


@dataclass(frozen=True)
class AcceleratorResult:
    """kernels: whose work it does."""

    kernels: tuple[str, ...]
    timing: Timing


def part(world: World) -> Iterator[Case]:
    """The five kernels, then the libraries, which the kernels' own times stand beside."""
    ball = cache(lambda: Ball.build(sizes(world).lattice, world.device))
    works: dict[str, Callable[[], KernelWork]] = {
        "hash grid": lambda: kernel_work.hash_grid(world),
        "composite": lambda: kernel_work.composite(world),
        "rasterise": lambda: kernel_work.rasterise(world, ball()),
        "antialias": lambda: kernel_work.antialias(world, ball()),
        "marching tetrahedra": lambda: kernel_work.marching_tetrahedra(world, ball()),
    }
    for name, work in works.items():
        yield Case(name, partial(measure, world, work))
    for accelerator in ACCELERATORS:
        yield Case(accelerator.package, partial(measure_accelerator, world, accelerator))


def measure(world: World, prepare: Callable[[], KernelWork]) -> KernelResult:
    """Both sets in turns."""
    work, (chosen, why) = prepare(), world.kernels
    variants = {"chosen": work.step(chosen), "reference": work.step(REFERENCE)}
    timings = timed_in_turns(variants, world.device, world.rounds)
    ratio = timings["reference"].median_ms / timings["chosen"].median_ms
    return KernelResult(work.name, why, round(ratio, 3), timings["chosen"], timings["reference"])


def measure_accelerator(world: World, accelerator: Accelerator) -> AcceleratorResult:
    """Raises LeftOut where it is not installed."""
    return AcceleratorResult(accelerator.kernels, timed(accelerator.build(world), world.device, world.rounds))
